// The capture page within another site's: it speaks with that page alone, at a registered origin alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Embedding } from "../../static/js/capture/embedding.js";

const SHOP = "https://shop.example";
const NAME = "visor-liveness";

// A window that hears, and a page around it that keeps what was said to it.
function framed() {
  const here = new EventTarget();
  const said = [];
  const around = { postMessage: (data, origin) => said.push({ data, origin }) };
  const embedding = new Embedding([SHOP], { around, here });
  const hear = (data, { source = around, origin = SHOP } = {}) =>
    here.dispatchEvent(Object.assign(new Event("message"), { source, origin, data }));
  return { embedding, said, hear, around };
}

test("nothing is said before the page around has spoken", () => {
  const { embedding, said } = framed();
  embedding.tell("ready");
  assert.deepEqual(said, []);
});

test("it answers at the origin that spoke, once it is a registered one", async () => {
  const { embedding, said, hear } = framed();
  hear({ name: NAME, type: "hello" });
  await embedding.met;
  const proof = embedding.prove("challenge");
  await new Promise(setImmediate);
  assert.deepEqual(said, [{ data: { name: NAME, type: "prove", challenge: "challenge" }, origin: SHOP }]);
  hear({ name: NAME, type: "proof", proof: "a.b.c" });
  assert.equal(await proof, "a.b.c");
});

test("who is not the page around, or is at another origin, is not heard", () => {
  const { embedding, said, hear } = framed();
  hear({ name: NAME, type: "hello" }, { source: {} });
  hear({ name: NAME, type: "hello" }, { origin: "https://evil.example" });
  hear({ name: NAME, type: "hello" }, { origin: `${SHOP}.evil.example` });
  hear({ name: "another", type: "hello" });
  hear(null);
  embedding.tell("ready");
  assert.deepEqual(said, []);
});

test("a proof that nobody asked for, or that is no text, changes nothing", async () => {
  const { embedding, hear } = framed();
  hear({ name: NAME, type: "proof", proof: "early" });
  hear({ name: NAME, type: "hello" });
  const proof = embedding.prove("challenge");
  await new Promise(setImmediate);
  hear({ name: NAME, type: "proof", proof: { toString: () => "x" } });
  hear({ name: NAME, type: "proof", proof: "right" });
  assert.equal(await proof, "right");
});

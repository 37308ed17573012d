// The key that a worker answers to: signed for one transaction and challenge, and what was sealed to it for another
// is not kept.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CompactEncrypt, compactVerify, importJWK } from "jose";

import { makeSessionKey } from "../../static/js/capture/chain.js";
import { encodeAll, makeReceiver, openAnswer } from "../../static/js/capture/receiver.js";

const BOUND = { typ: "visor-reference+jwe", txn: "txn", dev: "device", chl: "nonce", ref: "reference" };
const BUNDLES = [new Uint8Array([1, 2, 3]), new Uint8Array([250, 251])];

async function made() {
  const session = await makeSessionKey();
  const receiver = await makeReceiver({ jose: "jose", txn: "txn", nonce: "nonce", sessionKey: session.privateKey });
  const verified = await compactVerify(receiver.signed, await importJWK(session.jwk, "ES256"));
  return { receiver, header: verified.protectedHeader, said: JSON.parse(new TextDecoder().decode(verified.payload)) };
}

async function answer(jwk, header = BOUND) {
  const plain = new TextEncoder().encode(JSON.stringify({ bundles: encodeAll(BUNDLES) }));
  const sealing = new CompactEncrypt(plain).setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM", ...header });
  return sealing.encrypt(await importJWK(jwk, "ECDH-ES"));
}

const opened = (receiver, sealed) => openAnswer({ jose: "jose", txn: "txn", receiver, device: "device", sealed });

test("the session key signs the key, with transaction and challenge, and nothing private", async () => {
  const { header, said } = await made();
  assert.deepEqual(header, { alg: "ES256", typ: "visor-receiver+jws" });
  assert.deepEqual([said.txn, said.chl, Object.keys(said.jwk)], ["txn", "nonce", ["kty", "crv", "x", "y"]]);
});

test("what was sealed to it opens", async () => {
  const { receiver, said } = await made();
  assert.deepEqual(await opened(receiver, await answer(said.jwk)), { id: "reference", bundles: BUNDLES });
});

for (const name of ["typ", "txn", "dev", "chl", "ref"]) {
  test(`what was sealed with another ${name} is not kept`, async () => {
    const { receiver, said } = await made();
    const sealed = await answer(said.jwk, { ...BOUND, [name]: name === "ref" ? "" : "another" });
    await assert.rejects(opened(receiver, sealed), /foreign-reference/);
  });
}

test("what was sealed to another key does not open", async () => {
  const { receiver } = await made();
  const { said } = await made();
  await assert.rejects(async () => opened(receiver, await answer(said.jwk)));
});

// The hash chain over frames: the server's own (authsvc/biometrics/stages/decode/chain.py) in other words.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { chainOf, firstLink, makeSessionKey, signChain } from "../../static/js/capture/chain.js";

const NONCE = Buffer.from("a nonce of this transaction").toString("base64url");
const TXN = "txn-1";

const hashed = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

function place(step, microseconds) {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(step, 0);
  bytes.writeBigUInt64BE(BigInt(microseconds), 4);
  return bytes;
}

const frames = [
  { step: 0, t: 0, digest: new Uint8Array(32).fill(1) },
  { step: 1, t: 166.667, digest: new Uint8Array(32).fill(2) },
];

test("the first link holds protocol, nonce and transaction", async () => {
  const expected = hashed("visor/frames/v1\0", Buffer.from(NONCE, "base64url"), TXN);
  assert.deepEqual(Buffer.from(await firstLink(NONCE, TXN)), expected);
});

test("each link holds the one before, the picture, its step and its time", async () => {
  const first = hashed("visor/frames/v1\0", Buffer.from(NONCE, "base64url"), TXN);
  const second = hashed(first, frames[0].digest, place(0, 0));
  const third = hashed(second, frames[1].digest, place(1, 166_667));
  assert.deepEqual(Buffer.from(await chainOf(NONCE, TXN, frames)), third);
});

test("another order, time, step or picture is another chain", async () => {
  const changes = [
    [...frames].reverse(),
    [frames[0], { ...frames[1], t: 166.668 }],
    [frames[0], { ...frames[1], step: 2 }],
    [frames[0], { ...frames[1], digest: new Uint8Array(32).fill(3) }],
    [frames[0]],
  ];
  const right = Buffer.from(await chainOf(NONCE, TXN, frames));
  for (const changed of changes) {
    assert.notDeepEqual(Buffer.from(await chainOf(NONCE, TXN, changed)), right);
  }
});

test("the session's key signs the chain and cannot be read out", async () => {
  const { privateKey, jwk } = await makeSessionKey();
  const link = await chainOf(NONCE, TXN, frames);
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const signature = await signChain(privateKey, link);
  assert.ok(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, link));
  await assert.rejects(crypto.subtle.exportKey("jwk", privateKey));
  assert.deepEqual(Object.keys(jwk), ["kty", "crv", "x", "y"]);
});

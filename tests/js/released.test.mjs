// What a page is sent to compare with: sealed to its own key, for one attempt, and what it says over the frames.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CompactEncrypt, compactVerify, exportJWK, generalDecrypt, generateKeyPair, importJWK } from "jose";

import { toB64u } from "../../static/js/capture/bytes.js";
import { makeSessionKey } from "../../static/js/capture/chain.js";
import { makeReceivingKey, openReleased, sealAsking, signResult } from "../../static/js/capture/released.js";

const BOUND = { typ: "visor-reference+jwe", txn: "txn", dev: "device", chl: "nonce", ref: "reference", ver: 3 };
const VECTOR = new Float32Array([0.25, -0.5, 1]);

async function sent(jwk, header = BOUND) {
  const said = { vector: toB64u(VECTOR.buffer), engine: "engine", threshold: 0.4 };
  const plain = new TextEncoder().encode(JSON.stringify(said));
  const sealing = new CompactEncrypt(plain).setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM", ...header });
  return sealing.encrypt(await importJWK(jwk, "ECDH-ES"));
}

const opened = ({ privateKey }, sealed) =>
  openReleased({ jose: "jose", txn: "txn", privateKey, device: "device", nonce: "nonce", sealed });

test("no script reads the key out", async () => {
  const { privateKey, jwk } = await makeReceivingKey();
  await assert.rejects(crypto.subtle.exportKey("jwk", privateKey));
  assert.deepEqual(Object.keys(jwk), ["kty", "crv", "x", "y"]);
});

test("what was sealed to it opens", async () => {
  const key = await makeReceivingKey();
  const { vector, ...rest } = await opened(key, await sent(key.jwk));
  assert.deepEqual(rest, { reference: "reference", version: 3, threshold: 0.4 });
  assert.deepEqual([...vector], [...VECTOR]);
});

for (const name of ["typ", "txn", "dev", "chl", "ref"]) {
  test(`what was sealed with another ${name} is not compared with`, async () => {
    const key = await makeReceivingKey();
    const sealed = await sent(key.jwk, { ...BOUND, [name]: name === "ref" ? "" : "another" });
    await assert.rejects(opened(key, sealed), /foreign-reference/);
  });
}

test("what was sealed to another page's key does not open", async () => {
  const [key, other] = [await makeReceivingKey(), await makeReceivingKey()];
  await assert.rejects(async () => opened(key, await sent(other.jwk)));
});

test("the share goes to a worker alone, with the engine that is going to compare", async () => {
  const worker = await generateKeyPair("ECDH-ES+A256KW", { extractable: true });
  const seal = { kid: "kid", key: await exportJWK(worker.publicKey), second: null };
  const own = { id: "device", share: new Uint8Array([1, 2]), shareKind: "prf" };
  const asking = { jose: "jose", txn: "txn", challenge: { nonce: "nonce", seal }, own, engine: "engine" };
  const sealed = JSON.parse(await sealAsking(asking));
  const { plaintext, protectedHeader } = await generalDecrypt(sealed, worker.privateKey);
  assert.deepEqual([protectedHeader.txn, protectedHeader.dev, protectedHeader.chl], ["txn", "device", "nonce"]);
  const length = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(4);
  assert.equal(plaintext.length, 8 + length); // and no picture
  assert.deepEqual(JSON.parse(new TextDecoder().decode(plaintext.slice(8))), {
    txn: "txn", chl: "nonce", dev: "device", share: "AQI", share_kind: "prf", engine: "engine",
  });
});

test("the session key signs what was found, over the frames and the reference", async () => {
  const session = await makeSessionKey();
  const released = { reference: "reference", version: 3, vector: VECTOR };
  const bound = { jose: "jose", txn: "txn", nonce: "nonce", chain: new Uint8Array([7]), released };
  const signed = await signResult({ ...bound, engine: "engine", matched: false, sessionKey: session.privateKey });
  const { payload, protectedHeader } = await compactVerify(signed, await importJWK(session.jwk, "ES256"));
  assert.deepEqual(protectedHeader, { alg: "ES256", typ: "visor-comparison+jws" });
  assert.deepEqual(JSON.parse(new TextDecoder().decode(payload)), {
    txn: "txn", chl: "nonce", chain: "Bw", ref: "reference", ver: 3, engine: "engine", matched: false,
  });
});

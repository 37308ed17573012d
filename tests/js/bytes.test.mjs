// Byte strings as the protocol writes them: one spelling each, and what is wiped is gone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { concat, fromB64u, sha256, toB64u, utf8, wipe } from "../../static/js/capture/bytes.js";

test("base64url gives the bytes back, without padding and in its own alphabet", () => {
  for (let length = 0; length < 40; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 89 + 251) % 256);
    const text = toB64u(bytes);
    assert.match(text, /^[\w-]*$/);
    assert.deepEqual(fromB64u(text), bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64url"));
  }
});

test("a buffer is written as its bytes are", () => {
  assert.equal(toB64u(new Uint8Array([251, 255]).buffer), "-_8");
});

test("parts are put together in their order", () => {
  assert.deepEqual(concat(utf8("a"), new Uint8Array(0), utf8("é")), new Uint8Array([97, 0xc3, 0xa9]));
  assert.deepEqual(concat(), new Uint8Array(0));
});

test("a digest is SHA-256", async () => {
  const expected = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"; // of "abc", FIPS 180-2 B.1
  assert.equal(toB64u(await sha256(utf8("abc"))), expected);
});

test("what is wiped is all zero, and what is missing is passed over", () => {
  const secret = new Uint8Array([1, 2, 3]);
  wipe(secret, undefined, null);
  assert.deepEqual(secret, new Uint8Array(3));
});

// The module for sites' pages: a key that is nobody else's, and a proof that the server can check.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { LivenessProblem, makeKey } from "../../static/js/liveness/module.js";

test("a key names itself by its thumbprint, as RFC 7638 has it, and cannot be read out", async () => {
  const { privateKey, jwk, jkt } = await makeKey();
  const said = `{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`;
  assert.equal(jkt, createHash("sha256").update(said).digest("base64url"));
  assert.equal(privateKey.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("jwk", privateKey));
});

test("each session has a key of its own", async () => {
  assert.notEqual((await makeKey()).jkt, (await makeKey()).jkt);
});

test("a problem says its reason", () => {
  const problem = new LivenessProblem("declined");
  assert.ok(problem instanceof Error);
  assert.equal(problem.reason, "declined");
});

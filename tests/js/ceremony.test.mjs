// One WebAuthn ceremony at a time, and a name for each way that it fails.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PasskeyProblem, ceremony, stopCeremony } from "../../static/js/capture/ceremony.js";

function authenticator(answer) {
  const asked = [];
  const credentials = { get: answer, create: answer };
  for (const kind of ["get", "create"]) {
    credentials[kind] = (options) => {
      asked.push({ kind, ...options });
      return answer(options);
    };
  }
  Object.defineProperty(globalThis, "navigator", { value: { credentials }, configurable: true });
  return asked;
}

const failing = (name) => authenticator(() => Promise.reject(new DOMException("", name)));
const saying = (said) => (error) => error instanceof PasskeyProblem && error.said === said;

test("C03 each error has its own words", async () => {
  const words = {
    NotAllowedError: ["stopped", "not-made"],
    InvalidStateError: ["stopped", "exists"],
    SecurityError: ["address", "address"],
    NotSupportedError: ["kind", "kind"],
    ConstraintError: ["no-lock", "no-lock"],
    UnknownError: ["failed", "failed"],
    NotHeardOfError: ["failed", "failed"],
  };
  for (const [name, [get, create]] of Object.entries(words)) {
    failing(name);
    await assert.rejects(ceremony("get", {}), saying(get));
    await assert.rejects(ceremony("create", {}), saying(create));
  }
});

test("an answer without a credential is a failure", async () => {
  authenticator(async () => null);
  await assert.rejects(ceremony("get", {}), saying("failed"));
});

test("C07 who is stopped is told, even where the browser goes on", async () => {
  const asked = authenticator(() => new Promise(() => {}));
  const waited = ceremony("get", { timeout: 60_000 });
  stopCeremony();
  await assert.rejects(waited, saying("aborted"));
  assert.equal(asked[0].signal.aborted, true);
});

test("C07 a second ceremony ends the first", async () => {
  authenticator(() => new Promise(() => {}));
  const first = ceremony("get", { timeout: 60_000 });
  authenticator(async () => ({ id: "second" }));
  const second = ceremony("create", {});
  await assert.rejects(first, saying("aborted"));
  assert.deepEqual(await second, { id: "second" });
});

test("C07 a refusal after the time was over is late", async () => {
  authenticator(async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    throw new DOMException("", "NotAllowedError");
  });
  await assert.rejects(ceremony("get", { timeout: 5 }), saying("late"));
});

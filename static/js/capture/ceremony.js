// One WebAuthn ceremony at a time, which the person can stop, which ends in time, and whose errors have names.

import { Late, within } from "./deadline.js";

const LEEWAY_MS = 5_000;

// By the error's name, what the page says of it (authsvc/capture/texts.py).
const SAID = {
  NotAllowedError: { get: "stopped", create: "not-made" },
  InvalidStateError: { get: "stopped", create: "exists" },
  SecurityError: { get: "address", create: "address" },
  AbortError: { get: "aborted", create: "aborted" },
  NotSupportedError: { get: "kind", create: "kind" },
  ConstraintError: { get: "no-lock", create: "no-lock" },
  TimeoutError: { get: "late", create: "late" },
};

export class PasskeyProblem extends Error {
  constructor(kind, cause) {
    super(cause.name, { cause });
    this.said = SAID[cause.name]?.[kind] ?? "failed";
  }
}

let stopping = null;

export function stopCeremony() {
  stopping?.abort();
}

// `kind` is "get" or "create"; resolves with a credential, or rejects with a PasskeyProblem.
export async function ceremony(kind, publicKey) {
  const begun = performance.now();
  const patience = publicKey.timeout ? publicKey.timeout + LEEWAY_MS : undefined;
  const own = new AbortController();
  stopCeremony();
  stopping = own;
  try {
    const answer = navigator.credentials[kind]({ publicKey, signal: own.signal });
    const credential = await within("passkey", Promise.race([answer, stopped(own.signal)]), patience);
    return credential ?? fail();
  } catch (error) {
    own.abort();
    const late = error.name === "NotAllowedError" && performance.now() - begun >= publicKey.timeout;
    throw new PasskeyProblem(kind, late ? new Late(kind) : error);
  }
}

// Not every browser ends a ceremony that it is told to end.
function stopped(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
  });
}

function fail() {
  throw new DOMException("no credential", "UnknownError");
}

// The agent API: an answer that is not the server's own is none.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Api, ApiError, Offline } from "../../static/js/capture/api.js";

const real = globalThis.fetch;
const asked = [];

function answering(answer) {
  globalThis.fetch = async (url, init) => {
    asked.push({ url, ...init });
    return answer instanceof Error ? Promise.reject(answer) : answer;
  };
  return new Api("/t/acme/agent/1/");
}

afterEach(() => {
  globalThis.fetch = real;
  asked.length = 0;
});

test("what is sent says what it is, and is never kept", async () => {
  const api = answering(Response.json({ state: "open" }));
  assert.deepEqual(await api.get(""), { state: "open" });
  answering(Response.json({}));
  await api.post("cancel");
  answering(Response.json({}));
  await api.upload("sample", "a.b.c.d.e");
  assert.deepEqual(
    asked.map(({ url, method, body, headers }) => [url, method, body, headers?.["Content-Type"]]),
    [
      ["/t/acme/agent/1/", "GET", undefined, undefined],
      ["/t/acme/agent/1/cancel", "POST", "{}", "application/json"],
      ["/t/acme/agent/1/sample", "POST", "a.b.c.d.e", "application/jose+json"],
    ],
  );
  assert.ok(asked.every(({ cache, credentials }) => cache === "no-store" && credentials === "same-origin"));
});

test("a refusal carries what the server says", async () => {
  const body = { error: "locked", message: "Wait.", reference: "K7", retry_after: 30 };
  await assert.rejects(answering(Response.json(body, { status: 429 })).get("status"), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.person], [429, "locked", "Wait."]);
    assert.deepEqual([error.reference, error.retryAfter], ["K7", 30]);
    return true;
  });
});

test("C07 no answer, and another's answer, is no connection", async () => {
  const hotel = new Response("<html>Please log in to our network", { status: 200 });
  for (const answer of [new TypeError("failed to fetch"), hotel, new Response("", { status: 502 })]) {
    await assert.rejects(answering(answer).get("status"), Offline);
    assert.equal(asked.at(-1).signal.aborted, true);
  }
});

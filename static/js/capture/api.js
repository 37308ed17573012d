// The agent API of docs/protocol.md section 1.

import { within } from "./deadline.js";

export class ApiError extends Error {
  constructor(status, body) {
    super(body.error);
    this.status = status;
    this.code = body.error;
    this.person = body.message;
    this.reference = body.reference;
    this.retryAfter = body.retry_after;
  }
}

export class Offline extends Error {}

async function read(response) {
  const body = await response.json();
  if (!response.ok) {
    throw new ApiError(response.status, body);
  }
  return body;
}

export class Api {
  // `key` is that of a page within another site's, which gets no cookie.
  constructor(base, key = null) {
    this.base = base;
    this.key = key;
  }

  get(path) {
    return this.#send(path, { method: "GET" });
  }

  post(path, body = {}) {
    return this.#send(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  upload(path, jwe) {
    const init = { method: "POST", headers: { "Content-Type": "application/jose+json" }, body: jwe };
    return this.#send(path, init, "upload");
  }

  // An answer that is late, cut short or not the server's own, as of a proxy in between, is none.
  async #send(path, init, what = "answer") {
    const stopping = new AbortController();
    const { signal } = stopping;
    const headers = { ...init.headers, ...(this.key && { "Visor-Agent-Key": this.key }) };
    try {
      const asked = fetch(this.base + path, { ...init, headers, signal, cache: "no-store", credentials: "same-origin" });
      return await within(what, asked.then(read));
    } catch (error) {
      stopping.abort();
      throw error instanceof ApiError ? error : new Offline(error.name);
    }
  }
}

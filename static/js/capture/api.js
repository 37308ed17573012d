// The agent API of docs/protocol.md section 1.

import { say } from "./screens.js";

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

export class Api {
  constructor(base) {
    this.base = base;
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
    return this.#send(path, { method: "POST", headers: { "Content-Type": "application/jose" }, body: jwe });
  }

  async #send(path, init) {
    let response;
    try {
      response = await fetch(this.base + path, { ...init, cache: "no-store", credentials: "same-origin" });
    } catch {
      throw new Offline();
    }
    const body = await response.json().catch(() => ({ error: "unreadable", message: say("restart") }));
    if (!response.ok) {
      throw new ApiError(response.status, body);
    }
    return body;
  }
}

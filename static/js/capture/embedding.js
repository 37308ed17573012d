// The page of a session of liveness lies within a page of the site that asks (docs/liveness-service.md). That page
// speaks first, and is spoken with at its own origin alone, which has to be one that the site registered.

import { within } from "./deadline.js";

const NAME = "visor-liveness";

export class Embedding {
  #origin = null;
  #signed = null;

  // `origins` are those that the site registered; `around` is the page around this one, and `here` this window.
  constructor(origins, { around = window.parent, here = window } = {}) {
    this.origins = origins;
    this.around = around;
    this.met = new Promise((resolve) => {
      here.addEventListener("message", (event) => this.#hear(event, resolve));
    });
  }

  #hear({ source, origin, data }, meet) {
    const known = source === this.around && this.origins.includes(origin) && data?.name === NAME;
    if (!known || (this.#origin && this.#origin !== origin)) {
      return;
    }
    this.#origin = origin;
    if (data.type === "hello") {
      meet();
    } else if (data.type === "proof" && typeof data.proof === "string") {
      this.#signed?.(data.proof);
    }
  }

  // Resolves with the proof that the page around this one makes with the key that its site named.
  async prove(challenge) {
    await within("around", this.met);
    const signed = new Promise((resolve) => {
      this.#signed = resolve;
    });
    this.tell("prove", { challenge });
    return within("around", signed);
  }

  // Says how far it is; before the page around this one has spoken there is nobody to say it to.
  tell(type, more = {}) {
    if (this.#origin) {
      this.around.postMessage({ name: NAME, type, ...more }, this.#origin);
    }
  }
}

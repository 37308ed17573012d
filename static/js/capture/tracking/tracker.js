// The page's side of the worker that follows a face. Whatever it lacks or fails at, the page goes on without.

import { surface } from "../surface.js";

// Of the pictures that it looks at, in the shape of those that are sent (framing.js).
const SIZE = { width: 240, height: 320 };

// Of so many looks the middle one tells how fast a device is.
const TRIED = 5;

export class Tracker {
  #worker = null;
  #ready = false;
  #answer = null;
  #took = [];

  // Begins to load. `entry` is the worker's address, `addresses` those that it wants, and `slow` the
  // milliseconds a look from which on a device is left alone.
  load({ entry, slow_ms: slow, ...addresses }) {
    if (this.#worker || !window.Worker || navigator.connection?.saveData) {
      return;
    }
    this.slow = slow;
    this.#worker = new Worker(entry, { type: "module" });
    this.#worker.addEventListener("message", ({ data }) => this.#hear(data));
    this.#worker.addEventListener("error", (event) => this.#hear({ failed: event.message ?? "no script" }));
    this.#worker.postMessage(addresses);
    this.small = surface(SIZE.width, SIZE.height);
  }

  get works() {
    return this.#ready;
  }

  // Resolves with what the camera shows now, {faces, face}; or is null where it is not the time to look.
  look(camera) {
    if (!this.#ready || this.#answer) {
      return null;
    }
    const { context } = this.small;
    camera.draw(this.small);
    const { data } = context.getImageData(0, 0, SIZE.width, SIZE.height);
    const asked = performance.now();
    this.#worker.postMessage({ data, ...SIZE }, [data.buffer]);
    return new Promise((resolve) => {
      this.#answer = resolve;
    }).finally(() => this.#timed(performance.now() - asked));
  }

  #hear({ ready, seen, failed }) {
    this.#ready ||= ready === true;
    if (failed) {
      console.info(failed);
      this.close();
    }
    const answer = this.#answer;
    this.#answer = null;
    answer?.(seen ?? null);
  }

  #timed(took) {
    this.#took = [...this.#took, took].slice(-TRIED);
    const sorted = [...this.#took].sort((one, other) => one - other);
    if (sorted.length === TRIED && sorted[TRIED >> 1] > this.slow) {
      this.close();
    }
  }

  close() {
    this.#ready = false;
    this.#worker?.terminate();
    this.small?.context.clearRect(0, 0, SIZE.width, SIZE.height);
  }
}

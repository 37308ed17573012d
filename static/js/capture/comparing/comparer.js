// The page's side of a comparison on this device: pictures go to a worker that describes faces, and what it
// says is held against the reference here. The worker is told of no reference.

import { within } from "../deadline.js";
import { surface } from "../surface.js";
import { score } from "./score.js";

// Pictures that are looked at: spread over those in which the head is straight.
const MOST = 6;

export class Comparer {
  #worker = null;
  #ready = null;
  #answer = null;

  // Resolves once it can compare, loaded once; rejects where this browser cannot, or the files do not come, and
  // is tried anew then. `entry` is the worker's address, and `addresses` those that it wants.
  load({ entry, ...addresses }) {
    this.#ready ??= this.#begin(entry, addresses);
    return this.#ready;
  }

  async #begin(entry, addresses) {
    try {
      this.#worker = new Worker(entry, { type: "module" });
      this.#worker.addEventListener("message", ({ data }) => this.#answer?.(data));
      this.#worker.addEventListener("error", ({ message }) => this.#answer?.({ failed: message ?? "no script" }));
      await this.#ask("network", addresses);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async #ask(what, message, transferred = []) {
    const answered = new Promise((resolve) => {
      this.#answer = resolve;
    });
    this.#worker.postMessage(message, transferred);
    const said = await within(what, answered);
    if (said.failed) {
      throw new Error(said.failed);
    }
    return said;
  }

  // Whether the frames taken while the head was straight show whom a reference describes: none of them does
  // without a face. `steps` are those of the challenge.
  async matches(frames, steps, { vector, threshold }) {
    const straight = frames.filter(({ step }) => steps[step].cue === "centre");
    const apart = Math.max(1, Math.floor(straight.length / MOST));
    const chosen = straight.filter((_, index) => index % apart === 0).slice(0, MOST);
    const seen = await this.describe(chosen.map(({ jpeg }, index) => ({ jpeg, twice: index === 0 })));
    return score(seen, vector) >= threshold;
  }

  // The features of each JPEG picture that shows a face. Its five points may be given, and `twice` says that its
  // mirror image counts too.
  async describe(pictures) {
    const shown = await Promise.all(pictures.map(async ({ jpeg, ...how }) => ({ ...how, ...(await decoded(jpeg)) })));
    const { seen } = await this.#ask("comparison", { pictures: shown }, shown.map(({ data }) => data.buffer));
    return seen;
  }

  close() {
    this.#worker?.terminate();
    this.#worker = this.#ready = this.#answer = null;
  }
}

async function decoded(jpeg) {
  const image = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }), { colorSpaceConversion: "none" });
  const { width, height } = image;
  const { canvas, context } = surface(width, height);
  context.drawImage(image, 0, 0);
  image.close();
  const { data } = context.getImageData(0, 0, width, height);
  context.clearRect(0, 0, canvas.width, canvas.height);
  return { data, width, height };
}

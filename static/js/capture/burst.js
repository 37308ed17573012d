// The frames that answer a challenge: each cue in its time, frames spread evenly over it. What is in here
// shapes what the server judges, so that evaluation records hold for it (biometrics/records/manifest.py).

import { CameraProblem } from "./camera.js";
import { glow } from "./light.js";

// How long the last cue stays where a slow camera has not given enough frames yet.
const EXTRA_MS = 5_000;

const UPLOAD_LIMIT = 6 * 1024 * 1024;

// A JWE is base64: four characters for three bytes, and some room for its header.
const PLAIN_LIMIT = Math.floor((UPLOAD_LIMIT - 4096) * 0.75) - 16384;

// A step ends when its time is over or, from its `least` on, as soon as the `watch` sees that it is followed.
export async function perform(challenge, camera, board, watch) {
  const { steps, frames: wanted } = challenge;
  const taken = new Taken(camera, board, wanted);
  let left = total(steps);
  let start = null;
  for (let index = 0, since = 0; index < steps.length; index += 1) {
    const step = steps[index];
    left -= step.ms;
    glow(step.colour ?? null);
    board.ask(step.cue);
    watch.ask(step);
    for (let isOver = false; !isOver; ) {
      const { now, mediaTime: media } = await camera.nextFrame();
      watch.look(camera, now);
      start ??= now;
      const t = now - start;
      board.count((index + Math.min(1, (t - since) / step.ms)) / steps.length, index + 1, steps.length);
      const followed = t - since >= (step.least ?? Infinity) && watch.isFollowed;
      await taken.at(t, { step: index, media, now }, { left: since + step.ms + left - t, wanted: followed });
      const extra = index === steps.length - 1 && taken.areTooFew ? EXTRA_MS : 0;
      isOver = (followed && !extra) || t >= since + step.ms + extra;
      since = isOver && followed ? t : since + (isOver ? step.ms : 0);
    }
  }
  glow(null);
  if (taken.areTooFew) {
    throw new CameraProblem("slow");
  }
  return taken.frames;
}

const total = (steps) => steps.reduce((sum, step) => sum + step.ms, 0);

// Frames, as even as the camera's pictures: over the time that is left, as far as there is room.
class Taken {
  frames = [];
  #due = 0;

  constructor(camera, board, { fps, min, max }) {
    Object.assign(this, { camera, board, fps, min, max });
  }

  get areTooFew() {
    return this.frames.length < this.min;
  }

  // The picture that is there at t becomes a frame where one is due, or wanted beside those.
  async at(t, { step, media, now }, { left, wanted }) {
    const room = this.max - this.frames.length;
    if (room <= 0 || (t < this.#due && !wanted)) {
      return;
    }
    this.#due = t + 0.95 * Math.max(1000 / this.fps, left / room);
    this.camera.draw();
    this.board.hint(this.camera, now);
    this.frames.push({ step, t: Math.round(t * 1000) / 1000, media, ...(await this.camera.jpeg()) });
  }
}

export function thin(frames, minimum) {
  let kept = frames;
  const size = () => kept.reduce((sum, frame) => sum + frame.jpeg.length, 0);
  while (size() > PLAIN_LIMIT && kept.length / 2 >= minimum) {
    kept = kept.filter((_, index) => index % 2 === 0);
  }
  return kept;
}

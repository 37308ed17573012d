// The frames that answer a challenge: each cue in its time, frames spread evenly over it. What is in here
// shapes what the server judges, so that evaluation records hold for it (biometrics/records/manifest.py).

import { CameraProblem } from "./camera.js";
import { glow } from "./light.js";

// How long the last cue stays where a slow camera has not given enough frames yet.
const EXTRA_MS = 5_000;

const UPLOAD_LIMIT = 6 * 1024 * 1024;

// A JWE is base64: four characters for three bytes, and some room for its header.
const PLAIN_LIMIT = Math.floor((UPLOAD_LIMIT - 4096) * 0.75) - 16384;

export async function perform(challenge, camera, board) {
  const { steps, frames: wanted } = challenge;
  const total = steps.reduce((sum, step) => sum + step.ms, 0);
  const spacing = Math.max(1000 / wanted.fps, total / (wanted.max - 1));
  const taken = [];
  let start = null;
  let due = 0;
  for (let index = 0, end = 0; index < steps.length; index += 1) {
    end += steps[index].ms;
    glow(steps[index].colour ?? null);
    board.ask(steps[index].cue);
    board.count(index / steps.length, index + 1, steps.length);
    for (;;) {
      const { now, mediaTime } = await camera.nextFrame();
      start ??= now;
      const t = now - start;
      board.count(Math.min(1, t / total), index + 1, steps.length);
      if (t >= due && taken.length < wanted.max) {
        due = t + spacing * 0.95;
        camera.draw();
        board.hint(camera, now);
        taken.push({ step: index, t: Math.round(t * 1000) / 1000, media: mediaTime, ...(await camera.jpeg()) });
      }
      const short = index === steps.length - 1 && taken.length < wanted.min;
      if (t >= end + (short ? EXTRA_MS : 0)) {
        break;
      }
    }
  }
  glow(null);
  if (taken.length < wanted.min) {
    throw new CameraProblem("slow");
  }
  return taken;
}

export function thin(frames, minimum) {
  let kept = frames;
  const size = () => kept.reduce((sum, frame) => sum + frame.jpeg.length, 0);
  while (size() > PLAIN_LIMIT && kept.length / 2 >= minimum) {
    kept = kept.filter((_, index) => index % 2 === 0);
  }
  return kept;
}

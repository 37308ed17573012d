// A challenge before the camera: shows each cue in its time and takes the frames of it.

import { liveHint } from "./hints.js";
import { announce } from "./screens.js";

const TEXTS = {
  centre: "Look straight ahead",
  left: "Turn your head left",
  right: "Turn your head right",
  up: "Raise your chin",
  down: "Lower your chin",
  nearer: "Come a little closer",
  farther: "Move back a little",
  blink: "Close and open your eyes",
  smile: "Smile",
  light: "Hold still, the colour changes",
};
const HINT_EVERY_MS = 400;
const STEADY_MS = 1500;

const element = (id) => document.getElementById(id);

export class CueBoard {
  #hinted = -Infinity;

  constructor(screen) {
    this.screen = screen;
  }

  show(text, cue = "") {
    element("cue").textContent = text;
    this.screen.dataset.cue = cue;
    announce(text);
  }

  progress(share, text = "") {
    element("ring").style.strokeDashoffset = String(100 - 100 * share);
    element("cue-steps").textContent = text;
  }

  hint(camera, now) {
    if (now - this.#hinted >= HINT_EVERY_MS) {
      this.#hinted = now;
      element("hint").textContent = liveHint(camera.centre());
    }
    return element("hint").textContent;
  }

  glow(colour) {
    element("glow").hidden = !colour;
    element("glow").style.backgroundColor = colour ?? "";
  }

  clear() {
    this.show("Place your face in the oval");
    this.progress(0);
    this.glow(null);
    element("hint").textContent = "";
  }
}

// Waits until the picture has been fine for a moment, or the person says to go on.
export async function position(camera, board, isReady) {
  board.clear();
  let steadySince = null;
  for (;;) {
    const { now } = await camera.nextFrame();
    camera.draw();
    const hint = board.hint(camera, now);
    steadySince = hint ? null : (steadySince ?? now);
    if (isReady() || (steadySince !== null && now - steadySince > STEADY_MS)) {
      return;
    }
  }
}

export async function perform(challenge, camera, board) {
  const { steps, frames: wanted } = challenge;
  const total = steps.reduce((sum, step) => sum + step.ms, 0);
  const spacing = Math.max(1000 / wanted.fps, total / (wanted.max - 1));
  const taken = [];
  let start = null;
  let due = 0;
  for (let index = 0, end = 0; index < steps.length; index += 1) {
    end += steps[index].ms;
    showStep(board, steps[index], index, steps.length);
    for (;;) {
      const { now, mediaTime } = await camera.nextFrame();
      start ??= now;
      const t = now - start;
      board.progress(Math.min(1, t / total), `${index + 1} of ${steps.length}`);
      if (t >= due && taken.length < wanted.max) {
        due = t + spacing * 0.95;
        camera.draw();
        board.hint(camera, now);
        taken.push({ step: index, t: Math.round(t * 1000) / 1000, media: mediaTime, ...(await camera.jpeg()) });
      }
      if (t >= end) {
        break;
      }
    }
  }
  board.glow(null);
  return taken;
}

function showStep(board, step, index, count) {
  board.glow(step.cue === "light" ? step.colour : null);
  board.show(TEXTS[step.cue] ?? "Look straight ahead", step.cue);
  board.progress(index / count, `${index + 1} of ${count}`);
}

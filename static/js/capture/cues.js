// The board that shows a person what to do before the camera, and how far they have come.

import { liveHint } from "./hints.js";
import { glow } from "./light.js";
import { announce, say } from "./screens.js";

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

  ask(cue) {
    this.show(say(`cue.${cue}`) ?? say("cue.centre"), cue);
  }

  count(share, step, steps) {
    this.progress(share, say("steps", { step, steps }));
  }

  progress(share, text = "") {
    element("ring").style.strokeDashoffset = String(100 - 100 * share);
    element("cue-steps").textContent = text;
  }

  hint(camera, now) {
    if (now - this.#hinted >= HINT_EVERY_MS) {
      this.#hinted = now;
      const found = liveHint(camera.centre());
      element("hint").textContent = found ? say(`live.${found}`) : "";
    }
    return element("hint").textContent;
  }

  clear() {
    this.show(say("place"));
    this.progress(0);
    glow(null);
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

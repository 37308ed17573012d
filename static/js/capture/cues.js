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

  // What would help: `placed` says of the face, and the picture of its light. Returns the text, or "".
  hint(camera, now, placed = null) {
    if (now - this.#hinted >= HINT_EVERY_MS) {
      this.#hinted = now;
      const found = liveHint(camera.centre(), placed);
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

// Waits until the face has been placed well for a moment, or the person says to go on. Where nothing watches
// the face, the picture alone has to be fine.
export async function position(camera, board, watch, isReady) {
  board.clear();
  let fineSince = null;
  let heard = "";
  for (;;) {
    const { now } = await camera.nextFrame();
    camera.draw();
    watch.look(camera, now);
    const hint = board.hint(camera, now, watch.hint);
    if (hint && hint !== heard) {
      announce(hint);
    }
    heard = hint;
    fineSince = hint ? null : (fineSince ?? now);
    const isFine = fineSince !== null && (watch.works ? watch.isAtRest() : now - fineSince > STEADY_MS);
    if (isReady() || isFine) {
      return;
    }
  }
}

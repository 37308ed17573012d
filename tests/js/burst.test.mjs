// Frames that answer a challenge: spread over it, never more than asked, and never too few.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { perform, thin } from "../../static/js/capture/burst.js";
import { CameraProblem } from "../../static/js/capture/camera.js";

const STEPS = [
  { cue: "centre", ms: 1000 },
  { cue: "light", ms: 1000, colour: "#ff0000" },
  { cue: "centre", ms: 1000 },
];
const FRAMES = { fps: 6, min: 12, max: 40 };
const light = { style: {} };

before(() => {
  globalThis.document = { getElementById: () => light };
});

// A camera whose pictures come every so many milliseconds.
function camera(every) {
  let turn = 0;
  return {
    async nextFrame() {
      turn += 1;
      return { now: 5000 + turn * every, mediaTime: turn / 30 };
    },
    draw() {},
    jpeg: async () => ({ jpeg: new Uint8Array(10), digest: new Uint8Array(32) }),
  };
}

function board() {
  const asked = [];
  return { asked, ask: (cue) => asked.push(cue), count() {}, hint() {} };
}

// A watch that sees a cue followed so many milliseconds after it was asked for; never, without a number.
function watch(after = Infinity) {
  let asked = null;
  return {
    isFollowed: false,
    ask() {
      asked = null;
      this.isFollowed = false;
    },
    look(_, now) {
      asked ??= now;
      this.isFollowed = now - asked >= after;
    },
  };
}

test("each cue is asked for in its turn, and has frames", async () => {
  const cues = board();
  const taken = await perform({ steps: STEPS, frames: FRAMES }, camera(33), cues, watch());
  assert.deepEqual(cues.asked, ["centre", "light", "centre"]);
  assert.deepEqual([...new Set(taken.map((frame) => frame.step))], [0, 1, 2]);
  assert.ok(taken.length >= FRAMES.min && taken.length <= FRAMES.max);
  assert.equal(light.hidden, true);
});

test("a fast camera gives no more frames than asked a second", async () => {
  const taken = await perform({ steps: STEPS, frames: FRAMES }, camera(8), board(), watch());
  assert.ok(taken.length <= 3 * FRAMES.fps + 2, `${taken.length} frames`);
  assert.ok(taken.every((frame, index) => index === 0 || frame.t > taken[index - 1].t));
});

test("never more than the most", async () => {
  const taken = await perform({ steps: STEPS, frames: { ...FRAMES, fps: 60, max: 60 } }, camera(1), board(), watch());
  assert.equal(taken.length, 60);
});

test("a slow camera has a few seconds more, and then it is too slow", async () => {
  const enough = await perform({ steps: STEPS, frames: FRAMES }, camera(400), board(), watch());
  assert.equal(enough.length, FRAMES.min);
  const asked = perform({ steps: STEPS, frames: FRAMES }, camera(1500), board(), watch());
  await assert.rejects(asked, (error) => error instanceof CameraProblem && error.screen === "slow");
});

test("a step with a least ends when it is followed, and no sooner; one without lasts", async () => {
  const steps = [
    { cue: "centre", ms: 500 },
    { cue: "left", ms: 2000, least: 400 },
    { cue: "right", ms: 2000, least: 400 },
  ];
  const lasted = async (after) => {
    const frames = { fps: 8, min: 4, max: 40 };
    const taken = await perform({ steps, frames }, camera(20), board(), watch(after));
    return [1, 2].map((step) => taken.findLast((frame) => frame.step === step).t - taken.findLast((frame) => frame.step === step - 1).t);
  };
  const near = (found, expected) => found.forEach((ms) => assert.ok(Math.abs(ms - expected) < 150, `${ms} for ${expected}`));
  near(await lasted(900), 900);
  near(await lasted(100), 400);
  near(await lasted(undefined), 2000);
});

test("what is too much to send is halved, but not below the least", () => {
  const frames = (count, size) => Array.from({ length: count }, (_, step) => ({ step, jpeg: new Uint8Array(size) }));
  assert.equal(thin(frames(40, 1000), 12).length, 40);
  assert.deepEqual(thin(frames(8, 1_000_000), 4).map(({ step }) => step), [0, 2, 4, 6]);
  assert.equal(thin(frames(8, 1_000_000), 5).length, 8);
});

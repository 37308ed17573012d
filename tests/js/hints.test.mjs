// Live hints from the picture's middle.

import assert from "node:assert/strict";
import { test } from "node:test";

import { liveHint, mean, sharpness } from "../../static/js/capture/hints.js";

const SIDE = 20;

function picture(level) {
  const grey = Float32Array.from({ length: SIDE * SIDE }, (_, index) => level(index % SIDE, Math.floor(index / SIDE)));
  return { grey, width: SIDE, height: SIDE };
}

const striped = (dark, bright) => picture((x) => (x % 2 ? bright : dark));

test("a picture is dark, bright, blurred, or fine", () => {
  assert.equal(liveHint(striped(20, 60)), "dark");
  assert.equal(liveHint(striped(230, 250)), "bright");
  assert.equal(liveHint(picture(() => 128)), "blurred");
  assert.equal(liveHint(striped(100, 140)), null);
});

test("light is said before sharpness", () => {
  assert.equal(liveHint(picture(() => 10)), "dark");
  assert.equal(liveHint(picture(() => 250)), "bright");
});

test("a slope has no edge, and a step has one", () => {
  assert.equal(sharpness(picture((x) => 5 * x)), 0);
  assert.ok(sharpness(picture((x) => (x < SIDE / 2 ? 60 : 180))) > 100);
  assert.equal(mean([1, 2, 6]), 3);
});

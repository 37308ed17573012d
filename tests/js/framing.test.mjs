// C01: what is framed is what is sent, in numbers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { framed, sized } from "../../static/js/capture/framing.js";

const SIDES = { width: 640, height: 480 };
const CASES = [
  // stream, part, frame
  [[480, 640], [0, 0, 480, 640], [480, 640]],
  [[640, 480], [140, 0, 360, 480], [360, 480]],
  [[480, 480], [60, 0, 360, 480], [360, 480]],
  [[1280, 720], [370, 0, 540, 720], [480, 640]],
  [[720, 1280], [0, 160, 720, 960], [480, 640]],
  [[640, 360], [185, 0, 270, 360], [360, 480]],
  [[320, 240], [70, 0, 180, 240], [360, 480]],
  [[1920, 1080], [555, 0, 810, 1080], [480, 640]],
];

for (const [[width, height], part, frame] of CASES) {
  test(`C01 ${width}×${height}`, () => {
    const found = framed(width, height);
    assert.deepEqual([found.x, found.y, found.width, found.height], part);
    const size = sized(found, SIDES);
    assert.deepEqual([size.width, size.height], frame);
    assert.deepEqual(sized(found, { width: 480, height: 640 }), size);
  });
}

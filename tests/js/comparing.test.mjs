// What a page compares: a face laid on five points, and how alike two are.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SIDE, chipOn, fiveOf, mirrored, planes, squareOn } from "../../static/js/capture/comparing/alignment.js";
import { fused, score, unit } from "../../static/js/capture/comparing/score.js";

const WANTED = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];

const near = (found, wanted, by = 1e-9) =>
  wanted.forEach((value, at) => assert.ok(Math.abs(found[at] - value) <= by, `${found} is not ${wanted}`));

// A picture in good light, in which each place has a colour of its own.
function picture(width, height) {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let at = 0; at < width * height; at += 1) {
    const [x, y] = [at % width, Math.floor(at / width)];
    data.set([140 + (20 * x) / width, 105 + (20 * y) / height, 90, 255], 4 * at);
  }
  return { data, width, height };
}

// Five points moved, turned by radians and made larger.
const placed = ([dx, dy], turn, scale) =>
  WANTED.map(([x, y]) => [
    dx + scale * (x * Math.cos(turn) - y * Math.sin(turn)),
    dy + scale * (x * Math.sin(turn) + y * Math.cos(turn)),
  ]);

test("points that are where they are wanted cut the picture out as it is", () => {
  const { x, y, side, turn } = squareOn(WANTED);
  near([x, y, side, turn], [SIDE / 2, SIDE / 2, SIDE, 0], 1e-6);
  const shown = picture(SIDE + 4, SIDE + 4);
  const chip = chipOn(shown, WANTED);
  for (const [column, row] of [[0, 0], [5, 70], [111, 111]]) {
    const [there, here] = [4 * (row * shown.width + column), 3 * (row * SIDE + column)];
    near(chip.slice(here, here + 3), shown.data.slice(there, there + 3), 1);
  }
});

for (const [name, turn, scale] of [
  ["moved", 0, 1],
  ["larger", 0, 2.5],
  ["turned", 0.4, 1],
  ["turned, larger and moved", -0.7, 1.8],
]) {
  test(`a face that is ${name} is cut out so that its points lie where they are wanted`, () => {
    const square = squareOn(placed([80, 60], turn, scale));
    near([square.side, square.turn], [SIDE * scale, turn], 1e-6);
    // Where the middle of the chip comes from, a pixel's place being its middle.
    const middle = placed([80, 60], turn, scale)[0];
    const [u, v] = WANTED[0].map((value) => (value + 0.5) / SIDE - 0.5);
    const across = square.side * (u * Math.cos(square.turn) - v * Math.sin(square.turn));
    const down = square.side * (u * Math.sin(square.turn) + v * Math.cos(square.turn));
    near([square.x + across - 0.5, square.y + down - 0.5], middle, 1e-6);
  });
}

test("points that no similarity lays right are laid as near as can be", () => {
  const odd = WANTED.map(([x, y], index) => [x + (index % 2 ? 1 : -1), y]);
  const apart = ({ x, side, turn }) => Math.hypot(x - SIDE / 2, side - SIDE, 100 * turn);
  assert.ok(apart(squareOn(odd)) < 8);
});

test("eyes are the middle of the points around them", () => {
  const points = Array.from({ length: 468 }, (_, index) => [index, 2 * index, 7]);
  const five = fiveOf(points);
  assert.equal(five.length, 5);
  near(five[0], [143.8125, 287.625]);
  assert.deepEqual(five.slice(2), [[4, 8], [61, 122], [291, 582]]);
});

test("a mirror image is one, twice is none", () => {
  const chip = chipOn(picture(SIDE + 4, SIDE + 4), WANTED);
  const other = mirrored(chip);
  assert.deepEqual([...other.slice(0, 3)], [...chip.slice(3 * (SIDE - 1), 3 * SIDE)]);
  assert.deepEqual(mirrored(other), chip);
});

test("the network is given one colour after another", () => {
  const chip = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, at) => [10, 20, 30][at % 3]);
  const values = planes(chip);
  const size = SIDE * SIDE;
  assert.deepEqual([values[0], values[size - 1], values[size], values[2 * size], values.at(-1)], [10, 10, 20, 30, 30]);
});

test("pictures are fused as the server fuses them", () => {
  near(unit([3, 4]), [0.6, 0.8]);
  // authsvc/biometrics/types.py: the mean, divided by the square root of its length.
  near(fused([[1, 0], [0, 1]]), [0.5, 0.5].map((value) => value / Math.sqrt(Math.SQRT1_2)));
  near(fused([[1, 0], [-1, 0]]), [0, 0]);
});

test("a score is the product of both, whatever the length of what was found", () => {
  assert.ok(Math.abs(score([[0, 5], [0, 9]], [0.6, 0.8]) - 0.8) < 1e-12);
});

test("what is no pair, or nobody, reaches no threshold", () => {
  for (const [vectors, reference] of [[[], [1, 0]], [[[1, 0, 0]], [1, 0]], [[[0, 0]], [1, 0]]]) {
    assert.ok(!(score(vectors, reference) >= -1));
  }
});

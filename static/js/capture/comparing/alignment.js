// A face as its network sees it: 112×112 pixels, laid on five points as the server lays it
// (authsvc/biometrics/engines/faces.py and mesh_faces.py).

import { cut } from "../tracking/squares.js";

export const SIDE = 112;

// Where ArcFace's networks expect eyes, nose tip and the corners of the mouth (InsightFace).
const WANTED = [
  [38.2946, 51.6963],
  [73.5318, 51.5014],
  [56.0252, 71.7366],
  [41.5493, 92.3655],
  [70.7299, 92.2041],
];

// The points around each eye in MediaPipe's mesh, the person's right and left.
const EYES = [
  [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
  [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
];
const NOSE_AND_MOUTH = [4, 61, 291];

// Eyes, nose tip and corners of the mouth among the 468 points of a face.
export function fiveOf(points) {
  const eyes = EYES.map((around) => middle(around.map((index) => points[index])));
  return [...eyes, ...NOSE_AND_MOUTH.map((index) => points[index].slice(0, 2))];
}

// The square of a picture in which five points lie closest to where they are wanted: the similarity of least
// squares (Umeyama, 1991). A pixel's own place is its middle, as the server has it.
export function squareOn(five) {
  const [ours, theirs] = [middle(five), middle(WANTED)];
  let [real, imaginary, length] = [0, 0, 0];
  five.forEach((point, index) => {
    const [x, y] = [point[0] - ours[0], point[1] - ours[1]];
    const [u, v] = [WANTED[index][0] - theirs[0], WANTED[index][1] - theirs[1]];
    real += x * u + y * v;
    imaginary += x * v - y * u;
    length += x * x + y * y;
  });
  // From a pixel of the chip to pixels of the picture.
  const step = length / Math.hypot(real, imaginary);
  const turn = -Math.atan2(imaginary, real);
  const [across, down] = theirs.map((value) => (SIDE - 1) / 2 - value);
  return {
    x: ours[0] + 0.5 + step * (across * Math.cos(turn) - down * Math.sin(turn)),
    y: ours[1] + 0.5 + step * (across * Math.sin(turn) + down * Math.cos(turn)),
    side: step * SIDE,
    turn,
  };
}

// The chip in evened light, RGB; `picture` has four bytes a pixel.
export const chipOn = (picture, five) => cut(picture, squareOn(five), SIDE);

// The same face seen in a mirror.
export function mirrored(chip) {
  const other = new Uint8Array(chip.length);
  for (let at = 0; at < chip.length; at += 3) {
    const column = (at / 3) % SIDE;
    const place = at + 3 * (SIDE - 1 - 2 * column);
    other.set(chip.subarray(at, at + 3), place);
  }
  return other;
}

// The chip as the network takes it: one colour after another. It subtracts its mean itself.
export function planes(chip) {
  const values = new Float32Array(chip.length);
  const size = SIDE * SIDE;
  for (let at = 0; at < chip.length; at += 1) {
    values[(at % 3) * size + Math.floor(at / 3)] = chip[at];
  }
  return values;
}

function middle(points) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
}

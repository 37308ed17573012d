// BlazeFace, short range: where faces are in a picture (authsvc/biometrics/engines/blazeface.py says more).

import { cut, placed } from "./squares.js";

const SIDE = 128;
const VALUES = 16;
const OVERLAP = 0.3;
// Surer than the server, which asks a second network about each face: a fold in a curtain stops nobody here.
const LEAST = 0.7;

// Two anchors at each of 16×16 places, six at each of 8×8: the middle of each, from 0 to 1.
const ANCHORS = [
  [16, 2],
  [8, 6],
].flatMap(([grid, each]) =>
  Array.from({ length: grid * grid * each }, (_, index) => {
    const place = Math.floor(index / each);
    return [((place % grid) + 0.5) / grid, (Math.floor(place / grid) + 0.5) / grid];
  }),
);

export class Detector {
  #run;

  constructor(run) {
    this.#run = run;
  }

  // The two corners of each face in pixels of the picture, the surest face first. The side of the square that is
  // searched is `beyond` times the picture's: a face that fills its square is not seen.
  async faces(picture, beyond = 1) {
    const { width, height } = picture;
    const whole = { x: width / 2, y: height / 2, side: beyond * Math.max(width, height), turn: 0 };
    const row = await this.#run(cut(picture, whole, SIDE), SIDE);
    return oneEach(found(row)).map(([left, top, right, bottom]) => [
      placed(whole, left, top),
      placed(whole, right, bottom),
    ]);
  }
}

// left, top, right and bottom from 0 to 1 of each anchor that sees a face, the surest first.
function found(row) {
  const logit = (anchor) => row[ANCHORS.length * VALUES + anchor];
  const limit = Math.log(LEAST / (1 - LEAST));
  return [...ANCHORS.keys()]
    .filter((anchor) => logit(anchor) >= limit)
    .sort((one, other) => logit(other) - logit(one))
    .map((anchor) => {
      const [x, y, width, height] = row.slice(anchor * VALUES, anchor * VALUES + 4).map((value) => value / SIDE);
      const [middle, centre] = [ANCHORS[anchor][0] + x, ANCHORS[anchor][1] + y];
      return [middle - width / 2, centre - height / 2, middle + width / 2, centre + height / 2];
    });
}

function oneEach(boxes) {
  const kept = [];
  for (const box of boxes) {
    if (kept.every((other) => shared(box, other) < OVERLAP)) {
      kept.push(box);
    }
  }
  return kept;
}

// Intersection over union.
function shared(one, other) {
  const across = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const down = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  const both = Math.max(across, 0) * Math.max(down, 0);
  const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  return both / (area(one) + area(other) - both);
}

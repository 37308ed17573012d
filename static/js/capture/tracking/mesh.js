// FaceMesh: 468 points of a face (authsvc/biometrics/engines/facemesh.py says more).

import { cut, placed, squareAround } from "./squares.js";

const SIDE = 192;
const POINTS = 468;
const AROUND = 1.5;
const OUTER_CORNERS = [33, 263];
const LEAST_LOGIT = 0; // half sure

export class Mesh {
  #run;

  constructor(run) {
    this.#run = run;
  }

  // The points of the face about these: x, y and depth in pixels of the picture. Null where it holds no face.
  async near(points, picture) {
    const square = squareAround(points, points.length === POINTS ? slope(points) : 0, AROUND);
    const row = await this.#run(cut(picture, square, SIDE), SIDE);
    return row[row.length - 1] < LEAST_LOGIT ? null : laidBack(row, square);
  }
}

function laidBack(row, square) {
  return Array.from({ length: POINTS }, (_, index) => {
    const [x, y, depth] = row.slice(3 * index, 3 * index + 3);
    return [...placed(square, x / SIDE, y / SIDE), (depth * square.side) / SIDE];
  });
}

// By how much the eyes slope, in radians, clockwise.
function slope(points) {
  const [right, left] = OUTER_CORNERS.map((index) => points[index]);
  return Math.atan2(left[1] - right[1], left[0] - right[0]);
}

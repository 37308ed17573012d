// How a face is held, from its points: mirrored nowhere, as the pictures are that are sent.

import { bounds } from "./squares.js";

const [FOREHEAD, CHIN, RIGHT_CHEEK, LEFT_CHEEK] = [10, 152, 234, 454];

const degrees = (radians) => (radians * 180) / Math.PI;

// Its middle from 0 to 1 of the picture, its length from forehead to chin, turned or not, from 0 to 1 of the
// picture's height, and degrees: yaw to the person's own left, pitch downwards, roll clockwise.
export function poseOf(points, { width, height }) {
  const [low, high] = bounds(points);
  const across = points[LEFT_CHEEK].map((value, axis) => value - points[RIGHT_CHEEK][axis]);
  const down = points[CHIN].map((value, axis) => value - points[FOREHEAD][axis]);
  return {
    x: (low[0] + high[0]) / 2 / width,
    y: (low[1] + high[1]) / 2 / height,
    size: Math.hypot(...down) / height,
    yaw: degrees(Math.atan2(across[2], across[0])),
    pitch: -degrees(Math.atan2(down[2], down[1])),
    roll: degrees(Math.atan2(across[1], across[0])),
  };
}

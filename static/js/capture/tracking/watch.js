// What is known of the face before the camera while it is filmed: whether it is well placed and at rest, and
// whether it follows a cue. Where it is looked at is nobody's business here: a tracker says `works`, and
// `look(camera)` promises {faces, face} or null (tracker.js, and the tests' own).

// A face at rest: so long well placed, and moving no more than this meanwhile.
const REST_MS = 500;
const LOOKS = 4;
const UNREST = { yaw: 6, pitch: 6, x: 0.05, y: 0.05, size: 0.05 };

// From 0 to 1 of the picture, and degrees; what the server asks again is beyond these (stages/quality.py).
const FARTHEST = 0.34;
const NEAREST = 0.7;
const MIDDLE = { x: 0.5, y: 0.46 };
const ASIDE = { x: 0.14, y: 0.16 };
const STRAIGHT = { yaw: 13, pitch: 28, roll: 16 };

// Which movement each cue asks for, as stages/pad/following.py: of yaw and pitch, times its degrees, and of the
// logarithm of the size, a hundredth of which counts as a degree.
const TURNS = { left: [1, 0], right: [-1, 0], down: [0, 1], up: [0, -1], centre: [0, 0] };
const GROWTHS = { nearer: 20, farther: -20 };
// A cue is followed where so much of the movement was seen, and no more degrees of another, twice in a row.
const REACHED = 0.85;
const BESIDE = 12;
const TIMES = 2;

const MEASURES = ["x", "y", "size", "yaw", "pitch", "roll"];

export class Watch {
  #tracker;
  #seen = []; // of the last moments: {now, hint, face}
  #rest = null; // how the face is held before the first movement
  #step = null;
  #times = 0;

  constructor(tracker) {
    this.#tracker = tracker;
  }

  get works() {
    return this.#tracker.works;
  }

  look(camera, now) {
    this.#tracker.look(camera)?.then((seen) => seen && this.#note(seen, now));
  }

  #note({ faces, face }, now) {
    this.#seen = this.#seen.filter((each) => now - each.now <= REST_MS);
    this.#seen.push({ now, face, hint: placement(faces, face) });
    this.#times = this.#step && face && follows(this.#step, face, this.#rest) ? this.#times + 1 : 0;
  }

  // What would place the face better, by the name of its text; null where it is well placed, or not known.
  get hint() {
    return this.works ? (this.#seen.at(-1)?.hint ?? null) : null;
  }

  // Whether one face has been well placed and at rest for a moment.
  isAtRest() {
    const faces = this.#seen.filter(({ hint }) => hint === null).map(({ face }) => face);
    const all = faces.length === this.#seen.length && faces.length >= LOOKS;
    return this.works && all && this.#lasted() && Object.entries(UNREST).every(([name, most]) => {
      const values = faces.map((face) => face[name]);
      return Math.max(...values) - Math.min(...values) <= most;
    });
  }

  #lasted() {
    return this.#seen.at(-1).now - this.#seen[0].now >= 0.8 * REST_MS;
  }

  // From now on the person is asked for this; how they held their head before the first movement is the rest.
  ask(step) {
    if (step.cue !== this.#step?.cue) {
      this.#times = 0;
    }
    if (step.cue !== "centre") {
      this.#rest ??= middleOf(this.#seen);
    }
    this.#step = step;
  }

  get isFollowed() {
    return this.works && this.#times >= TIMES;
  }
}

function placement(faces, face) {
  if (!face) {
    return "centre";
  }
  if (faces > 1) {
    return "one-face";
  }
  if (face.size < FARTHEST) {
    return "closer";
  }
  if (face.size > NEAREST) {
    return "farther";
  }
  if (["x", "y"].some((axis) => Math.abs(face[axis] - MIDDLE[axis]) > ASIDE[axis])) {
    return "centre";
  }
  return Object.entries(STRAIGHT).some(([turn, most]) => Math.abs(face[turn]) > most) ? "straight" : null;
}

function middleOf(seen) {
  const faces = seen.filter(({ face }) => face).map(({ face }) => face);
  if (faces.length === 0) {
    return null;
  }
  const middle = (name) => faces.map((face) => face[name]).sort((one, other) => one - other)[faces.length >> 1];
  return Object.fromEntries(MEASURES.map((name) => [name, middle(name)]));
}

// Whether a face does what a step asks for, against how it was held at rest.
function follows({ cue, degrees = 15 }, face, rest) {
  const asked = TURNS[cue] ? [...TURNS[cue].map((share) => share * degrees), 0] : [0, 0, GROWTHS[cue]];
  if (!rest || (!TURNS[cue] && !GROWTHS[cue])) {
    return false;
  }
  const moved = [face.yaw - rest.yaw, face.pitch - rest.pitch, 100 * Math.log(face.size / rest.size)];
  const whole = asked.reduce((sum, value) => sum + value ** 2, 0);
  const along = whole ? moved.reduce((sum, value, axis) => sum + value * asked[axis], 0) / whole : 1;
  const beside = Math.hypot(...moved.map((value, axis) => value - along * asked[axis]));
  return along >= REACHED && beside <= BESIDE;
}

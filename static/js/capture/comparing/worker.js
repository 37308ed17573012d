// What runs in the worker that describes faces: where a face is, and its features by the server's own network.
// It is told of no reference, and compares nothing.

import { Detector } from "../tracking/detector.js";
import { Mesh } from "../tracking/mesh.js";
import { opened, runOn } from "../tracking/worker.js";
import { SIDE, chipOn, fiveOf, mirrored, planes } from "./alignment.js";

// The side of the square that is searched over that of the picture: a face that fills it is seen at the second.
const LOOKS = [1, 1.5];

export async function begin({ runtime, wasm, detection, landmarks, network }) {
  try {
    const [ort, sessions] = await opened(runtime, wasm, [detection, landmarks, network]);
    const [detector, mesh] = [new Detector(runOn(ort, sessions[0])), new Mesh(runOn(ort, sessions[1]))];
    const describe = describing(ort, sessions[2]);
    await describe(new Uint8Array(3 * SIDE * SIDE)); // the first run takes longest
    addEventListener("message", ({ data }) => answer(detector, mesh, describe, data));
    postMessage({ ready: true });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
}

// The network as a function from a chip to its features.
const describing = (ort, session) => async (chip) => {
  const input = new ort.Tensor("float32", planes(chip), [1, 3, SIDE, SIDE]);
  const found = await session.run({ [session.inputNames[0]]: input });
  return found[session.outputNames[0]].data;
};

// The features of each picture that shows a face. Where a picture names its five points they are taken as given;
// `twice` says that the mirror image counts too.
async function answer(detector, mesh, describe, { pictures }) {
  try {
    const seen = [];
    for (const picture of pictures) {
      const five = picture.five ?? (await fiveIn(detector, mesh, picture));
      if (five) {
        seen.push(await featuresOf(describe, chipOn(picture, five), picture.twice));
      }
    }
    postMessage({ seen });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
}

async function featuresOf(describe, chip, twice) {
  const found = await describe(chip);
  const other = twice ? await describe(mirrored(chip)) : found;
  return found.map((value, at) => (value + other[at]) / 2);
}

// The points of the face nearest the picture's middle; null where it shows none.
async function fiveIn(detector, mesh, picture) {
  for (const beyond of LOOKS) {
    const faces = await detector.faces(picture, beyond);
    const points = faces.length ? await mesh.near(nearest(faces, picture), picture) : null;
    if (points) {
      // Once more, on a square that is laid level about the points themselves.
      return fiveOf((await mesh.near(points, picture)) ?? points);
    }
  }
  return null;
}

function nearest(faces, { width, height }) {
  const off = ([low, high]) => Math.abs(low[0] + high[0] - width) + Math.abs(low[1] + high[1] - height);
  return faces.reduce((best, face) => (off(face) < off(best) ? face : best));
}

// What runs in the worker: both networks, loaded once, and one look at a time at the pictures that come.

import { Detector } from "./detector.js";
import { Follower } from "./follower.js";
import { Mesh } from "./mesh.js";
import { poseOf } from "./pose.js";

export async function begin({ runtime, wasm, detection, landmarks }) {
  try {
    const follower = await load(runtime, wasm, [detection, landmarks]);
    await follower.look(blank());
    addEventListener("message", ({ data }) => answer(follower, data));
    postMessage({ ready: true });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
}

async function load(runtime, wasm, networks) {
  const [ort, [detection, landmarks]] = await opened(runtime, wasm, networks);
  return new Follower(new Detector(runOn(ort, detection)), new Mesh(runOn(ort, landmarks)));
}

// The runtime, on one thread, and a session of each network.
export async function opened(runtime, wasm, networks) {
  const ort = await import(runtime);
  Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths: { wasm } });
  const sessions = networks.map((address) => ort.InferenceSession.create(address, { executionProviders: ["wasm"] }));
  return [ort, await Promise.all(sessions)];
}

// A network as a function from the bytes of one square RGB picture to its row of values.
export const runOn = (ort, session) => async (bytes, side) => {
  const { rows } = await session.run({ pictures: new ort.Tensor("uint8", bytes, [1, side, side, 3]) });
  return rows.data;
};

// The first look takes longer than those after it, so that none of a person's is the first.
const blank = () => ({ data: new Uint8ClampedArray(4 * 96 * 128), width: 96, height: 128 });

async function answer(follower, picture) {
  try {
    const { faces, points } = await follower.look(picture);
    postMessage({ seen: { faces, face: points && poseOf(points, picture) } });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
}

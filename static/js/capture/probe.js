// Asks the camera for another size and looks whether the pictures follow, as a real camera's do, and has it go
// back. The server weighs the answer; it proves nothing by itself, so that a camera which does not answer is
// used all the same.

import { within } from "./deadline.js";

const ASKED = { width: 320, height: 240 };
const PATIENCE_FRAMES = 15;
const PATIENCE_MS = 1500;

export async function probeCamera(camera) {
  const { video } = camera;
  const before = { width: video.videoWidth, height: video.videoHeight };
  const probe = { asked: ASKED, before, got: null, seen: null, frames: null };
  try {
    await ask(camera, ASKED);
    await follow(camera, probe);
  } catch (error) {
    probe.error = error.name;
  }
  await goBack(camera, before).catch(() => {});
  return probe;
}

async function goBack(camera, size) {
  await ask(camera, { width: { ideal: size.width }, height: { ideal: size.height } });
  await framesUntil(camera, (frame) => sameSides(frame, size));
}

const ask = ({ track }, constraints) => within("constraint", track.applyConstraints(constraints));

async function follow(camera, probe) {
  const { width, height } = camera.track.getSettings();
  probe.got = { width, height };
  probe.frames = await framesUntil(camera, (frame) => {
    probe.seen = { width: frame.width, height: frame.height };
    return sameSides(frame, probe.got);
  });
}

// How many pictures it took until one is as it should be, or null.
async function framesUntil(camera, isRight) {
  const end = performance.now() + PATIENCE_MS; // a slow camera's frames take long
  for (let count = 1; count <= PATIENCE_FRAMES && performance.now() < end; count += 1) {
    if (isRight(await camera.nextFrame())) {
      return count;
    }
  }
  return null;
}

// A phone held upright names its camera's sides in either order.
const sameSides = (one, other) =>
  Math.min(one.width, one.height) === Math.min(other.width, other.height) &&
  Math.max(one.width, one.height) === Math.max(other.width, other.height);

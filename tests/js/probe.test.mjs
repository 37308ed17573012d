// The question whether a camera follows: whatever it answers, the page goes on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { probeCamera } from "../../static/js/capture/probe.js";

// A camera that shows another size after so many pictures, or says no.
function camera({ after = 2, refuses = false } = {}) {
  let [turn, size] = [0, { width: 640, height: 480 }];
  const constraints = [];
  return {
    constraints,
    video: { videoWidth: 640, videoHeight: 480 },
    track: {
      async applyConstraints(asked) {
        constraints.push(asked);
        if (refuses) {
          throw new DOMException("no", "OverconstrainedError");
        }
        [turn, size] = [0, { width: 320, height: 240 }];
      },
      getSettings: () => size,
    },
    async nextFrame() {
      turn += 1;
      return turn >= after ? size : { width: 640, height: 480 };
    },
  };
}

test("a camera that follows is seen to, and is set back", async () => {
  const asked = camera({ after: 3 });
  const probe = await probeCamera(asked);
  assert.deepEqual(probe.before, { width: 640, height: 480 });
  assert.deepEqual([probe.got, probe.seen], [probe.asked, { width: 320, height: 240 }]);
  assert.equal(probe.frames, 3);
  assert.deepEqual(asked.constraints.at(-1), { width: { ideal: 640 }, height: { ideal: 480 } });
});

test("a phone held upright may name the sides in the other order", async () => {
  const asked = camera();
  asked.nextFrame = async () => ({ width: 240, height: 320 });
  assert.equal((await probeCamera(asked)).frames, 1);
});

test("a camera that never follows is asked a few pictures long", async () => {
  const probe = await probeCamera(camera({ after: 1000 }));
  assert.deepEqual([probe.seen, probe.frames], [{ width: 640, height: 480 }, null]);
});

test("a camera that refuses is used all the same", async () => {
  const probe = await probeCamera(camera({ refuses: true }));
  assert.deepEqual([probe.error, probe.got, probe.frames], ["OverconstrainedError", null, null]);
});

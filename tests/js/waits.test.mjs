// C07: a wait has an end, and a poll that fails is none.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, Offline } from "../../static/js/capture/api.js";
import { Late, within } from "../../static/js/capture/deadline.js";
import { result } from "../../static/js/capture/waiting.js";

test("C07 what never settles is late", async () => {
  await assert.rejects(within("picture", new Promise(() => {}), 5), Late);
});

test("C07 what settles in time is what it is", async () => {
  assert.equal(await within("picture", Promise.resolve(7), 1000), 7);
  await assert.rejects(within("picture", Promise.reject(new TypeError()), 1000), TypeError);
});

// An API whose polls give these, one after another; the last one for ever. Time passes only in pauses.
function polled(answers) {
  const heard = [];
  let [time, turn] = [0, 0];
  const api = {
    async get() {
      const answer = answers[Math.min(turn, answers.length - 1)];
      turn += 1;
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    },
  };
  const means = {
    trouble: (is) => heard.push(is),
    sleep: async (milliseconds) => {
      time += milliseconds;
    },
    clock: () => time,
  };
  return { waited: () => result(api, means), heard, turns: () => turn, time: () => time };
}

const WORKING = { state: "working" };
const DONE = { state: "done" };
const broken = (status) => new ApiError(status, { error: "broken" });

test("C07 polls that fail are asked again, and the person hears of it", async () => {
  const { waited, heard } = polled([WORKING, new Offline(), broken(503), WORKING, DONE]);
  assert.equal(await waited(), DONE);
  assert.deepEqual(heard, [false, true, true, false]);
});

test("C07 what asking again does not help against ends the wait at once", async () => {
  const { waited, turns } = polled([broken(410)]);
  await assert.rejects(waited(), ApiError);
  assert.equal(turns(), 1);
});

test("C07 a minute without any answer ends the wait", async () => {
  const { waited, time } = polled([new Offline()]);
  await assert.rejects(waited(), Offline);
  assert.ok(time() >= 60_000 && time() < 70_000);
});

test("C07 failures are counted from the last answer on", async () => {
  const bad = Array(12).fill(new Offline());
  const { waited } = polled([...bad, WORKING, ...bad, WORKING, ...bad, DONE]);
  assert.equal(await waited(), DONE);
});

// W2: the desk follows the phone, one question at a time.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, Offline } from "../../static/js/capture/api.js";
import { follow } from "../../static/js/capture/desk/following.js";

// An API that gives these, one after another; the last one for ever.
function asked(answers) {
  const [heard, troubled, pauses] = [[], [], []];
  let [turn, open] = [0, 0];
  const api = {
    async get() {
      open += 1;
      assert.equal(open, 1, "one question at a time");
      await null;
      open -= 1;
      const answer = answers[Math.min(turn, answers.length - 1)];
      turn += 1;
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    },
  };
  const means = {
    heard: (status) => heard.push(status.state),
    trouble: (is) => troubled.push(is),
    sleep: async (milliseconds) => pauses.push(milliseconds),
  };
  return { last: () => follow(api, means), heard, troubled, pauses };
}

const SHOWN = { state: "shown" };
const MET = { state: "met", number: "07" };
const DONE = { state: "done", continue_url: "/done" };

test("each change is heard once, and the end ends it", async () => {
  const { last, heard } = asked([SHOWN, SHOWN, MET, MET, { state: "taken", step: "open" }, DONE]);
  assert.equal(await last(), DONE);
  assert.deepEqual(heard, ["shown", "met", "taken"]);
});

test("it asks seldomer while nothing changes, and at once again when something does", async () => {
  const { last, pauses } = asked([...Array(10).fill(SHOWN), MET, DONE]);
  await last();
  assert.equal(pauses[0], 1000);
  assert.equal(pauses[9], 3000);
  assert.equal(pauses[10], 1000);
});

test("a question without an answer is asked again later, and the page says so", async () => {
  const { last, troubled, pauses } = asked([SHOWN, new Offline(), new ApiError(503, {}), MET, DONE]);
  await last();
  assert.deepEqual(troubled, [false, true, true, false]);
  assert.deepEqual(pauses.slice(1, 3), [1000, 2000]);
});

test("what asking again does not help against ends it", async () => {
  await assert.rejects(asked([new ApiError(403, { error: "foreign-browser" })]).last(), ApiError);
});

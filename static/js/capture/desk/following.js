// Following the phone from the desk: one question at a time, seldomer while nothing changes.

import { ApiError, Offline } from "../api.js";

const POLL_MS = [1000, 1000, 1000, 1500, 1500, 2000, 2000, 3000];
const AGAIN_MS = [1000, 2000, 4000, 8000];

const at = (list, index) => list[Math.min(index, list.length - 1)];
const passes = (error) => error instanceof Offline || (error instanceof ApiError && error.status >= 500);

// What is the last word of a transaction at the desk.
const LAST = new Set(["done", "over"]);

// Resolves with the last status; `heard` gets each that differs from the one before, `trouble` whether the last
// question had no answer. Rejects with a refusal that asking again does not help against.
export async function follow(api, { heard, trouble, sleep }) {
  let before = "";
  let turn = 0;
  let failures = 0;
  for (;;) {
    let pause;
    try {
      const status = await api.get("status");
      const said = JSON.stringify(status);
      if (LAST.has(status.state)) {
        return status;
      }
      turn = said === before ? turn + 1 : 0;
      failures = 0;
      if (said !== before) {
        before = said;
        heard(status);
      }
      pause = at(POLL_MS, turn);
    } catch (error) {
      if (!passes(error)) {
        throw error;
      }
      pause = error.retryAfter ? error.retryAfter * 1000 : at(AGAIN_MS, failures);
      failures += 1;
    }
    trouble(failures > 0);
    await sleep(pause);
  }
}

// Waiting for the result of a check. A poll that fails is no result: the connection may come back.

import { ApiError, Offline } from "./api.js";

const POLL_MS = [250, 250, 500, 500, 1000];
const AGAIN_MS = [1000, 2000, 4000];
const GIVE_UP_MS = 60_000;

const at = (list, index) => list[Math.min(index, list.length - 1)];
const passes = (error) => error instanceof Offline || (error instanceof ApiError && error.status >= 500);

// Resolves with the first status that is not "working"; `trouble` hears whether the last poll failed. Rejects
// with what a poll met that asking again does not help against, or once polls have failed for a minute.
export async function result(api, { trouble, sleep, clock }) {
  let failedSince = null;
  let failures = 0;
  for (let turn = 0; ; turn += 1) {
    let pause = at(POLL_MS, turn);
    try {
      const status = await api.get("status");
      if (status.state !== "working") {
        return status;
      }
      [failedSince, failures] = [null, 0];
    } catch (error) {
      failedSince ??= clock();
      if (!passes(error) || clock() - failedSince > GIVE_UP_MS) {
        throw error;
      }
      pause = error.retryAfter ? error.retryAfter * 1000 : at(AGAIN_MS, failures);
      failures += 1;
    }
    trouble(failures > 0);
    await sleep(pause);
  }
}

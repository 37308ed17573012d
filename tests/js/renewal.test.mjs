// A renewal is proposed once a week in a browser, and in one that keeps nothing at each sign-in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { proposedLately } from "../../static/js/capture/renewal.js";

const DAY_MS = 24 * 3600 * 1000;

function keeping() {
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
  };
}

test("it is proposed, and then not for a week", () => {
  keeping();
  assert.equal(proposedLately(100 * DAY_MS), false);
  assert.equal(proposedLately(100 * DAY_MS + 1), true);
  assert.equal(proposedLately(106.9 * DAY_MS), true);
  assert.equal(proposedLately(107 * DAY_MS), false);
  assert.equal(proposedLately(108 * DAY_MS), true);
});

test("a clock that was set back hides no proposal", () => {
  keeping();
  proposedLately(100 * DAY_MS);
  assert.equal(proposedLately(50 * DAY_MS), false);
});

test("a browser that keeps nothing is told each time", () => {
  globalThis.localStorage = {
    getItem() {
      throw new DOMException("denied", "SecurityError");
    },
  };
  assert.equal(proposedLately(), false);
  assert.equal(proposedLately(), false);
});

// A browser takes pushes only after its person said so, and gives what the server needs and no more.

import assert from "node:assert/strict";
import { test } from "node:test";

import { canBeTold, subscribe } from "../../static/js/push.js";

// A browser whose person answers so; `heard` is what its push service was asked.
function browser({ answer = "granted", before = null } = {}) {
  const heard = [];
  const pushManager = {
    getSubscription: async () => before,
    subscribe: async (options) => {
      heard.push(options);
      return { toJSON: () => ({ endpoint: "https://push.example/1", expirationTime: null, keys: { p256dh: "K", auth: "S" } }) };
    },
  };
  const serviceWorker = {
    register: async (path) => heard.push(path),
    ready: Promise.resolve({ pushManager }),
  };
  const scope = { navigator: { serviceWorker }, Notification: { requestPermission: async () => answer }, PushManager: {} };
  return { scope, heard };
}

const OURS = { worker: "/t/x/agent-worker.js", key: "public" };

test("what the browser gives is what the form sends", async () => {
  const { scope, heard } = browser();
  assert.deepEqual(await subscribe(OURS, scope), { endpoint: "https://push.example/1", key: "K", secret: "S" });
  assert.deepEqual(heard, [OURS.worker, { userVisibleOnly: true, applicationServerKey: OURS.key }]);
});

test("without permission nobody is asked for an address", async () => {
  for (const answer of ["denied", "default"]) {
    const { scope, heard } = browser({ answer });
    await assert.rejects(subscribe(OURS, scope));
    assert.deepEqual(heard, []);
  }
});

test("a subscription from before, of whatever key, ends first", async () => {
  let ended = false;
  const before = { unsubscribe: async () => (ended = true) };
  await subscribe(OURS, browser({ before }).scope);
  assert.ok(ended);
});

test("a browser that lacks a part of it is not asked", () => {
  const { scope } = browser();
  assert.ok(canBeTold(scope));
  for (const name of ["PushManager", "Notification"]) {
    const lacking = { ...scope };
    delete lacking[name];
    assert.ok(!canBeTold(lacking));
  }
  assert.ok(!canBeTold({ ...scope, navigator: {} }));
});

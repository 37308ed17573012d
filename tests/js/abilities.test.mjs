// What a browser can do, asked before anything is begun.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { isInApp, missing, missingForFace } from "../../static/js/capture/abilities.js";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)";
const OPEN = [
  `${IPHONE} Version/18.5 Mobile/15E148 Safari/604.1`,
  `${IPHONE} CriOS/137.0.7151.51 Mobile/15E148 Safari/604.1`,
  `${ANDROID} Chrome/137.0.0.0 Mobile Safari/537.36`,
  "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
];
const IN_APP = [
  `${IPHONE} Mobile/15E148`,
  `${IPHONE} Mobile/15E148 Instagram 384.0.0.26.83 (iPhone16,2; iOS 18_5)`,
  `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/517.0.0.35.109]`,
  `${IPHONE} GSA/371.1 Mobile/15E148 Safari/604.1`,
  `${ANDROID.replace("Pixel 9", "Pixel 9; wv")} Version/4.0 Chrome/137.0.0.0 Mobile Safari/537.36`,
];

const before = new Map(["window", "navigator"].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));

function browser({ agent = OPEN[0], secure = true, passkeys = true, camera = true } = {}) {
  const window = { isSecureContext: secure, crypto, ...(passkeys && { PublicKeyCredential: class {} }) };
  const navigator = {
    userAgent: agent,
    ...(passkeys && { credentials: {} }),
    ...(camera && { mediaDevices: { getUserMedia() {} } }),
  };
  for (const [name, value] of Object.entries({ window, navigator })) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
}

afterEach(() => {
  for (const [name, descriptor] of before) {
    delete globalThis[name];
    if (descriptor) {
      Object.defineProperty(globalThis, name, descriptor);
    }
  }
});

for (const agent of OPEN) {
  test(`C08 a browser of its own: ${agent}`, () => assert.equal(isInApp(agent), false));
}
for (const agent of IN_APP) {
  test(`C08 an app's own view: ${agent}`, () => assert.equal(isInApp(agent), true));
}

test("nothing is missing where everything is there", () => {
  browser();
  assert.equal(missing(), null);
});

test("what is missing has its screen, and an app's view another", () => {
  browser({ secure: false });
  assert.equal(missing(), "insecure");
  browser({ passkeys: false });
  assert.equal(missing(), "unsupported");
  browser({ passkeys: false, agent: IN_APP[0] });
  assert.equal(missing(), "in-app");
});

test("a missing camera leaves the passkey", () => {
  browser({ camera: false });
  assert.equal(missing(), null);
  assert.equal(missingForFace(), "no-camera-here");
  browser({ camera: false, agent: IN_APP[0] });
  assert.equal(missingForFace(), "in-app-camera");
});

test("pictures that cannot be drawn cannot be read", () => {
  browser(); // without a canvas
  assert.equal(missingForFace(), "no-pictures");
});

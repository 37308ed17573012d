// What this browser can do, asked before anything is begun: the screen that says what is missing, or null.

import { readsTrue } from "./surface.js";

// Apps that show pages in a browser of their own, which has no passkeys of the device and often no camera:
// those that name themselves, Android's WebView, and on Apple's phones whatever is not Safari's own view.
const APPS =
  /FBA[NV]|FB_IAB|Instagram|Barcelona|\bLine\/|MicroMessenger|KAKAOTALK|Snapchat|Pinterest|LinkedInApp|Twitter|TikTok|musical_ly|BytedanceWebview|WhatsApp|Telegram|Slack|\bGSA\//i;
const WEBVIEW = /; wv\)|\(iP(?:hone|ad|od)(?!.*Safari\/)/;

export function isInApp(agent = navigator.userAgent) {
  return APPS.test(agent) || WEBVIEW.test(agent);
}

export function missing() {
  const screen = missingHere();
  return screen && isInApp() ? "in-app" : screen;
}

function missingHere() {
  if (!window.isSecureContext) {
    return "insecure";
  }
  return window.PublicKeyCredential && navigator.credentials && window.crypto?.subtle ? null : "unsupported";
}

// The same for the camera alone: a person without one still has the passkey.
export function missingForFace() {
  if (!navigator.mediaDevices?.getUserMedia) {
    return isInApp() ? "in-app-camera" : "no-camera-here";
  }
  return picturesAreReadable() ? null : "no-pictures";
}

function picturesAreReadable() {
  try {
    return readsTrue();
  } catch {
    return false;
  }
}

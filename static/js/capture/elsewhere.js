// The way into another browser: an address to copy, for people whose app or browser cannot do this.

import { within } from "./deadline.js";
import { say } from "./screens.js";

// Where to begin anew. An enrolment begins at its link, which the page before this one was.
export function offerAddress(address) {
  for (const field of document.querySelectorAll("[data-address]")) {
    field.value = address || linkBefore() || location.href;
  }
}

function linkBefore() {
  const before = document.referrer;
  return before.startsWith(`${location.origin}/`) && before.includes("/enrol/") ? before : "";
}

// `button` stands beside its field; what came of it is said in place of the button's words.
export async function copyAddress(button) {
  const field = button.parentElement.querySelector("[data-address]");
  field.select();
  const copied = await copy(field);
  button.textContent = copied ? say("copied") : say("copy-by-hand");
}

async function copy(field) {
  try {
    await within("store", navigator.clipboard.writeText(field.value));
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

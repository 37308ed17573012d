// Lets this browser take pushes, or take no more: the forms that are marked for it go on with what it gave.

import { within } from "./capture/deadline.js";

// A person answers the browser's question; the push service is asked for an address afterwards.
const PATIENCE = { permission: 60_000, worker: 20_000, address: 30_000 };

export function canBeTold(scope = globalThis) {
  return "serviceWorker" in scope.navigator && Boolean(scope.PushManager) && Boolean(scope.Notification);
}

// Asks for permission and an address; returns the fields of the form. Rejects where there is none.
export async function subscribe({ worker, key }, scope = globalThis) {
  const said = await within("permission", scope.Notification.requestPermission(), PATIENCE.permission);
  if (said !== "granted") {
    throw new Error("denied");
  }
  await within("worker", scope.navigator.serviceWorker.register(worker), PATIENCE.worker);
  const registration = await within("worker", scope.navigator.serviceWorker.ready, PATIENCE.worker);
  const found = await registration.pushManager.getSubscription();
  // One that was made for another key can be sent to by nobody here.
  await found?.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const made = await within("address", registration.pushManager.subscribe(options), PATIENCE.address);
  const { endpoint, keys } = made.toJSON();
  return { endpoint, key: keys.p256dh, secret: keys.auth };
}

function fill(form, fields) {
  for (const [name, value] of Object.entries(fields)) {
    form.elements.namedItem(name).value = value;
  }
}

// Sends the form without leaving the page, on which there may be what is shown this once.
async function send(form) {
  const body = new URLSearchParams(new FormData(form));
  const answer = await within("answer", fetch(form.action, { method: "POST", body }));
  if (!answer.ok) {
    throw new Error("refused");
  }
}

async function goOn(form) {
  const button = form.querySelector("button");
  const problem = form.querySelector("[data-problem]");
  button.disabled = true;
  problem.hidden = true;
  try {
    fill(form, await subscribe(form.dataset));
    if (!("stay" in form.dataset)) {
      form.submit();
      return;
    }
    await send(form);
    form.hidden = true;
    form.parentElement.querySelector("[data-done]").hidden = false;
  } catch {
    problem.hidden = false;
    button.disabled = false;
  }
}

export function start(page = document) {
  for (const form of page.querySelectorAll("form[data-key]")) {
    form.hidden = !canBeTold();
    form.parentElement.querySelector("[data-unable]").hidden = canBeTold();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      goOn(form);
    });
  }
}

if (typeof document !== "undefined") {
  start();
}

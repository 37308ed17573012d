// The desk's page of a hand-off: it shows the code, then the number, then how far the phone is.

import { Api, ApiError } from "../api.js";
import { find, show } from "../screens.js";
import { follow } from "./following.js";
import { canFindPhones, findPhone } from "./near.js";

const config = JSON.parse(document.getElementById("desk-config").textContent);
const api = new Api(config.api);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let showing = "";

function turnTo(screen, filled) {
  if (showing !== screen) {
    showing = screen;
    show(screen, filled);
  }
}

// The code comes as SVG from our own server; it is read as XML, in which no script runs.
function draw(svg) {
  const code = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  find("desk-code").querySelector("[data-code]").replaceChildren(document.importNode(code, true));
}

// Whether the phone's passkey was used here already; the button that asks for it goes then.
function sayNear(near) {
  for (const place of document.querySelectorAll("[data-near]")) {
    place.hidden = !near;
  }
  if (near) {
    find("desk-code").querySelector('[data-act="near"]').hidden = true;
  }
}

async function offerNearness() {
  find("desk-code").querySelector('[data-act="near"]').hidden = !(await canFindPhones());
}

async function makeCode() {
  draw((await api.post("code")).code);
  turnTo("desk-code");
}

function sayNumber(number) {
  const screen = find("desk-number");
  screen.querySelector("[data-number]").textContent = number;
  // Read out digit by digit: 07 is no seven.
  screen.querySelector("[data-spelled]").textContent = [...number].join(" ");
  turnTo("desk-number");
}

function sayStep(step) {
  for (const text of find("desk-taken").querySelectorAll("[data-step]")) {
    text.hidden = text.dataset.step !== step;
  }
  turnTo("desk-taken");
}

const heard = {
  none: () => {},
  near: () => {},
  shown: ({ near }) => {
    sayNear(near === true);
    if (showing !== "desk-near") {
      turnTo("desk-code");
    }
  },
  met: ({ number }) => sayNumber(number),
  taken: ({ step }) => sayStep(step),
  wrong: () => turnTo("desk-wrong"),
  denied: () => turnTo("desk-denied"),
};

function trouble(is) {
  for (const place of document.querySelectorAll("[data-trouble]")) {
    place.hidden = !is;
  }
}

function leaveFor(url) {
  turnTo("desk-done");
  location.replace(url);
}

async function again() {
  try {
    await makeCode();
  } catch (error) {
    explain(error);
  }
}

function askForNearness() {
  document.getElementById("not-near").hidden = true;
  turnTo("desk-near");
}

async function findThePhone() {
  try {
    await findPhone(api);
  } catch (error) {
    const refused = error instanceof ApiError ? { problem: error.person } : {};
    showing = "";
    turnTo("desk-near", refused);
    document.getElementById("not-near").hidden = false;
    return;
  }
  await again();
}

async function stop() {
  try {
    leaveFor((await api.post("stop")).continue_url);
  } catch (error) {
    explain(error);
  }
}

function explain(error) {
  const refused = error instanceof ApiError;
  showing = "";
  turnTo("desk-problem", refused ? { problem: error.person, reference: error.reference } : {});
}

async function start() {
  try {
    const { state, near } = await api.get("status");
    if (state === "none" && config.near === "needed") {
      askForNearness();
    } else if (state === "none" || state === "near" || state === "shown") {
      await makeCode();
    }
    if (config.near === "offered" && !near) {
      await offerNearness();
    }
    leaveFor((await follow(api, { heard: (status) => heard[status.state](status), trouble, sleep })).continue_url);
  } catch (error) {
    explain(error);
  }
}

document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (act === "stop") {
    stop();
  } else if (act === "again") {
    again();
  } else if (act === "near") {
    askForNearness();
  } else if (act === "find") {
    findThePhone();
  } else if (act === "reload") {
    location.reload();
  }
});
addEventListener("pageshow", (event) => event.persisted && location.reload());
start();

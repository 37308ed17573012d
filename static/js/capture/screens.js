// One screen at a time; focus goes to its heading, so that everybody learns of the change.

const ANNOUNCE_EVERY_MS = 1500;
let lastAnnounced = -Infinity;
let pending = 0;

// The words come with the page, in the person's language (authsvc/capture/texts.py); scripts name them.
let texts = {};

export function speak(given) {
  texts = given;
}

export function say(name, values = {}) {
  return texts[name]?.replace(/%\((\w+)\)s/g, (_, key) => values[key]);
}

export const find = (name) => document.querySelector(`[data-screen="${name}"]`);

export function show(name, filled = {}) {
  for (const screen of document.querySelectorAll("[data-screen]")) {
    screen.hidden = screen.dataset.screen !== name;
  }
  document.body.dataset.showing = name;
  const screen = find(name);
  document.getElementById("starting").hidden = true;
  for (const [key, text] of Object.entries(filled)) {
    const place = screen.querySelector(`[data-text="${key}"]`);
    if (place && text) {
      place.textContent = text;
    }
  }
  showReference(screen, filled.reference);
  screen.querySelector("h1").focus();
}

// What the camera is for: to compare a face, or to show that somebody is there. The page has words for both.
export function sayWhatFor(purpose) {
  document.querySelectorAll("[data-for]").forEach((part) => (part.hidden = part.dataset.for !== purpose));
}

function showReference(screen, reference) {
  const place = screen.querySelector("[data-reference]");
  if (place) {
    place.hidden = !reference;
    place.querySelector("code").textContent = reference ?? "";
  }
}

// Polite and throttled: a screen reader is never talked over, and only the newest text is said.
export function announce(text) {
  clearTimeout(pending);
  const wait = Math.max(0, lastAnnounced + ANNOUNCE_EVERY_MS - performance.now());
  pending = setTimeout(() => {
    lastAnnounced = performance.now();
    document.getElementById("announce").textContent = text;
  }, wait);
}

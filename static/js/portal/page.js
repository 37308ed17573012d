// What markup alone cannot do: copy buttons, dialogs that open, and focus on the list of problems.

import "../copying.js";
import "./palette.js";
import { inOwnTime } from "./times.js";

// What a dialog asks about is grave: the keyboard begins at the way back.
function ask(dialog) {
  dialog.showModal();
  dialog.querySelector("form[method='dialog'] button")?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) ask(document.getElementById(opener.dataset.opens));
});

// A part of the page that goes on: it is read anew until it says no more that it does. Nobody is at the page
// only because of that, so a session's time without use runs on. What it says in a sentence is told politely.
const BY_ITSELF = { Accept: "text/html", "X-Visor-By-Itself": "1" };

function put(fresh, here) {
  inOwnTime(fresh);
  const at = [...here.querySelectorAll("a")].indexOf(document.activeElement);
  here.replaceWith(fresh);
  fresh.querySelectorAll("a")[at]?.focus({ preventScroll: true });
  const told = document.querySelector(`[data-told-of="${fresh.id}"]`);
  if (told && fresh.dataset.says !== here.dataset.says) told.textContent = fresh.dataset.says;
}

async function follow(part) {
  // What has not changed stays as it is, with what is chosen in it.
  for (let here = part, last = null; here?.dataset.follows;) {
    await new Promise((resolve) => { setTimeout(resolve, Number(here.dataset.follows)); });
    if (document.hidden) continue;
    const answer = await fetch(here.dataset.from ?? location.href, { headers: BY_ITSELF }).catch(() => null);
    if (!answer?.ok) continue;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(here.id);
    if (!fresh) return;
    if (fresh.isEqualNode(last)) continue;
    last = fresh.cloneNode(true);
    put(fresh, here);
    here = fresh;
  }
}

for (const part of document.querySelectorAll("[data-follows]")) follow(part);

document.querySelector("[data-focus]")?.focus();

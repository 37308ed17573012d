// What markup alone cannot do: copy buttons, dialogs that open, and focus on the list of problems.

import "../copying.js";

// What a dialog asks about is grave: the keyboard begins at the way back.
function ask(dialog) {
  dialog.showModal();
  dialog.querySelector("form[method='dialog'] button")?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) ask(document.getElementById(opener.dataset.opens));
});

document.querySelector("[data-focus]")?.focus();

// What markup alone cannot do: copy buttons, dialogs that open, and focus on the list of problems.

import "../copying.js";

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
});

document.querySelector("[data-focus]")?.focus();

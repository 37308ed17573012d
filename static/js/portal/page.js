// What markup alone cannot do: copy buttons, dialogs that open, and focus on the list of problems.

async function copy(button) {
  const text = button.parentElement.querySelector("output, pre").textContent;
  await navigator.clipboard.writeText(text);
  const label = button.firstChild;
  const before = label.data;
  label.data = button.dataset.copy;
  setTimeout(() => { label.data = before; }, 2000);
}

// What a dialog asks about is grave: the keyboard begins at the way back.
function ask(dialog) {
  dialog.showModal();
  dialog.querySelector("form[method='dialog'] button")?.focus();
}

document.addEventListener("click", (event) => {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  const opener = event.target.closest("[data-opens]");
  if (opener) ask(document.getElementById(opener.dataset.opens));
});

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}
document.querySelector("[data-focus]")?.focus();

// What markup alone cannot do: copy buttons, dialogs that open, and focus on the list of problems.

async function copy(button) {
  const text = button.parentElement.querySelector("output, pre").textContent;
  await navigator.clipboard.writeText(text);
  const label = button.firstChild;
  const before = label.data;
  label.data = button.dataset.copy;
  setTimeout(() => { label.data = before; }, 2000);
}

document.addEventListener("click", (event) => {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
});

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}
document.querySelector("[data-focus]")?.focus();

// Copy and print buttons, which are shown where they work.

async function copy(button) {
  const text = button.closest(".code, .sheet").querySelector("output, pre").textContent;
  await navigator.clipboard.writeText(text.trim());
  const label = button.firstChild;
  const before = label.data;
  label.data = button.dataset.copy;
  setTimeout(() => { label.data = before; }, 2000);
}

document.addEventListener("click", (event) => {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  if (event.target.closest("[data-print]")) print();
});

const usable = navigator.clipboard ? "[data-copy], [data-print]" : "[data-print]";
for (const button of document.querySelectorAll(usable)) button.hidden = false;

// Search over every page: opened by its link, by Ctrl-K, or by "/"; a combobox with a list (ARIA 1.2).

const palette = document.getElementById("palette");
const field = palette?.querySelector("[name='q']");
const list = palette?.querySelector("[role='listbox']");
const status = palette?.querySelector("[role='status']");
const slash = palette?.querySelector("[data-slash]");
const PAUSE = 120; // ms between the last letter and the question
const KEPT = "visor_slash"; // a cookie of a year, as the look of the pages is
let asked = new AbortController();
let waiting = 0;
let chosen = -1;

function open() {
  if (palette.open) return;
  palette.showModal();
  field.select();
}

function choose(index) {
  const { children } = list;
  chosen = children.length && index >= -1 ? (index + children.length + 1) % (children.length + 1) : -1;
  if (chosen === children.length) chosen = -1;
  [...children].forEach((hit, at) => hit.setAttribute("aria-selected", String(at === chosen)));
  const hit = children[chosen];
  if (hit) {
    field.setAttribute("aria-activedescendant", hit.id);
    hit.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function drawn({ kind, label, detail, url }, at) {
  const hit = document.createElement("div");
  hit.id = `palette-hit-${at}`;
  hit.className = "hit";
  hit.role = "option";
  hit.dataset.url = url;
  for (const [name, text] of [["span", kind], ["strong", label], ["span", detail]]) {
    const part = document.createElement(name);
    part.textContent = text;
    hit.append(part, " ");
  }
  return hit;
}

function show(hits) {
  list.replaceChildren(...hits.map(drawn));
  field.setAttribute("aria-expanded", String(hits.length > 0));
  choose(hits.length ? 0 : -1);
  const { none, some } = palette.dataset;
  status.textContent = hits.length ? some.replace("%(count)s", hits.length) : field.value.trim() && none;
}

async function ask() {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  const text = field.value.trim();
  if (!text) return show([]);
  try {
    const answer = await fetch(`${palette.dataset.from}?${new URLSearchParams({ q: text })}`, { signal });
    if (answer.ok) show((await answer.json()).hits);
  } catch (problem) {
    if (problem.name !== "AbortError") show([]);
  }
}

function go(hit) {
  if (hit) location.assign(hit.dataset.url);
}

const MOVES = { ArrowDown: 1, ArrowUp: -1 };
const TAKES = { Enter: true };

function press(event) {
  if (event.key in MOVES) {
    event.preventDefault();
    const last = list.children.length - 1;
    choose(event.key === "ArrowUp" && chosen === -1 ? last : chosen + MOVES[event.key]);
  } else if (event.key in TAKES && chosen >= 0 && !waiting) {
    event.preventDefault();
    go(list.children[chosen]);
  }
}

function isTyping({ target }) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function shortcut(event) {
  const ctrlK = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
  const bySlash = event.key === "/" && slash.checked && !event.ctrlKey && !event.metaKey && !isTyping(event);
  if (!(ctrlK || bySlash)) return;
  event.preventDefault();
  open();
}

if (palette) {
  slash.checked = !document.cookie.split("; ").includes(`${KEPT}=no`);
  slash.addEventListener("change", () => {
    document.cookie = `${KEPT}=${slash.checked ? "yes" : "no"}; path=/; max-age=31536000; samesite=lax`;
  });
  document.addEventListener("keydown", shortcut);
  document.querySelector("[data-palette]").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { waiting = 0; ask(); }, PAUSE);
  });
  field.addEventListener("keydown", press);
  list.addEventListener("click", (event) => go(event.target.closest(".hit")));
  // A click beside it closes it.
  palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
}

// Puts the viewer's own time before each moment's time in UTC, and tells filters by date whose days are meant.

// The one that they chose at their account, or else their browser's.
const zone = document.documentElement.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
const language = document.documentElement.lang;
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

function inUtc(at, here) {
  const other = at.toLocaleDateString(language, { timeZone: zone }) !== at.toLocaleDateString(language, { timeZone: "UTC" });
  const day = other ? { day: "numeric", month: "short" } : {};
  here.querySelector("small").textContent = `${at.toLocaleString(language, { ...clock, ...day, timeZone: "UTC" })} UTC`;
}

function localise(here) {
  const at = new Date(here.dateTime);
  const year = at.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  const local = { day: "numeric", month: "short", ...year, ...clock, second: "2-digit", timeZone: zone };
  here.firstChild.data = `${at.toLocaleString(language, local)} `;
  inUtc(at, here);
}

// Also for a part of a page that came later.
export function inOwnTime(part) {
  if (!zone || zone === "UTC") return;
  for (const here of part.querySelectorAll("time[data-when]")) localise(here);
  for (const field of part.querySelectorAll("input[name='zone']")) field.value = zone;
}

inOwnTime(document);

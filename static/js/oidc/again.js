// Looks every ten seconds whether something waits by now, and shows it; until then nothing on the page
// moves, so that who reads or uses the keyboard is not thrown back to its top. A page that nobody sees asks
// nothing, and looks at once when it is seen again. What fails is asked again at the next turn.

const EVERY_MS = 10_000;

async function asked() {
  const answer = await fetch(location.pathname, { signal: AbortSignal.timeout(EVERY_MS) });
  return answer.ok ? answer.text() : "";
}

async function look() {
  if (document.hidden) {
    return;
  }
  const page = await asked().catch(() => "");
  if (new DOMParser().parseFromString(page, "text/html").querySelector("main form")) {
    location.replace(location.pathname);
  }
}

setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
addEventListener("online", look);

// Looks every ten seconds whether something waits by now, and shows it; until then nothing on the page
// moves, so that who reads or uses the keyboard is not thrown back to its top.

setInterval(async () => {
  const answer = await fetch(location.pathname).catch(() => null);
  const found = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  if (found && found.querySelector("main form")) {
    location.replace(location.pathname);
  }
}, 10_000);

// Sends a file as it is, so that its encoding is the server's to read, and goes where its lines are shown.

const form = document.querySelector("#table-file");
const said = document.querySelector("#file-said");

async function send(file) {
  said.textContent = said.dataset.reading;
  const to = `${form.action}?name=${encodeURIComponent(file.name.slice(0, 120))}`;
  const headers = {
    "Content-Type": "application/octet-stream",
    "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
  };
  const answer = await fetch(to, { method: "POST", headers, body: file }).catch(() => null);
  const found = await answer?.json().catch(() => null);
  if (found?.at) location.assign(found.at);
  else said.textContent = found?.error ?? said.dataset.lost;
}

form?.removeAttribute("hidden");
form?.addEventListener("change", (event) => {
  const [file] = event.target.files;
  // Chosen again, the same file is sent again.
  if (file) send(file).finally(() => { event.target.value = ""; });
});
form?.addEventListener("submit", (event) => event.preventDefault());

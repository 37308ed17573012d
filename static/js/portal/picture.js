// A picture that is chosen goes into its form as text: no request of ours takes files.

const CHUNK = 0x8000;

function base64url(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function take(input) {
  const [file] = input.files;
  const field = document.querySelector(`[data-file-for="${input.id}"]`);
  const problem = input.form.querySelector("[data-picture-problem]");
  const tooLarge = file && file.size > Number(input.dataset.largest);
  problem.hidden = !tooLarge;
  problem.classList.toggle("error", Boolean(tooLarge));
  problem.textContent = tooLarge ? input.dataset.tooLarge : "";
  field.value = file && !tooLarge ? base64url(new Uint8Array(await file.arrayBuffer())) : "";
}

for (const input of document.querySelectorAll("[data-picture]")) {
  const buttons = input.form.querySelectorAll("button:not([formaction])");
  input.addEventListener("change", async () => {
    for (const button of buttons) button.disabled = true;
    await take(input);
    for (const button of buttons) button.disabled = false;
  });
}

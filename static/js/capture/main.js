// Starts the agent with what the server wrote into the page.

import { Agent } from "./agent.js";
import { Api } from "./api.js";
import { copyAddress, offerAddress } from "./elsewhere.js";
import { Embedding } from "./embedding.js";
import { speak } from "./screens.js";

const config = JSON.parse(document.getElementById("agent-config").textContent);
speak(config.texts);
offerAddress(config.begin);
// Within a site's page, this one got its key with its address, which is not to be seen any longer.
const key = config.embedded.length ? location.hash.slice(1) : null;
if (key) {
  history.replaceState(null, "", location.pathname);
}
const embedding = key ? new Embedding(config.embedded) : null;
const agent = new Agent(config, new Api(config.api, key), embedding);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button?.dataset.act === "copy") {
    copyAddress(button);
  } else if (button) {
    agent.tap(button.dataset.act);
  }
});
addEventListener("pagehide", () => agent.forget());
// What the page held is gone when a person comes back to it: it begins where the server says.
addEventListener("pageshow", (event) => event.persisted && location.reload());
navigator.serviceWorker?.register(config.worker).catch(() => {});
agent.start();

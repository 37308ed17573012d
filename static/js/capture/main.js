// Starts the agent with what the server wrote into the page.

import { Agent } from "./agent.js";
import { Api } from "./api.js";
import { speak } from "./screens.js";

const config = JSON.parse(document.getElementById("agent-config").textContent);
speak(config.texts);
const agent = new Agent(config, new Api(config.api));

document.addEventListener("click", (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (act) {
    agent.tap(act);
  }
});
addEventListener("pagehide", () => agent.forget());
navigator.serviceWorker?.register(config.worker).catch(() => {});
agent.start();

// The page of an enrolment's link: whose browser cannot go on learns it here, where the link still is.

import { missing } from "./abilities.js";
import { copyAddress, offerAddress } from "./elsewhere.js";
import { speak } from "./screens.js";

speak(JSON.parse(document.getElementById("page-texts").textContent));
if (missing() === "in-app") {
  document.querySelector("[data-in-app]").hidden = false;
  offerAddress(location.href);
}
document.addEventListener("click", (event) => {
  const button = event.target.closest('[data-act="copy"]');
  if (button) {
    copyAddress(button);
  }
});

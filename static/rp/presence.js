/** Shows the camera's page of the provider within this one, and asks our own server what came of it. */

const root = document.getElementById("presence");
const part = (name) => root.querySelector(`[data-part="${name}"]`);

function show(name) {
  for (const each of ["start", "camera", "there", "nobody", "problem"]) part(each).hidden = each !== name;
}

async function ask(address, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": root.dataset.token };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

const open = async (jkt) => (await ask(root.dataset.open, { jkt })).agent_url;

// Null is said while the pictures are judged: whoever leaves then is asked for a moment longer.
async function result(left = 30) {
  const { there } = await ask(root.dataset.result, {});
  if (there !== null) return there;
  if (left === 0) throw new Error(`${root.dataset.result}: none`);
  await new Promise((resolve) => { setTimeout(resolve, 2000); });
  return result(left - 1);
}

async function run() {
  const { showLiveness } = await import(root.dataset.module);
  show("camera");
  try {
    await showLiveness({ open, place: part("camera"), title: root.dataset.title });
  } catch (problem) {
    // Whatever the frame said, our server asks: its answer alone counts.
    if (problem.reason !== "declined" && problem.reason !== "expired") throw problem;
  }
  show((await result()) ? "there" : "nobody");
}

root.querySelector("button").addEventListener("click", () => run().catch(() => show("problem")));

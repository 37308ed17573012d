/** Fetches the statement; where the interface answers with a step-up challenge (RFC 9470), offers to meet it. */

const root = document.getElementById("statement");
const part = (name) => root.querySelector(`[data-part="${name}"]`);

function show(name) {
  for (const each of ["waiting", "challenge", "problem", "entries"]) part(each).hidden = each !== name;
}

/** Returns the parameters of a WWW-Authenticate challenge, empty when it is not a step-up. */
function stepUpDemand(header) {
  const pairs = [...(header ?? "").matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  const demand = Object.fromEntries(pairs);
  return demand.error === "insufficient_user_authentication" ? demand : null;
}

function offerStepUp(demand) {
  const query = new URLSearchParams({ next: location.pathname, acr: demand.acr_values });
  if (demand.max_age !== undefined) query.set("max_age", demand.max_age);
  part("link").href = `${root.dataset.stepUp}?${query}`;
  show("challenge");
}

function entry({ date, text, amount }) {
  const row = document.createElement("tr");
  for (const value of [date, text, amount]) row.insertCell().textContent = value;
  row.lastElementChild.className = "amount";
  return row;
}

function showEntries({ balance, rows }) {
  part("balance").textContent = balance;
  root.querySelector("tbody").replaceChildren(...rows.map(entry));
  show("entries");
}

async function load() {
  const response = await fetch(root.dataset.source, { headers: { Accept: "application/json" } });
  const demand = response.status === 401 ? stepUpDemand(response.headers.get("WWW-Authenticate")) : null;
  if (demand) return offerStepUp(demand);
  if (!response.ok) return show("problem");
  return showEntries(await response.json());
}

load().catch(() => show("problem"));

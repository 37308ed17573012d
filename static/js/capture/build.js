// What this page is made of: the digest of each of its scripts, as the server's files came here. It says so with
// the passkey, and a page that is too old, or was changed on its way, is told to load anew (ADR 0405).

import { sha256, toB64u } from "./bytes.js";
import { within } from "./deadline.js";

// What the page itself was given, where the browser still has it.
async function digest(url) {
  const answer = await within("script", fetch(url, { cache: "force-cache", credentials: "same-origin" }));
  return toB64u(await sha256(await answer.arrayBuffer()));
}

// Resolves with the digests of { name: address }, by name; rejects where a script cannot be read.
export async function measure(scripts) {
  const each = Object.entries(scripts).map(async ([name, url]) => [name, await digest(url)]);
  return Object.fromEntries(await Promise.all(each));
}

// Gets every script once more past what the browser keeps, so that a page loaded after this has new ones alone.
export async function refresh(scripts) {
  await Promise.all(Object.values(scripts).map((url) => fetch(url, { cache: "reload" }).catch(() => {})));
}

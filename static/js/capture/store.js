// Where an authenticator gives no PRF: one random share a passkey, kept in this browser under a key that
// no script can read out (docs/protocol.md section 2); and what is kept of a reference that lies here. A store
// that is refused, broken or silent keeps nothing and has nothing: whoever asks gets null, and goes on without a
// face.

import { fromB64u, toB64u } from "./bytes.js";
import { within } from "./deadline.js";

const KEY = "key";
const PROPOSED = "renewal-proposed";
const WEEK_MS = 7 * 24 * 3600 * 1000;

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("visor-shares", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("values");
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error ?? new Error("blocked"));
  });
}

async function run(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction("values", mode);
      const request = work(transaction.objectStore("values"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

const read = (name) => run("readonly", (values) => values.get(name));
const write = (name, value) => run("readwrite", (values) => values.put(value, name));

async function wrappingKey() {
  const known = await read(KEY);
  if (known) {
    return known;
  }
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await write(KEY, fresh);
  return fresh;
}

const parameters = (iv, credential) => ({ name: "AES-GCM", iv, additionalData: fromB64u(credential) });

async function keep(credential) {
  const share = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(parameters(iv, credential), await wrappingKey(), share);
  await write(`share:${credential}`, { iv: toB64u(iv), sealed });
  return share;
}

async function find(credential) {
  const kept = await read(`share:${credential}`);
  if (!kept) {
    return null;
  }
  const key = await wrappingKey();
  return new Uint8Array(await crypto.subtle.decrypt(parameters(fromB64u(kept.iv), credential), key, kept.sealed));
}

// What this browser keeps of a reference: sealed, so that only a worker opens it, and only with the passkey's
// share. The one from before stays beside it, until the new one has taken effect.
async function keepReference(credential, { id, bundles }) {
  const others = ((await read(`reference:${credential}`)) ?? []).filter((kept) => kept.id !== id);
  await write(`reference:${credential}`, [...others.slice(-1), { id, bundles }]);
  return true;
}

async function findReference(credential, id) {
  const kept = (await read(`reference:${credential}`)) ?? [];
  return kept.find((each) => each.id === id)?.bundles ?? null;
}

// The key by which this browser is sent references that it compares itself: no script can read it out.
async function keepKey(credential, key) {
  await write(`receiver:${credential}`, key);
  return true;
}

async function orNone(work) {
  try {
    return await within("store", work);
  } catch (error) {
    console.info(error);
    return null;
  }
}

// Whether a renewal was proposed here within a week; if not, it is about to be.
async function noteProposal(now) {
  const last = await read(PROPOSED);
  const lately = last <= now && now - last < WEEK_MS;
  if (!lately) {
    await write(PROPOSED, now);
  }
  return lately;
}

export const makeShare = (credential) => orNone(keep(credential));
export const findShare = (credential) => orNone(find(credential));
export const keepBundles = (credential, reference) => orNone(keepReference(credential, reference));
export const findBundles = (credential, id) => orNone(findReference(credential, id));
export const keepReceiver = (credential, key) => orNone(keepKey(credential, key));
export const findReceiver = async (credential) => (await orNone(read(`receiver:${credential}`))) ?? null;
export const proposedLately = () => orNone(noteProposal(Date.now()));

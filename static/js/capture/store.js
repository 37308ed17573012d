// Where an authenticator gives no PRF: one random share a passkey, kept in this browser under a key that
// no script can read out (docs/protocol.md section 2).

import { fromB64u, toB64u } from "./bytes.js";

const KEY = "key";

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("visor-shares", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("values");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const request = work(database.transaction("values", mode).objectStore("values"));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
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

export async function makeShare(credential) {
  const share = crypto.getRandomValues(new Uint8Array(32));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(parameters(iv, credential), await wrappingKey(), share);
  await write(`share:${credential}`, { iv: toB64u(iv), sealed });
  return share;
}

export async function findShare(credential) {
  const kept = await read(`share:${credential}`);
  if (!kept) {
    return null;
  }
  const key = await wrappingKey();
  return new Uint8Array(await crypto.subtle.decrypt(parameters(fromB64u(kept.iv), credential), key, kept.sealed));
}

// The hash chain over the frames (docs/protocol.md section 4), signed by this transaction's session key.

import { concat, fromB64u, sha256, utf8 } from "./bytes.js";

export async function makeSessionKey() {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { privateKey: pair.privateKey, jwk: { kty, crv, x, y } };
}

export const firstLink = (nonce, txn) => sha256(concat(utf8("visor/frames/v1\0"), fromB64u(nonce), utf8(txn)));

export async function chainOf(nonce, txn, frames) {
  let link = await firstLink(nonce, txn);
  for (const frame of frames) {
    const place = new DataView(new ArrayBuffer(12));
    place.setUint32(0, frame.step);
    place.setBigUint64(4, BigInt(Math.round(frame.t * 1000)));
    link = await sha256(concat(link, frame.digest, new Uint8Array(place.buffer)));
  }
  return link;
}

export async function signChain(privateKey, link) {
  return new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, link));
}

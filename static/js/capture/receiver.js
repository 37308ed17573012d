// The key that a worker answers to, for one challenge: signed by the session key, and named in the sealed sample
// alone (docs/protocol.md section 6). What came of it opens here and nowhere else.

import { fromB64u, toB64u, utf8 } from "./bytes.js";
import { load } from "./seal.js";

const TYPE = "visor-receiver+jws";
const ANSWER = "visor-reference+jwe";

export async function makeReceiver({ jose, txn, nonce, sessionKey }) {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const { CompactSign } = await load(jose);
  const said = utf8(JSON.stringify({ txn, chl: nonce, jwk: { kty, crv, x, y } }));
  const signed = await new CompactSign(said).setProtectedHeader({ alg: "ES256", typ: TYPE }).sign(sessionKey);
  return { signed, nonce, privateKey: pair.privateKey };
}

// Resolves with the reference's id and what is to be kept of it; rejects what was sealed for anything else.
export async function openAnswer({ jose, txn, receiver, device, sealed }) {
  const { compactDecrypt } = await load(jose);
  const { plaintext, protectedHeader: header } = await compactDecrypt(sealed, receiver.privateKey, {
    keyManagementAlgorithms: ["ECDH-ES"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  const bound = { typ: ANSWER, txn, dev: device, chl: receiver.nonce };
  if (Object.entries(bound).some(([name, value]) => header[name] !== value) || !header.ref) {
    throw new Error("foreign-reference");
  }
  const { bundles } = JSON.parse(new TextDecoder().decode(plaintext));
  return { id: header.ref, bundles: bundles.map(fromB64u) };
}

export const encodeAll = (bundles) => bundles.map(toB64u);

// A reference that is sent to this browser to be compared once (docs/protocol.md section 8): the key that it is
// sealed to, the request for it, what is opened of it, and what is said of the comparison.

import { fromB64u, toB64u, utf8, wipe } from "./bytes.js";
import { load, sealed } from "./seal.js";

const REFERENCE = "visor-reference+jwe";
const RESULT = "visor-comparison+jws";

// The key of a passkey's device, made once, with the passkey that covers it.
export async function makeReceivingKey() {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { privateKey: pair.privateKey, jwk: { kty, crv, x, y } };
}

// The share that opens the reference, for a worker alone, and by what it is going to be compared.
export function sealAsking({ jose, txn, challenge, own, engine }) {
  const asking = {
    txn,
    chl: challenge.nonce,
    dev: own.id,
    share: toB64u(own.share),
    share_kind: own.shareKind,
    engine,
  };
  return sealed({ jose, txn, device: own.id, challenge }, asking);
}

// Resolves with what is to be compared with: {reference, version, vector, threshold}; rejects what was sealed for
// anything else.
export async function openReleased({ jose, txn, privateKey, device, nonce, sealed: answer }) {
  const { compactDecrypt } = await load(jose);
  const { plaintext, protectedHeader: header } = await compactDecrypt(answer, privateKey, {
    keyManagementAlgorithms: ["ECDH-ES"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  const bound = { typ: REFERENCE, txn, dev: device, chl: nonce };
  if (Object.entries(bound).some(([name, value]) => header[name] !== value) || !header.ref) {
    throw new Error("foreign-reference");
  }
  const { vector, threshold } = JSON.parse(new TextDecoder().decode(plaintext));
  wipe(plaintext);
  return { reference: header.ref, version: header.ver, vector: floats(fromB64u(vector)), threshold };
}

// Little-endian, whatever this machine's order is.
function floats(bytes) {
  const view = new DataView(bytes.buffer);
  const values = Float64Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
  wipe(bytes);
  return values;
}

// What was found, over the very frames that were compared.
export async function signResult({ jose, txn, nonce, chain, released, engine, matched, sessionKey }) {
  const { CompactSign } = await load(jose);
  const said = { txn, chl: nonce, chain: toB64u(chain), ref: released.reference, ver: released.version, engine, matched };
  return new CompactSign(utf8(JSON.stringify(said))).setProtectedHeader({ alg: "ES256", typ: RESULT }).sign(sessionKey);
}

// The sealed sample of docs/protocol.md section 4: built in memory, readable by the checking server only.

import { Offline } from "./api.js";
import { chainOf, signChain } from "./chain.js";
import { concat, toB64u, utf8, wipe } from "./bytes.js";
import { within } from "./deadline.js";

const ALGORITHM = "ECDH-ES+A256KW";

function pack(manifest, frames) {
  const text = utf8(JSON.stringify(manifest));
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, text.length);
  const plain = concat(utf8("VSR1"), new Uint8Array(length.buffer), text, ...frames.map((frame) => frame.jpeg));
  wipe(text);
  return plain;
}

// The library comes over the network too.
async function load(jose) {
  try {
    return await within("script", import(jose));
  } catch (error) {
    throw new Offline(error.name);
  }
}

const encoded = (share) => (share ? toB64u(share) : null);

export async function sealSample({ jose, txn, challenge, sessionKey, own, added, frames, camera, probe }) {
  const { GeneralEncrypt, importJWK } = await load(jose);
  const chain = await chainOf(challenge.nonce, txn, frames);
  const manifest = {
    txn,
    chl: challenge.nonce,
    dev: own.id,
    share: encoded(own.share),
    share_kind: own.shareKind ?? null,
    ...(added && { new_dev: added.id, new_share: encoded(added.share), new_share_kind: added.shareKind }),
    camera,
    ...(probe ? { probe } : {}),
    frames: frames.map(({ step, t, media, jpeg, digest }) => ({
      step,
      t,
      media,
      size: jpeg.length,
      sha256: toB64u(digest),
    })),
    chain: toB64u(chain),
    chain_signature: toB64u(await signChain(sessionKey, chain)),
  };
  const plain = pack(manifest, frames);
  const header = { enc: "A256GCM", typ: "visor-sample+jwe", txn, dev: own.id, chl: challenge.nonce };
  try {
    const sealing = new GeneralEncrypt(plain).setProtectedHeader(header);
    for (const { kid, key } of [challenge.seal, challenge.seal.second].filter(Boolean)) {
      sealing.addRecipient(await importJWK(key, ALGORITHM)).setUnprotectedHeader({ alg: ALGORITHM, kid });
    }
    return JSON.stringify(await sealing.encrypt());
  } finally {
    wipe(plain, ...frames.map((frame) => frame.jpeg));
  }
}

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
export async function load(jose) {
  try {
    return await within("script", import(jose));
  } catch (error) {
    throw new Offline(error.name);
  }
}

const encoded = (share) => (share ? toB64u(share) : null);

// What no model of the person's asks for stays here.
function sharesOf(own, added, { share: wanted }) {
  const [mine, theirs] = wanted ? [own, added] : [{}, added && { id: added.id }];
  return {
    share: encoded(mine.share),
    share_kind: mine.shareKind ?? null,
    ...(theirs && { new_dev: theirs.id, new_share: encoded(theirs.share), new_share_kind: theirs.shareKind ?? null }),
  };
}

export async function sealSample({ jose, txn, challenge, sessionKey, own, added, besides, frames, camera, probe }) {
  const chain = await chainOf(challenge.nonce, txn, frames);
  const manifest = {
    txn,
    chl: challenge.nonce,
    dev: own.id,
    ...sharesOf(own, added, challenge.want),
    ...besides,
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
  try {
    return await sealed({ jose, txn, device: own.id, challenge }, manifest, frames);
  } finally {
    wipe(...frames.map((frame) => frame.jpeg));
  }
}

// A manifest, and the pictures that it lists, for the checking server alone: bound to one challenge.
export async function sealed({ jose, txn, device, challenge }, manifest, frames = []) {
  const { GeneralEncrypt, importJWK } = await load(jose);
  const plain = pack(manifest, frames);
  const header = { enc: "A256GCM", typ: "visor-sample+jwe", txn, dev: device, chl: challenge.nonce };
  try {
    const sealing = new GeneralEncrypt(plain).setProtectedHeader(header);
    for (const { kid, key } of [challenge.seal, challenge.seal.second].filter(Boolean)) {
      sealing.addRecipient(await importJWK(key, ALGORITHM)).setUnprotectedHeader({ alg: ALGORITHM, kid });
    }
    return JSON.stringify(await sealing.encrypt());
  } finally {
    wipe(plain);
  }
}

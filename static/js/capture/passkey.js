// The two WebAuthn ceremonies. What is sent is built field by field, so that a PRF result, which
// PublicKeyCredential.toJSON() would carry along, cannot leave the page.

import { fromB64u, toB64u } from "./bytes.js";
import { ceremony } from "./ceremony.js";
import { findShare, makeShare } from "./store.js";

const descriptor = (entry) => ({ ...entry, id: fromB64u(entry.id) });

function readOptions(options) {
  const read = { ...options, challenge: fromB64u(options.challenge) };
  if (options.user) {
    read.user = { ...options.user, id: fromB64u(options.user.id) };
  }
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) {
      read[list] = options[list].map(descriptor);
    }
  }
  const first = fromB64u(options.extensions.prf.eval.first);
  read.extensions = { ...options.extensions, prf: { eval: { first } } };
  return read;
}

function describe(credential, response) {
  const enabled = credential.getClientExtensionResults().prf?.enabled;
  return {
    id: credential.id,
    rawId: toB64u(credential.rawId),
    type: credential.type,
    ...(credential.authenticatorAttachment && { authenticatorAttachment: credential.authenticatorAttachment }),
    response,
    clientExtensionResults: enabled === undefined ? {} : { prf: { enabled } },
  };
}

function prfResult(credential) {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  return first ? new Uint8Array(first) : null;
}

export async function useCredential(options) {
  const credential = await ceremony("get", readOptions(options));
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  const prf = prfResult(credential);
  const share = prf ?? (await findShare(credential.id));
  return {
    id: credential.id,
    share,
    shareKind: share && (prf ? "prf" : "browser"),
    json: describe(credential, {
      clientDataJSON: toB64u(clientDataJSON),
      authenticatorData: toB64u(authenticatorData),
      signature: toB64u(signature),
      userHandle: userHandle ? toB64u(userHandle) : null,
    }),
  };
}

export async function makeCredential(options) {
  const credential = await ceremony("create", readOptions(options));
  const { clientDataJSON, attestationObject } = credential.response;
  return {
    id: credential.id,
    early: prfResult(credential),
    enabled: credential.getClientExtensionResults().prf?.enabled === true,
    json: describe(credential, {
      clientDataJSON: toB64u(clientDataJSON),
      attestationObject: toB64u(attestationObject),
      transports: credential.response.getTransports?.() ?? [],
    }),
  };
}

// Many authenticators compute PRF only at get(): one more use of the new passkey, whose signature nobody
// needs, releases it.
export async function shareOfNew(made, options) {
  if (made.early) {
    return { share: made.early, shareKind: "prf" };
  }
  const late = made.enabled ? await latePrf(made.id, options) : null;
  return late ? { share: late, shareKind: "prf" } : newShare(made.id);
}

// The share of this browser for a passkey that has none; null where the browser keeps nothing.
export async function newShare(id) {
  const share = await makeShare(id);
  return { share, shareKind: share && "browser" };
}

async function latePrf(id, options) {
  const publicKey = {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rpId: options.rp.id,
    allowCredentials: [{ type: "public-key", id: fromB64u(id) }],
    userVerification: "required",
    timeout: options.timeout,
    extensions: readOptions(options).extensions,
  };
  try {
    return prfResult(await ceremony("get", publicKey));
  } catch {
    return null;
  }
}

// The phone's passkey at the desk, over hybrid transport: it shows that its holder is near, and that the desk's
// page has our address, which no page that passes ours on has.

import { fromB64u, toB64u } from "../bytes.js";
import { ceremony } from "../ceremony.js";

// Whether this browser says that it can; an old one says nothing.
export async function canFindPhones() {
  const told = await window.PublicKeyCredential?.getClientCapabilities?.().catch(() => null);
  return told?.hybridTransport === true;
}

// Resolves when the server took the answer; rejects with a PasskeyProblem, or a refusal.
export async function findPhone(api) {
  const { publicKey } = await api.post("near/options");
  const credential = await ceremony("get", { ...publicKey, challenge: fromB64u(publicKey.challenge) });
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  await api.post("near", {
    credential: {
      id: credential.id,
      rawId: toB64u(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      response: {
        clientDataJSON: toB64u(clientDataJSON),
        authenticatorData: toB64u(authenticatorData),
        signature: toB64u(signature),
        userHandle: userHandle ? toB64u(userHandle) : null,
      },
      clientExtensionResults: {},
    },
  });
}

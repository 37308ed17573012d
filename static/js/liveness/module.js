// Shows, within a page of yours, the camera's page of a session of liveness, and proves the session's key to it.
// It needs nothing beside it, and your page's policy has to let it load from here, and frames of here:
//
//     script-src https://id.example; frame-src https://id.example
//
// docs/liveness-service.md has a whole example.

const NAME = "visor-liveness";
const TYPE = "visor-possession+jws";
const HERE = new URL(import.meta.url).origin;
const START_MS = 20_000;

// Why there is no result: "declined" (the person left), "expired", "not-started" (the frame was not shown: is the
// page at a registered origin?), "foreign-address" (what your server gave is no address of this service), "aborted".
export class LivenessProblem extends Error {
  name = "LivenessProblem";

  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

const utf8 = (text) => new TextEncoder().encode(text);

function toB64u(data) {
  const binary = Array.from(new Uint8Array(data), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// A key that no script can read out, for one session; `jkt` is its thumbprint (RFC 7638).
export async function makeKey() {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const said = utf8(JSON.stringify({ crv, kty, x, y }));
  return { privateKey: pair.privateKey, jwk: { kty, crv, x, y }, jkt: toB64u(await crypto.subtle.digest("SHA-256", said)) };
}

async function prove({ privateKey, jwk }, challenge) {
  const parts = [{ alg: "ES256", typ: TYPE, jwk }, { challenge }].map((part) => toB64u(utf8(JSON.stringify(part))));
  const signed = parts.join(".");
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, utf8(signed));
  return `${signed}.${toB64u(signature)}`;
}

function frameAt(address, title) {
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: address, title, allow: "camera", referrerPolicy: "no-referrer" });
  frame.width = "100%";
  frame.height = "720";
  frame.frameBorder = "0"; // an attribute: a style might be against the policy of the page around it
  return frame;
}

// `open(jkt)` has your server open a session for the key, and resolves with its `agent_url`. The camera's page is put
// into `place`; `title` says to a screen reader what it is. Resolves when your server can take the result; rejects
// with a LivenessProblem, or with what `open` rejects with. Whatever becomes of it, only the signed result that your
// server takes says whether somebody is there.
export async function showLiveness({ open, place, title = document.title, signal }) {
  const key = await makeKey();
  const address = new URL(await open(key.jkt));
  if (signal?.aborted) {
    throw new LivenessProblem("aborted");
  }
  if (address.origin !== HERE) {
    throw new LivenessProblem("foreign-address");
  }
  const frame = frameAt(address.href, title);
  try {
    await run(frame, key, place, signal);
  } finally {
    frame.remove();
  }
}

function run(frame, key, place, signal) {
  const over = new AbortController();
  const { signal: until } = over;
  return new Promise((resolve, reject) => {
    const fail = (reason) => reject(new LivenessProblem(reason));
    const late = setTimeout(() => fail("not-started"), START_MS);
    const say = (type, more) => frame.contentWindow?.postMessage({ name: NAME, type, ...more }, HERE);
    const acts = {
      ready: () => clearTimeout(late),
      prove: async ({ challenge }) => say("proof", { proof: await prove(key, String(challenge)) }),
      done: resolve,
      left: () => fail("declined"),
      expired: () => fail("expired"),
    };
    const hear = ({ source, origin, data }) => {
      if (source === frame.contentWindow && origin === HERE && data?.name === NAME && Object.hasOwn(acts, data.type)) {
        acts[data.type](data);
      }
    };
    until.addEventListener("abort", () => clearTimeout(late));
    window.addEventListener("message", hear, { signal: until });
    signal?.addEventListener("abort", () => fail("aborted"), { signal: until });
    frame.addEventListener("load", () => say("hello"), { signal: until });
    place.append(frame);
  }).finally(() => over.abort());
}

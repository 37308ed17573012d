// npm's oidc-provider, in memory, one process: node node_provider.mjs PORT REDIRECT_URI, with clients as JSON.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import * as oidc from "oidc-provider";

const [, , port, redirectUri, clients] = process.argv;
const kept = new Map();

/** Keeps everything, so that no session is forgotten during a run. */
class Memory {
  constructor(model) { this.model = model; }
  key(id) { return `${this.model}:${id}`; }
  async upsert(id, payload) {
    kept.set(this.key(id), payload);
    if (payload.uid) kept.set(`uid:${payload.uid}`, id);
  }
  async find(id) { return kept.get(this.key(id)); }
  async findByUid(uid) { return this.find(kept.get(`uid:${uid}`)); }
  async findByUserCode() {}
  async consume(id) { kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { kept.delete(this.key(id)); }
  async revokeByGrantId() {}
}

function key(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg, kid: alg };
}

const provider = new oidc.Provider(`http://127.0.0.1:${port}`, {
  adapter: Memory,
  clients: Object.entries(JSON.parse(clients)).map(([alg, [id, secret]]) => ({
    client_id: id,
    client_secret: secret,
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    id_token_signed_response_alg: alg,
  })),
  cookies: { keys: [randomBytes(16).toString("hex")] },
  features: {
    devInteractions: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32) },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
  },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  jwks: { keys: [key("rsa", { modulusLength: 3072 }, "RS256"), key("ec", { namedCurve: "P-256" }, "ES256")] },
  pkce: { required: () => true },
});
provider.listen(Number(port), "127.0.0.1");

// Drives npm's openid-client against a running provider: node openid_client.mjs < the order, as JSON.
//
// The order: issuer, redirect_uri, post_logout_redirect_uri, client ({client_id, and client_secret or jwks}),
// metadata, and which of par, jar, jarm and dpop to use. Prints what each step gave as JSON.

import { text } from "node:stream/consumers";
import { importJWK } from "jose";
import * as openid from "openid-client";
import { Person } from "./person.mjs";

const order = JSON.parse(await text(process.stdin));
const jwk = order.client.jwks?.keys[0];
const key = jwk && { key: await importJWK(jwk, "ES256"), kid: jwk.kid };
const person = new Person();
const done = {};

function authentication() {
  if (key) return openid.PrivateKeyJwt(key);
  return order.post ? openid.ClientSecretPost(order.client.client_secret) : openid.ClientSecretBasic(order.client.client_secret);
}

const config = await openid.discovery(new URL(order.issuer), order.client.client_id, order.metadata, authentication(), {
  execute: [openid.allowInsecureRequests],
});
openid.enableNonRepudiationChecks(config);
if (order.jarm) openid.useJwtResponseMode(config);
const DPoP = order.dpop ? openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256")) : undefined;

async function authorizationUrl(parameters) {
  if (order.par) return openid.buildAuthorizationUrlWithPAR(config, await asked(parameters), { DPoP });
  if (order.jar) return openid.buildAuthorizationUrlWithJAR(config, parameters, key);
  return openid.buildAuthorizationUrl(config, parameters);
}

/** What is pushed: the parameters, or a signed object of them. */
async function asked(parameters) {
  if (!order.jar) return parameters;
  const signed = await openid.buildAuthorizationUrlWithJAR(config, parameters, key);
  return signed.searchParams;
}

async function signIn(extra = {}) {
  const verifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const parameters = {
    redirect_uri: order.redirect_uri,
    scope: "openid profile email offline_access",
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    prompt: "consent",
    state,
    nonce,
    ...extra,
  };
  const url = await authorizationUrl(parameters);
  done.asked ??= [...url.searchParams.keys()].sort();
  const callback = await person.go(url, order.redirect_uri);
  done.answered ??= [...callback.searchParams.keys()].sort();
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  return openid.authorizationCodeGrant(config, callback, checks, undefined, { DPoP });
}

const tokens = await signIn();
const claims = tokens.claims();
done.claims = claims;
done.token_type = tokens.token_type;
done.userinfo = await openid.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
done.introspection = await openid.tokenIntrospection(config, tokens.access_token);

const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
done.renewed = renewed.claims();
const refresh = renewed.refresh_token ?? tokens.refresh_token;

const again = await signIn({ prompt: "none" });
done.again = again.claims();

await openid.tokenRevocation(config, renewed.access_token);
done.revoked_access = (await openid.tokenIntrospection(config, renewed.access_token)).active;
await openid.tokenRevocation(config, refresh);
done.revoked_refresh = (await openid.tokenIntrospection(config, refresh)).active;

const out = openid.buildEndSessionUrl(config, {
  id_token_hint: again.id_token,
  post_logout_redirect_uri: order.post_logout_redirect_uri,
  state: "bye",
});
done.signed_out = (await person.go(out, order.post_logout_redirect_uri)).search;
await signIn({ prompt: "none" }).catch((problem) => {
  done.after = problem.error ?? problem.cause?.error ?? String(problem);
});
console.log(JSON.stringify(done));

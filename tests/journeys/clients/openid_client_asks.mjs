// One sign-in by npm's openid-client, which asks for more than a name: node openid_client_asks.mjs
//
// A line of JSON comes in: issuer, redirect_uri, client ({client_id, client_secret}) and parameters. The address
// to which the person is sent goes out, the one to which they came back comes in, and the claims, or the error
// and its description, go out.

import { createInterface } from "node:readline";
import * as openid from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => (await lines.next()).value;
const say = (what) => console.log(JSON.stringify(what));

const order = JSON.parse(await next());
const secret = openid.ClientSecretBasic(order.client.client_secret);
const config = await openid.discovery(new URL(order.issuer), order.client.client_id, undefined, secret, {
  execute: [openid.allowInsecureRequests],
});
openid.enableNonRepudiationChecks(config);
const verifier = openid.randomPKCECodeVerifier();
const [state, nonce] = [openid.randomState(), openid.randomNonce()];
const url = openid.buildAuthorizationUrl(config, {
  redirect_uri: order.redirect_uri,
  scope: "openid",
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
  ...order.parameters,
});
say({ url });
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
try {
  const tokens = await openid.authorizationCodeGrant(config, new URL(await next()), checks);
  say({ claims: tokens.claims() });
} catch (problem) {
  say({ error: problem.error, description: problem.error_description });
}
process.exit();

// openid-client at the provider that PROVIDER names, as its documentation writes it. At Google it gets only the
// issuer, and verifies the ID token's signature, too; GitHub has no discovery, and is described by hand.
import { createInterface } from "node:readline/promises";
import * as client from "openid-client";

const { PROVIDER, CALLBACK } = process.env;
const name = PROVIDER.toUpperCase();
const [url, id, secret] = ["URL", "KEY", "SECRET"].map((what) => process.env[`${name}_${what}`]);

let config;
if (PROVIDER === "google") {
  config = await client.discovery(new URL(url), id, secret, undefined, { execute: [client.allowInsecureRequests] });
  client.enableNonRepudiationChecks(config);
} else {
  const server = {
    issuer: `${url}/login/oauth`,
    authorization_endpoint: `${url}/login/oauth/authorize`,
    token_endpoint: `${url}/login/oauth/access_token`,
    authorization_response_iss_parameter_supported: true,
  };
  config = new client.Configuration(server, id, secret);
  client.allowInsecureRequests(config);
}

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const asked = {
  redirect_uri: CALLBACK,
  scope: PROVIDER === "google" ? "openid email profile" : "read:user user:email",
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state: client.randomState(),
};
if (PROVIDER === "google") asked.nonce = client.randomNonce();
console.log(client.buildAuthorizationUrl(config, asked).href);

const lines = createInterface({ input: process.stdin });
const back = new URL((await lines[Symbol.asyncIterator]().next()).value);
lines.close();
const tokens = await client.authorizationCodeGrant(config, back, {
  pkceCodeVerifier,
  expectedState: asked.state,
  expectedNonce: asked.nonce,
});
let told;
if (PROVIDER === "google") {
  told = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
} else {
  const ask = async (path) =>
    (await client.fetchProtectedResource(config, tokens.access_token, new URL(process.env.GITHUB_API_URL + path), "GET")).json();
  told = { ...(await ask("/user")), emails: await ask("/user/emails") };
}
console.log(JSON.stringify(told));

// oauth4webapi and jose: everything of OAuth 2.0 that there is here, and UMA with claims gathering.

import assert from 'node:assert/strict'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { Person, environment, protect, report, ticketOf } from './common.mjs'

const plain = { [oauth.allowInsecureRequests]: true }
const RETURN = 'http://127.0.0.1:1/return'
const CLAIMS_RETURN = 'http://127.0.0.1:1/claims-return'
const UMA = 'urn:ietf:params:oauth:grant-type:uma-ticket'

// RFC 8414, for an issuer with a path as well.
const discover = async (issuer) => {
  const answer = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...plain })
  return oauth.processDiscoveryResponse(new URL(issuer), answer)
}
await discover(environment('REALM_ISSUER'))
const as = await discover(environment('ISSUER'))
report('discovery')

const register = async (metadata) => {
  const answer = await oauth.dynamicClientRegistrationRequest(as, metadata, plain)
  return oauth.processDynamicClientRegistrationResponse(answer)
}
const grant_types = ['authorization_code', 'client_credentials', 'refresh_token', UMA]
const client = await register({
  client_name: 'oauth4webapi',
  redirect_uris: [RETURN],
  claims_redirect_uris: [CLAIMS_RETURN],
  grant_types,
  token_endpoint_auth_method: 'client_secret_basic'
})
assert.equal(client.client_secret_expires_at, 0)
const secret = oauth.ClientSecretBasic(client.client_secret)
report('dcr')

const signIn = async (who, proof) => {
  const verifier = oauth.generateRandomCodeVerifier()
  const uri = new URL(as.authorization_endpoint)
  const state = oauth.generateRandomState()
  uri.search = new URLSearchParams({
    client_id: who.client_id,
    redirect_uri: RETURN,
    response_type: 'code',
    scope: 'uma_protection',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256'
  })
  const back = new URL(await new Person('alice').visit(uri.href, RETURN))
  const params = oauth.validateAuthResponse(as, who, back, state)
  const answer = await oauth.authorizationCodeGrantRequest(as, who, proof, params, RETURN, verifier, plain)
  return oauth.processAuthorizationCodeResponse(as, who, answer)
}
const pat = await signIn(client, secret)
assert.equal(pat.scope, 'uma_protection')
report('code+pkce')

const refreshed = await oauth.refreshTokenGrantRequest(as, client, secret, pat.refresh_token, plain)
const renewed = await oauth.processRefreshTokenResponse(as, client, refreshed)
assert.notEqual(renewed.access_token, pat.access_token)
report('refresh')

const own = async (who, proof) => {
  const answer = await oauth.clientCredentialsGrantRequest(as, who, proof, { scope: 'uma_protection' }, plain)
  return oauth.processClientCredentialsResponse(as, who, answer)
}
await own(client, secret)
await own({ client_id: 'known' }, oauth.ClientSecretPost('the secret of known'))
report('client credentials')

// private_key_jwt with keys of three kinds, at the token endpoint and at the revocation endpoint.
for (const algorithm of [
  { name: 'Ed25519' },
  { name: 'ECDSA', namedCurve: 'P-256' },
  { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
]) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const jwk = { ...(await crypto.subtle.exportKey('jwk', publicKey)), kid: 'mine' }
  const signing = await register({
    redirect_uris: [RETURN],
    grant_types,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [jwk] }
  })
  const proof = oauth.PrivateKeyJwt({ key: privateKey, kid: 'mine' })
  const { access_token } = await own(signing, proof)
  await signIn(signing, proof)
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, signing, proof, access_token, plain))
}
report('private_key_jwt')
await assert.rejects(
  register({ redirect_uris: [RETURN], token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://x.example/k' }),
  (error) => error.error === 'invalid_client_metadata' && /jwks_uri/.test(error.error_description)
)

// The UMA grant: a ticket of the resource server for an RPT.
const grant = async (parameters) => {
  const answer = await oauth.genericTokenEndpointRequest(as, client, secret, UMA, parameters, plain)
  return oauth.processGenericTokenEndpointResponse(as, client, answer)
}
const photo = environment('PHOTO')
const { ticket, as_uri } = ticketOf(await fetch(photo))
assert.equal(as_uri, as.issuer)
const rpt = await grant({ ticket })
const show = () => fetch(photo, { headers: { authorization: `Bearer ${rpt.access_token}` } })
assert.equal((await (await show()).arrayBuffer()).byteLength, Number(environment('PHOTO_BYTES')))
report('rs enforcement')

// Claims gathering: Bob is sent to the authorization server, and comes back with another ticket.
const album = await protect(as, pat.access_token)
const needed = await assert.rejects(grant({ ticket: await album.ticket('print') }), (error) => {
  assert.equal(error.error, 'need_info')
  album.need = error.cause
  return true
})
const interaction = new URL(album.need.redirect_user ?? as.claims_interaction_endpoint)
for (const [name, value] of Object.entries({
  client_id: client.client_id, ticket: album.need.ticket, claims_redirect_uri: CLAIMS_RETURN, state: 'where Bob was'
})) {
  interaction.searchParams.set(name, value)
}
const back = new URL(await new Person('bob').visit(interaction.href, CLAIMS_RETURN))
assert.equal(back.searchParams.get('state'), 'where Bob was')
const gathered = await grant({ ticket: back.searchParams.get('ticket') })
report('uma grant')

// A signed RPT by the published keys.
const { payload } = await jwtVerify(gathered.access_token, createRemoteJWKSet(new URL(as.jwks_uri)), {
  issuer: as.issuer
})
assert(payload.exp > payload.iat)
report('jwks')

// Whoever protects the album asks about it with the PAT.
const ask = async (token) => {
  const byPat = (_as, _client, _body, headers) => headers.set('authorization', `Bearer ${pat.access_token}`)
  const answer = await oauth.introspectionRequest(as, client, byPat, token, plain)
  return oauth.processIntrospectionResponse(as, client, answer)
}
const said = await ask(gathered.access_token)
assert(said.active)
assert.deepEqual(said.permissions.map(({ resource_id, resource_scopes }) => [resource_id, resource_scopes]), [
  [album.id, ['print']]
])
report('introspection')

await oauth.processRevocationResponse(
  await oauth.revocationRequest(as, client, secret, gathered.access_token, plain)
)
assert.equal((await ask(gathered.access_token)).active, false)
report('revocation')

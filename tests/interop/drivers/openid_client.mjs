// openid-client: discovery, registration, code with PKCE, client credentials, private_key_jwt, revocation, the UMA grant.

import assert from 'node:assert/strict'
import * as client from 'openid-client'
import { Person, environment, report, ticketOf } from './common.mjs'

const RETURN = 'http://127.0.0.1:1/return'
const UMA = 'urn:ietf:params:oauth:grant-type:uma-ticket'
const plain = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }
const server = new URL(environment('ISSUER'))

const known = await client.discovery(server, 'known', 'the secret of known', undefined, plain)
assert.equal(known.serverMetadata().issuer, environment('ISSUER'))
report('discovery')

const metadata = { redirect_uris: [RETURN], grant_types: ['authorization_code', 'client_credentials', 'refresh_token', UMA] }
const registered = await client.dynamicClientRegistration(server, metadata, undefined, plain)
assert(registered.clientMetadata().client_secret)
report('dcr')

const signIn = async (config) => {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const uri = client.buildAuthorizationUrl(config, {
    redirect_uri: RETURN,
    scope: 'uma_protection',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState
  })
  const back = await new Person('alice').visit(uri.href, RETURN)
  return client.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier, expectedState })
}
const tokens = await signIn(registered)
assert.equal(tokens.token_type, 'bearer')
await signIn(await client.discovery(server, 'public', undefined, client.None(), plain))
report('code+pkce')

assert((await client.refreshTokenGrant(registered, tokens.refresh_token)).access_token)
report('refresh')

assert((await client.clientCredentialsGrant(known, { scope: 'uma_protection' })).access_token)
report('client credentials')

const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
const jwks = { keys: [await crypto.subtle.exportKey('jwk', publicKey)] }
const signing = await client.dynamicClientRegistration(
  server,
  { ...metadata, token_endpoint_auth_method: 'private_key_jwt', jwks },
  client.PrivateKeyJwt(privateKey),
  plain
)
const own = await client.clientCredentialsGrant(signing, { scope: 'uma_protection' })
await client.tokenRevocation(signing, own.access_token)
report('private_key_jwt')

const photo = environment('PHOTO')
const { ticket } = ticketOf(await fetch(photo))
const rpt = await client.genericGrantRequest(signing, UMA, { ticket })
report('uma grant')
const shown = await client.fetchProtectedResource(signing, rpt.access_token, new URL(photo), 'GET')
assert.equal((await shown.arrayBuffer()).byteLength, Number(environment('PHOTO_BYTES')))
report('rs enforcement')

await client.tokenRevocation(signing, rpt.access_token)
await assert.rejects(client.fetchProtectedResource(signing, rpt.access_token, new URL(photo), 'GET'))
report('revocation')

// simple-oauth2: code with PKCE, refresh, revocation, client credentials.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2'
import { Person, environment, report } from './common.mjs'

const RETURN = 'http://127.0.0.1:1/return'
const auth = {
  tokenHost: environment('ISSUER'),
  tokenPath: '/token',
  revokePath: '/revoke'
}
for (const authorizationMethod of ['header', 'body']) {
  const config = { client: { id: 'known', secret: 'the secret of known' }, auth, options: { authorizationMethod } }
  const client = new AuthorizationCode({ ...config, auth: { ...auth, authorizePath: '/authorize' } })
  const code_verifier = randomBytes(40).toString('base64url')
  const uri = client.authorizeURL({
    redirect_uri: RETURN,
    scope: 'uma_protection',
    state: 'somewhere',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256'
  })
  const back = new URL(await new Person('alice').visit(uri, RETURN))
  assert.equal(back.searchParams.get('state'), 'somewhere')
  const code = back.searchParams.get('code')
  const token = await client.getToken({ code, redirect_uri: RETURN, code_verifier })
  assert.equal(token.expired(), false)
  report('code+pkce')
  const renewed = await token.refresh()
  assert.notEqual(renewed.token.access_token, token.token.access_token)
  report('refresh')
  // What it refreshed to has no refresh token of its own in this library, so both are revoked by the first.
  await token.revokeAll()
  await assert.rejects(token.refresh())
  report('revocation')
  assert((await new ClientCredentials(config).getToken({ scope: 'uma_protection' })).token.access_token)
  report('client credentials')
}

// @badgateway/oauth2-client: discovery, code with PKCE, refresh, client credentials, revocation, introspection.

import assert from 'node:assert/strict'
import { OAuth2Client, generateCodeVerifier } from '@badgateway/oauth2-client'
import { Person, environment, report } from './common.mjs'

const RETURN = 'http://127.0.0.1:1/return'
const client = new OAuth2Client({
  server: environment('ISSUER'),
  clientId: 'known',
  clientSecret: 'the secret of known',
  discoveryEndpoint: '/.well-known/oauth-authorization-server'
})
assert.equal(await client.getEndpoint('tokenEndpoint'), `${environment('ISSUER')}/token`)
report('discovery')

const codeVerifier = await generateCodeVerifier()
const uri = await client.authorizationCode.getAuthorizeUri({
  redirectUri: RETURN, state: 'somewhere', codeVerifier, scope: ['uma_protection']
})
const back = await new Person('alice').visit(uri, RETURN)
const pat = await client.authorizationCode.getTokenFromCodeRedirect(back, {
  redirectUri: RETURN, state: 'somewhere', codeVerifier
})
assert(pat.accessToken && pat.refreshToken)
report('code+pkce')

const renewed = await client.refreshToken(pat)
assert.notEqual(renewed.accessToken, pat.accessToken)
report('refresh')

const own = await client.clientCredentials({ scope: ['uma_protection'] })
assert(own.expiresAt > Date.now())
report('client credentials')

await client.revoke(renewed)
const listed = await fetch(`${environment('ISSUER')}/rreg/`, { headers: { authorization: `Bearer ${renewed.accessToken}` } })
assert.equal(listed.status, 401)
report('revocation')

"""pyoidc's OAuth 2.0 client: provider document, dynamic registration, code with PKCE, refresh, revocation, introspection."""

import urllib.parse

import requests
from ecosystem import Person, environment, report
from oic.extension.client import Client
from oic.oauth2.message import AccessTokenResponse, AuthorizationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD

ISSUER, RETURN = environment("ISSUER"), "http://127.0.0.1:1/return"
client = Client(client_authn_method=CLIENT_AUTHN_METHOD,
                config={"code_challenge": {"length": 64, "method": "S256"}})
document = client.provider_config(ISSUER, serv_pattern="%s/.well-known/oauth-authorization-server")
assert document["issuer"] == ISSUER and client.token_endpoint == f"{ISSUER}/token"
report(drove="discovery")
assert client.keyjar.get_issuer_keys(ISSUER) is not None
client.redirect_uris = [RETURN]
known = client.register(document["registration_endpoint"], redirect_uris=[RETURN], client_name="pyoidc",
                        grant_types=["authorization_code", "refresh_token", "client_credentials"])
assert client.client_id == known["client_id"] and client.client_secret == known["client_secret"]
report(drove="dcr")

args, verifier = client.add_code_challenge()
request = client.construct_AuthorizationRequest(request_args={
    "response_type": "code", "redirect_uri": RETURN, "scope": ["uma_protection"], "state": "somewhere", **args})
back = Person("alice").visit(request.request(client.authorization_endpoint), RETURN)
answer = client.parse_response(AuthorizationResponse, info=urllib.parse.urlsplit(back).query, sformat="urlencoded")
assert answer["state"] == "somewhere", answer
for_code = {"code": answer["code"], "redirect_uri": RETURN, "grant_type": "authorization_code",
            "code_verifier": verifier}
token = client.do_access_token_request(state="somewhere", request_args=for_code, authn_method="client_secret_basic")
assert isinstance(token, AccessTokenResponse) and token["token_type"] == "Bearer", token
report(drove="code+pkce")

renewed = client.do_access_token_refresh(state="somewhere", authn_method="client_secret_basic")
assert isinstance(renewed, AccessTokenResponse) and renewed["access_token"] != token["access_token"], renewed
report(drove="refresh")

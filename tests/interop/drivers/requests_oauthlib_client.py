"""requests-oauthlib over oauthlib: code with PKCE, refresh, client credentials, revocation."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from ecosystem import Person, environment, report
from oauthlib.oauth2 import BackendApplicationClient, WebApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

ISSUER, RETURN = environment("ISSUER"), "http://127.0.0.1:1/return"
metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()

session = OAuth2Session("known", scope=["uma_protection"], redirect_uri=RETURN, pkce="S256")
uri, state = session.authorization_url(metadata["authorization_endpoint"])
back = Person("alice").visit(uri, RETURN)
token = session.fetch_token(metadata["token_endpoint"], authorization_response=back,
                            client_secret="the secret of known")
assert token["scope"] == ["uma_protection"] and token["refresh_token"]
report(drove="code+pkce")

# A public client; the library puts `client_id` into the body.
public = OAuth2Session("public", scope=["uma_protection"], redirect_uri=RETURN, pkce="S256")
uri, _ = public.authorization_url(metadata["authorization_endpoint"])
back = Person("alice").visit(uri, RETURN)
assert public.fetch_token(metadata["token_endpoint"], authorization_response=back, include_client_id=True)

renewed = session.refresh_token(metadata["token_endpoint"], auth=HTTPBasicAuth("known", "the secret of known"))
assert renewed["access_token"] != token["access_token"]
report(drove="refresh")

for more in ({"auth": HTTPBasicAuth("known", "the secret of known")},
             {"client_id": "known", "client_secret": "the secret of known", "include_client_id": True}):
    service = OAuth2Session(client=BackendApplicationClient("known", scope=["uma_protection"]))
    got = service.fetch_token(metadata["token_endpoint"], **more)
    assert got["token_type"] == "Bearer"
report(drove="client credentials")

uri, headers, body = WebApplicationClient("known").prepare_token_revocation_request(
    metadata["revocation_endpoint"].replace("http:", "https:"), renewed["access_token"])
answer = requests.post(uri.replace("https:", "http:"), data=body, headers=headers,
                       auth=HTTPBasicAuth("known", "the secret of known"))
assert answer.status_code == 200, answer.text
answer = requests.get(metadata["resource_registration_endpoint"],
                      headers={"Authorization": f"Bearer {renewed['access_token']}"})
assert answer.status_code == 401, answer.text
report(drove="revocation")

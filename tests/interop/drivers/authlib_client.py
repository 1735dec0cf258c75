"""Authlib: metadata, code with PKCE, client credentials, refresh, private_key_jwt, introspection, revocation, UMA grant."""

import base64

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ecosystem import Person, environment, report, ticket_of
from joserfc.jwk import ECKey, OKPKey, RSAKey

ISSUER, PHOTO = environment("ISSUER"), environment("PHOTO")
RETURN = "http://127.0.0.1:1/return"

# Discovery: RFC 8414, with the library's own idea of where it is and what is in it.
for issuer in (ISSUER, environment("REALM_ISSUER")):
    document = requests.get(get_well_known_url(issuer, external=True)).json()
    metadata = AuthorizationServerMetadata(document)
    # The library refuses plain HTTP, which is right everywhere but on the loopback interface.
    secured = {name: value.replace("http:", "https:") if isinstance(value, str) else value
               for name, value in metadata.items()}
    AuthorizationServerMetadata(secured).validate()
    assert metadata["issuer"] == issuer
metadata = requests.get(get_well_known_url(ISSUER, external=True)).json()
report(drove="discovery")


def signed_in(session, **more):
    uri, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier="v" * 48, **more
    )
    back = Person("alice").visit(uri, RETURN)
    return session.fetch_token(
        metadata["token_endpoint"], authorization_response=back, state=state, code_verifier="v" * 48
    )


# Code with PKCE, for a client with a secret in the header, in the body, and without one.
for method in ("client_secret_basic", "client_secret_post"):
    session = OAuth2Session("known", "the secret of known", scope="uma_protection", redirect_uri=RETURN,
                            code_challenge_method="S256", token_endpoint_auth_method=method)
    token = signed_in(session)
    assert token["token_type"] == "Bearer" and token["scope"] == "uma_protection" and "refresh_token" in token
public = OAuth2Session("public", scope="uma_protection", redirect_uri=RETURN, code_challenge_method="S256",
                       token_endpoint_auth_method="none")
assert "access_token" in signed_in(public)
report(drove="code+pkce")

# The library refreshes and remembers.
before = session.token["access_token"]
session.refresh_token(metadata["token_endpoint"])
assert session.token["access_token"] != before
report(drove="refresh")

service = OAuth2Session("known", "the secret of known", scope="uma_protection")
assert "access_token" in service.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
report(drove="client credentials")


# private_key_jwt, with keys of three kinds, registered by RFC 7591.
def register(key, alg):
    public = key.as_dict(private=False)
    answer = requests.post(metadata["registration_endpoint"], json={
        "client_name": f"authlib {alg}",
        "redirect_uris": [RETURN],
        "grant_types": ["client_credentials", "authorization_code", "urn:ietf:params:oauth:grant-type:uma-ticket"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": alg,
        "jwks": {"keys": [{**public, "alg": alg, "use": "sig"}]},
    })
    assert answer.status_code == 201, answer.text
    known = answer.json()
    assert "client_secret" not in known and known["token_endpoint_auth_method"] == "private_key_jwt", known
    return known["client_id"]


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


for alg, made, kind in (
    ("EdDSA", Ed25519PrivateKey.generate(), OKPKey),
    ("ES256", ec.generate_private_key(ec.SECP256R1()), ECKey),
    ("RS256", rsa.generate_private_key(65537, 2048), RSAKey),
):
    key = kind.import_key(pem(made))
    client = register(key, alg)
    signing = OAuth2Session(client, key, scope="uma_protection",
                            token_endpoint_auth_method="private_key_jwt",
                            revocation_endpoint_auth_method="private_key_jwt")
    signing.register_client_auth_method(PrivateKeyJWT(metadata["token_endpoint"], alg=alg))
    got = signing.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    assert "access_token" in got
    signing.revoke_token(metadata["revocation_endpoint"], token=got["access_token"]).raise_for_status()
report(drove="dcr")
report(drove="private_key_jwt")

# The one that is known by its file: the seed of an Ed25519 key.
seed = base64.urlsafe_b64decode(open(environment("SEED_FILE")).read().strip() + "=")
own = OKPKey.import_key(pem(Ed25519PrivateKey.from_private_bytes(seed)))
signing = OAuth2Session("signing", own, scope="uma_protection",
                        token_endpoint_auth_method="private_key_jwt")
signing.register_client_auth_method(PrivateKeyJWT(metadata["token_endpoint"], alg="EdDSA"))
assert "access_token" in signing.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")

# The UMA grant: to the library an extension grant with a parameter of its own.
as_uri, ticket = ticket_of(requests.get(PHOTO))
assert as_uri == ISSUER
requesting = OAuth2Session("known", "the secret of known")
rpt = requesting.fetch_token(metadata["token_endpoint"], ticket=ticket,
                             grant_type="urn:ietf:params:oauth:grant-type:uma-ticket")
assert len(requesting.get(PHOTO).content) == int(environment("PHOTO_BYTES"))
report(drove="uma grant")
report(drove="rs enforcement")

# Introspection is for who protects something: by PAT (FedAuthz §5). This client protects nothing there.
answer = service.introspect_token(metadata["introspection_endpoint"], token=rpt["access_token"],
                                  auth=service.token_auth)
assert answer.status_code == 200 and answer.json() == {"active": False}, answer.text
report(drove="introspection")

requesting.revoke_token(metadata["revocation_endpoint"], token=rpt["access_token"]).raise_for_status()
assert requests.get(PHOTO, headers={"Authorization": f"Bearer {rpt['access_token']}"}).status_code == 401
report(drove="revocation")

"""PyJWT: an RPT that is a JSON Web Token, verified by the published keys."""

import jwt
import requests
from ecosystem import environment, report, ticket_of

ISSUER, PHOTO = environment("ISSUER"), environment("PHOTO")
metadata = requests.get(f"{ISSUER}/.well-known/uma2-configuration").json()
_, ticket = ticket_of(requests.get(PHOTO))
grant = {"grant_type": "urn:ietf:params:oauth:grant-type:uma-ticket", "ticket": ticket}
answer = requests.post(metadata["token_endpoint"], data=grant, auth=("known", "the+secret+of+known"))
assert answer.status_code == 200, answer.text
rpt = answer.json()["access_token"]
report(drove="uma grant")
key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(rpt)
said = jwt.decode(rpt, key, algorithms=["EdDSA"], issuer=ISSUER, options={"require": ["exp", "iat", "iss"], "verify_aud": False})
assert said["exp"] > said["iat"], said
try:
    jwt.decode(rpt[:-8] + "AAAAAAAA", key, algorithms=["EdDSA"], options={"verify_aud": False})
    raise SystemExit("a signature that is none")
except jwt.InvalidSignatureError:
    pass
report(drove="jwks")

# What it signs for a client that is known by its key.
import base64
import time
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

seed = base64.urlsafe_b64decode(open(environment("SEED_FILE")).read().strip() + "=")


def ask(**changed):
    now = int(time.time())
    claims = {"iss": "signing", "sub": "signing", "aud": ISSUER, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
    assertion = jwt.encode({**claims, **changed}, Ed25519PrivateKey.from_private_bytes(seed), algorithm="EdDSA")
    return requests.post(metadata["token_endpoint"], data={
        "grant_type": "client_credentials", "scope": "uma_protection", "client_assertion": assertion,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    })


same = str(uuid.uuid4())
assert [ask(jti=same).status_code, ask(jti=same).status_code] == [200, 401]
assert ask(aud=[ISSUER, metadata["token_endpoint"]]).status_code == 200
for wrong in ({"aud": "https://elsewhere.example"}, {"aud": [ISSUER, "https://elsewhere.example"]},
              {"exp": int(time.time()) - 5}, {"exp": int(time.time()) + 86400}, {"iss": "somebody"},
              {"sub": "known"}, {"nbf": int(time.time()) + 600}):
    answer = ask(**wrong)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"}), (wrong, answer.text)
report(drove="private_key_jwt")

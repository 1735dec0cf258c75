"""requests-oauthlib-uma: a session that meets the challenge of a resource server by itself."""

import os

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from ecosystem import environment, report
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib_uma import UMA2Session

ISSUER, PHOTO = environment("ISSUER"), environment("PHOTO")

secret = {"client_id": "known", "client_secret": "the secret of known", "include_client_id": True}
session = UMA2Session(client_id="known", client=BackendApplicationClient("known", scope=["uma_protection"]),
                      fetch_rpt_kwargs=secret)
session.fetch_token(f"{ISSUER}/token", **secret)
report(drove="client credentials")
answer = session.get(PHOTO)
assert answer.status_code == 200, (answer.status_code, answer.headers, answer.text[:300])
assert len(answer.content) == int(environment("PHOTO_BYTES"))
report(drove="discovery")
report(drove="uma grant")
report(drove="rs enforcement")
# The RPT goes on; the library shows it to be upgraded when another challenge comes.
assert session.get(PHOTO).status_code == 200

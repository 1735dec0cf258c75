"""python-keycloak: resource registration and tickets by KeycloakUMA, at an issuer below a path."""

import keycloak.urls_patterns
from ecosystem import environment, report

# Where Keycloak has its endpoints is written into this library. Everything else is as it comes.
import keycloak.keycloak_openid as openid

openid.URL_TOKEN = "realms/{realm-name}/token"
openid.URL_INTROSPECT = "realms/{realm-name}/introspect"
openid.URL_CERTS = "realms/{realm-name}/jwks"

from keycloak import KeycloakOpenIDConnection, KeycloakUMA
from keycloak.exceptions import KeycloakGetError, KeycloakPostError, KeycloakPutError
from keycloak.uma_permissions import UMAPermission

connection = KeycloakOpenIDConnection(server_url=environment("REALM_SERVER") + "/", realm_name="family",
                                      client_id="known", client_secret_key="the secret of known")
connection.keycloak_openid  # noqa: B018
uma = KeycloakUMA(connection=connection)
assert uma.uma_well_known["issuer"] == environment("REALM_ISSUER")
report(drove="discovery")

description = {"name": "Beach", "resource_scopes": ["view", "print"], "type": "https://example.org/photo"}
made = uma.resource_set_create(description)
assert made["_id"] and made["user_access_policy_uri"].startswith(environment("REALM_ISSUER")), made
read = uma.resource_set_read(made["_id"])
assert read["_id"] == made["_id"] and read["name"] == "Beach" and set(read["resource_scopes"]) == {"view", "print"}, read
assert made["_id"] in uma.resource_set_list_ids()
assert [one["name"] for one in uma.resource_set_list()] == ["Beach"]
try:
    uma.resource_set_update(made["_id"], {**description, "name": "Beach at dawn"})
    raise SystemExit("the library takes 200 for an update now: say so in the table")
except KeycloakPutError as error:
    # FedAuthz §3.2.3 has "HTTP 200 (OK)" with `_id`; Keycloak, and so the library, has 204.
    assert error.response_code == 200, error
assert uma.resource_set_read(made["_id"])["name"] == "Beach at dawn"
report(drove="resource registration")

ticket = uma.permission_ticket_create([UMAPermission(resource="Beach at dawn", scope="view")])
assert ticket["ticket"], ticket
report(drove="tickets")
try:
    uma.permission_ticket_create([UMAPermission(resource="Beach at dawn", scope="sell")])
    raise SystemExit("a scope that nobody registered")
except KeycloakPostError as error:
    assert b"invalid_scope" in error.response_body, error

# Tokens by the same library, and what the server says about one that is no RPT.
oidc = connection.keycloak_openid
token = oidc.token(grant_type="client_credentials")
assert token["scope"] == "uma_protection", token
report(drove="client credentials")
assert oidc.refresh_token is not None
keys = oidc.certs()["keys"]
assert keys and all(key["kty"] == "OKP" for key in keys)
report(drove="jwks")

uma.resource_set_delete(made["_id"])
try:
    uma.resource_set_read(made["_id"])
    raise SystemExit("a resource that is gone")
except KeycloakGetError as error:
    assert error.response_code == 404, error

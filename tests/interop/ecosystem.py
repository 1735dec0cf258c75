"""Nodes of umaverse on the loopback interface, and the people who use them."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

import requests

PASSWORD = "a password of everybody"
PHOTO = bytes((at * 2654435761 >> 13) & 255 for at in range(300_001))


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Ecosystem:
    """Two authorization servers (one below a path, as Keycloak's realms are) and a resource server with a photo."""

    def __init__(self, umaverse):
        self.umaverse = umaverse
        self.folder = Path(tempfile.mkdtemp(prefix="umaverse-interop-"))
        self.processes = []
        as_port, realm_port, rs_port = free_port(), free_port(), free_port()
        self.issuer = f"http://127.0.0.1:{as_port}"
        self.realm_server = f"http://127.0.0.1:{realm_port}"
        self.realm_issuer = f"{self.realm_server}/realms/family"
        self.rs = f"http://127.0.0.1:{rs_port}"
        self.photo = f"{self.rs}/photos/beach.jpg"
        verifier = self._password()
        (self.folder / "photos").mkdir()
        (self.folder / "photos" / "beach.jpg").write_bytes(PHOTO)
        jwks = subprocess.run(
            [umaverse, "jwks", str(self.folder / "known.key")], check=True, capture_output=True, text=True
        ).stdout
        (self.folder / "known.jwks").write_text(jwks)
        self._authorization_server("as", as_port, self.issuer, verifier)
        self._authorization_server("realm", realm_port, self.realm_issuer, verifier)
        self._write("rs", f"""
[node]
listen = "127.0.0.1:{rs_port}"
origin = "{self.rs}"
revision = "2.0"
journal = "rs.journal"
[resource-server]
name = "photos"
authentication = "private-key-jwt"
[[resource-server.folder]]
path = "photos"
at = "/photos"
owner = "alice"
protected-by = "{self.issuer}"
[[account]]
name = "alice"
password = "{verifier}"
""")

    def _password(self):
        made = subprocess.run(
            [self.umaverse, "password"], input=PASSWORD + "\n", check=True, capture_output=True, text=True
        )
        return made.stdout.strip()

    def _authorization_server(self, name, port, issuer, verifier):
        self._write(name, f"""
[node]
listen = "127.0.0.1:{port}"
origin = "{issuer}"
revision = "2.0"
journal = "{name}.journal"
[authorization-server]
dynamic-registration = true
refresh-tokens = true
pcts = true
rpt-format = "jwt"
poll-interval-secs = 1
[[authorization-server.client]]
id = "known"
secret = "the secret of known"
scopes = ["uma_protection"]
redirect-uris = ["http://127.0.0.1:1/return"]
claims-redirect-uris = ["http://127.0.0.1:1/claims-return"]
[[authorization-server.client]]
id = "public"
redirect-uris = ["http://127.0.0.1:1/return"]
[[authorization-server.client]]
id = "signing"
jwks-file = "known.jwks"
[[account]]
name = "alice"
password = "{verifier}"
[[account]]
name = "bob"
password = "{verifier}"
claims = {{ email = "bob@family.example" }}
""")

    def _write(self, name, text):
        (self.folder / f"{name}.toml").write_text(text)

    def start(self):
        for name, kind in (("as", "as"), ("realm", "as"), ("rs", "rs")):
            log = open(self.folder / f"{name}.log", "w")
            command = [self.umaverse, "serve", kind, "--config", str(self.folder / f"{name}.toml")]
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        for name in ("as", "realm", "rs"):
            self._wait_for(name)

    def _wait_for(self, name):
        log = self.folder / f"{name}.log"
        for _ in range(600):
            if "listening on" in log.read_text():
                return
            time.sleep(0.1)
        raise SystemExit(f"{name} does not start:\n{log.read_text()}")

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)

    def remove(self):
        shutil.rmtree(self.folder)

    def environment(self):
        """What drivers have to know."""
        return {
            "ISSUER": self.issuer,
            "REALM_SERVER": self.realm_server,
            "REALM_ISSUER": self.realm_issuer,
            "RS": self.rs,
            "PHOTO": self.photo,
            "PHOTO_BYTES": str(len(PHOTO)),
            "SEED_FILE": str(self.folder / "known.key"),
            "PASSWORD": PASSWORD,
        }


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.forms.append({"action": given.get("action"), "fields": {}})
        elif tag in ("input", "button") and self.forms and given.get("name"):
            if given.get("type") in ("hidden", None):
                self.forms[-1]["fields"][given["name"]] = given.get("value") or ""


class Person:
    """A browser without scripts, and the person before it: signs in, approves, gives claims."""

    def __init__(self, name, password=PASSWORD):
        self.name, self.password = name, password
        self.session = requests.Session()
        self.session.headers["Accept"] = "text/html"

    def visit(self, uri, until):
        """Opens an address and goes on until it would be sent to one that begins with `until`."""
        answer = self.session.get(uri, allow_redirects=False)
        for _ in range(12):
            if answer.is_redirect:
                uri = urllib.parse.urljoin(answer.url, answer.headers["Location"])
                if uri.startswith(until):
                    return uri
                answer = self.session.get(uri, allow_redirects=False)
            elif answer.status_code == 200:
                answer = self._fill_in(answer)
            else:
                break
        raise AssertionError(f"{self.name} is stuck at {answer.url}: {answer.status_code} {answer.text[:400]}")

    def _fill_in(self, page):
        for form in self.forms(page):
            fields = form["fields"]
            more = {
                "sign-in": {"username": self.name, "password": self.password},
                "consent": {"approve": "yes"},
                "give-claims": {"agree": "yes"},
            }.get(fields.get("form_kind"))
            if more:
                return self.post(page, form, more)
        raise AssertionError(f"nothing to fill in at {page.url}: {page.text[:400]}")

    @staticmethod
    def forms(page):
        parser = _Forms()
        parser.feed(page.text)
        return parser.forms

    def post(self, page, form, more):
        to = urllib.parse.urljoin(page.url, form["action"])
        return self.session.post(to, data={**form["fields"], **more}, allow_redirects=False)

    def connect(self, rs, issuer):
        """Has a resource server protected."""
        page = self.session.get(f"{rs}/connect?" + urllib.parse.urlencode({"as_uri": issuer}), allow_redirects=False)
        for _ in range(12):
            if page.is_redirect:
                page = self.session.get(urllib.parse.urljoin(page.url, page.headers["Location"]), allow_redirects=False)
            elif any(form["fields"].get("form_kind") for form in self.forms(page)):
                page = self._fill_in(page)
            else:
                return page
        raise AssertionError("connecting does not end")

    def share(self, issuer, policy, **fields):
        """Sets a policy on the account page."""
        page = self.session.get(f"{issuer}/account/policies", allow_redirects=False)
        for _ in range(8):
            if page.is_redirect:
                page = self.session.get(urllib.parse.urljoin(page.url, page.headers["Location"]), allow_redirects=False)
                continue
            kinds = [form["fields"].get("form_kind") for form in self.forms(page)]
            if "sign-in" in kinds:
                page = self._fill_in(page)
                continue
            form = next(form for form in self.forms(page) if form["fields"].get("form_kind") == "set-policy")
            answer = self.post(page, form, {"policy_id": policy, "target": "all", "scope": "view", **fields})
            assert answer.status_code in (200, 302, 303), answer.text[:400]
            return
        raise AssertionError("no form for policies")


def ticket_of(answer):
    """`as_uri` and `ticket` of a challenge (Grant §3.2.1)."""
    field = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 401 and field.startswith("UMA "), (answer.status_code, field)
    found = dict(re.findall(r'(\w+)="([^"]*)"', field))
    return found["as_uri"], found["ticket"]


def report(**what):
    print(json.dumps(what), flush=True)


def environment(name):
    return os.environ[name]

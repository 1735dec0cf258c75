"""Starts the nodes, runs every driver, and holds what each drove against what it has to drive."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from ecosystem import Ecosystem, Person

HERE = Path(__file__).parent

# Driver, libraries, and everything that it has to have driven at the end. README.md has the same as a table.
DRIVERS = [
    ("authlib_client.py", ["Authlib"],
     ["discovery", "code+pkce", "refresh", "client credentials", "dcr", "private_key_jwt", "uma grant",
      "rs enforcement", "introspection", "revocation"]),
    ("requests_oauthlib_client.py", ["requests-oauthlib", "oauthlib"],
     ["code+pkce", "refresh", "client credentials", "revocation"]),
    ("requests_oauthlib_uma_client.py", ["requests-oauthlib-uma"],
     ["client credentials", "discovery", "uma grant", "rs enforcement"]),
    ("keycloak_uma_client.py", ["python-keycloak"],
     ["discovery", "resource registration", "tickets", "client credentials", "jwks"]),
    ("oic_client.py", ["oic"], ["discovery", "dcr", "code+pkce", "refresh"]),
    ("pyjwt_client.py", ["PyJWT"], ["uma grant", "jwks", "private_key_jwt"]),
    ("oauth4webapi_client.mjs", ["oauth4webapi", "jose"],
     ["discovery", "dcr", "code+pkce", "refresh", "client credentials", "private_key_jwt", "rs enforcement",
      "uma grant", "jwks", "introspection", "revocation"]),
    ("openid_client.mjs", ["openid-client"],
     ["discovery", "dcr", "code+pkce", "refresh", "client credentials", "private_key_jwt", "uma grant",
      "rs enforcement", "revocation"]),
    ("simple_oauth2_client.mjs", ["simple-oauth2"],
     ["code+pkce", "refresh", "revocation", "client credentials"]),
    ("badgateway_client.mjs", ["@badgateway/oauth2-client"],
     ["discovery", "code+pkce", "refresh", "client credentials", "revocation"]),
    ("umaverse-interop", ["oauth2"], ["code+pkce", "refresh", "client credentials", "introspection"]),
]


def versions(driver, libraries, work):
    if driver.endswith(".py"):
        return [importlib.metadata.version(library) for library in libraries]
    if driver.endswith(".mjs"):
        package = lambda library: work / "js" / "node_modules" / library / "package.json"
        return [json.loads(package(library).read_text())["version"] for library in libraries]
    manifest = (HERE / "rust" / "Cargo.toml").read_text()
    return [re.search(rf'^{library} = .*?"=([^"]+)"', manifest, re.M).group(1) for library in libraries]


def command(driver, work):
    if driver.endswith(".py"):
        return [sys.executable, str(HERE / "drivers" / driver)]
    if driver.endswith(".mjs"):
        return ["node", str(work / "js" / driver)]
    return [str(work / "rust" / "debug" / driver)]


def drive(driver, wanted, work, environment):
    """What was driven, and what went wrong, if anything."""
    try:
        done = subprocess.run(command(driver, work), env=environment, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return set(), "it does not end"
    said = [line for line in done.stdout.splitlines() if line.startswith("{")]
    drove = {json.loads(line)["drove"] for line in said}
    if done.returncode != 0:
        return drove, f"it ended with {done.returncode}:\n{done.stderr[-3000:]}"
    if drove != set(wanted):
        return drove, f"it left out {sorted(set(wanted) - drove)}, and drove {sorted(drove - set(wanted))} besides"
    return drove, None


def main():
    umaverse, work, only = sys.argv[1], Path(sys.argv[2]), set(sys.argv[3:])
    known = {driver for driver, _, _ in DRIVERS}
    if only - known:
        raise SystemExit(f"no drivers {sorted(only - known)}; there are {sorted(known)}")
    ecosystem = Ecosystem(umaverse)
    failed, passed = [], 0
    try:
        ecosystem.start()
        alice = Person("alice")
        connected = alice.connect(ecosystem.rs, ecosystem.issuer)
        assert connected.status_code == 200 and "Connected." in connected.text, connected.text
        alice.share(ecosystem.issuer, "everybody", who="anyone")
        alice.share(ecosystem.issuer, "family", scope="print", who="claim", claim_name="email",
                    claim_value="bob@family.example")
        environment = {
            **os.environ,
            **ecosystem.environment(),
            "PYTHONPATH": str(HERE),
            "PYTHONWARNINGS": "ignore",
            "PYTHON": sys.executable,
            "SIGN_IN": str(HERE / "sign_in.py"),
        }
        for driver, libraries, wanted in DRIVERS:
            if only and driver not in only:
                continue
            named = ", ".join(f"{library} {version}"
                              for library, version in zip(libraries, versions(driver, libraries, work)))
            drove, wrong = drive(driver, wanted, work, environment)
            print(f"{'FAILED' if wrong else 'ok    '} {named}: {', '.join(sorted(drove))}", flush=True)
            if wrong:
                failed.append(driver)
                print(wrong, flush=True)
            else:
                passed += 1
    finally:
        ecosystem.stop()
    print(f"{passed} passed, {len(failed)} failed")
    if failed or not passed:
        print(f"the nodes' files and logs are in {ecosystem.folder}")
        raise SystemExit(1)
    ecosystem.remove()


main()

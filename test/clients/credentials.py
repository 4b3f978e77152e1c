"""Real clients signing in over HTTPS by each kind of credentials: taxii2-client, python-requests, curl.

Usage: credentials.py COMMAND…     (COMMAND… is the jisr command, such as: node dist/scripts/jisr.js)
Makes an authority with openssl, a store and a server of its own on loopback; prints a line per check and ends with
"N passed, N failed"; exits 1 if anything failed.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback

import requests
from taxii2client.common import TokenAuth
from taxii2client.v21 import Server

jisr = sys.argv[1:]
work = tempfile.TemporaryDirectory()
folder = pathlib.Path(work.name)
environment = {**os.environ, "JISR_STORE": f"sqlite:{folder / 'jisr.db'}"}
for name in ("JISR_TEST_MONGODB", "JISR_PORT"):
    environment.pop(name, None)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificate(name, *extensions):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-subj", f"/O=Police of Examplia/CN={name}", "-out", f"{name}.csr")
    (folder / f"{name}.ext").write_text("\n".join(extensions))
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def operate(*arguments, text=None):
    """A verb of the command; its JSON."""
    done = subprocess.run([*jisr, *arguments, "--apply", "--json"], env=environment, input=text, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
        "-subj", "/CN=Authority of a test", "-days", "2", "-out", "ca.pem")
certificate("localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1")
for who in ("soc-1", "analyst"):
    certificate(who, "extendedKeyUsage=clientAuth")

operate("apply", "collections")
operate("add", "organisation", "Police of Examplia", "--kind", "member", "--region", "europe")
account = ("--organisation", "Police of Examplia", "--kind", "service", "--clearance", "amber", "--password-stdin")
SECRET = "the password of the test"
operate("add", "principal", "soc-1", *account, "--certificate", str(folder / "soc-1.pem"), text=SECRET)
operate("add", "principal", "analyst", *account, "--certificate", str(folder / "analyst.pem"), "--known-by", "subject", "--beside", text=SECRET)
token = operate("add", "token", "soc-1", "clients", "--days", "1")["secret"]

server = subprocess.Popen(
    ["node", "dist/src/main.js"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    env={**environment, "PORT": "0", "JISR_TLS_CERT_FILE": str(folder / "localhost.pem"), "JISR_TLS_KEY_FILE": str(folder / "localhost.key"),
         "JISR_TLS_CLIENT_CERTIFICATES": "true", "JISR_TLS_CLIENT_CA_FILE": str(folder / "ca.pem")},
)
url = next(json.loads(line)["url"] for line in server.stdout if '"listening"' in line)
authority = str(folder / "ca.pem")
# taxii2-client takes no file of authorities.
os.environ["REQUESTS_CA_BUNDLE"] = authority
pair = {name: (str(folder / f"{name}.pem"), str(folder / f"{name}.key")) for name in ("soc-1", "analyst")}
checks = []


def check(function):
    checks.append(function)
    return function


def walks(**credentials):
    """Discovery, API Roots and collections, as taxii2-client goes."""
    found = Server(url, **credentials)
    assert [c for root in found.api_roots for c in root.collections if c.can_read]


def status_of(**credentials):
    headers = {"Accept": "application/taxii+json;version=2.1", **credentials.pop("headers", {})}
    return requests.get(url, verify=authority, headers=headers, **credentials).status_code


def curl(*arguments):
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", authority, *arguments, url]
    return subprocess.run(command, capture_output=True, text=True).stdout


@check
def taxii2_client_by_password():
    walks(user="soc-1", password=SECRET)


@check
def taxii2_client_by_token_of_its_own_scheme():
    walks(auth=TokenAuth(token))


@check
def taxii2_client_by_token_as_password():
    walks(user="soc-1", password=token)


@check
def taxii2_client_by_certificate():
    walks(cert=pair["soc-1"])


@check
def requests_by_bearer_token_and_by_nothing():
    assert status_of(headers={"Authorization": f"Bearer {token}"}) == 200
    assert status_of() == 401


@check
def requests_by_certificate_and_password_together():
    assert status_of(auth=("analyst", SECRET), cert=pair["analyst"]) == 200
    assert status_of(auth=("analyst", SECRET)) == 401
    assert status_of(cert=pair["analyst"]) == 401
    assert status_of(auth=("analyst", SECRET), cert=pair["soc-1"]) == 401


@check
def curl_by_each_and_tls_1_1_not_at_all():
    assert curl("-u", f"soc-1:{SECRET}") == "200"
    assert curl("-H", f"Authorization: Bearer {token}") == "200"
    assert curl("--cert", pair["soc-1"][0], "--key", pair["soc-1"][1]) == "200"
    assert curl() == "401"
    assert curl("--tls-max", "1.1", "-u", f"soc-1:{SECRET}") == "000"


passed = failed = 0
for function in checks:
    try:
        function()
        passed += 1
        print(f"ok      {function.__name__}")
    except Exception:
        failed += 1
        print(f"FAILED  {function.__name__}")
        traceback.print_exc(limit=1, chain=False)
server.terminate()
server.wait(timeout=30)
work.cleanup()
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)

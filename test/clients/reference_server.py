"""Jisr's own client against the reference server, medallion: real data published, polled in pages, polled again.

Usage: reference_server.py JISR_COMMAND… -- BUNDLE.json [BUNDLE.json]
Prints a line per check and ends with "N passed, N failed"; exits 1 if anything failed.
"""

import collections
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

cut = sys.argv.index("--")
command, bundles = sys.argv[1:cut], sys.argv[cut + 1:]
ROOT = "exchange"
COLLECTION = "365fed99-08fa-4c40-8b2e-3b0e1c2a6a2f"
PASSWORD = "reference"
folder = pathlib.Path(tempfile.mkdtemp())
environment = {**os.environ, "JISR_TAXII_PASSWORD": PASSWORD}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


port = free_port()
url = f"http://127.0.0.1:{port}/{ROOT}/collections/{COLLECTION}/"
data = {
    "/discovery": {"title": "reference", "default": f"http://127.0.0.1:{port}/{ROOT}/",
                   "api_roots": [f"http://127.0.0.1:{port}/{ROOT}/"]},
    ROOT: {
        "information": {"title": ROOT, "versions": ["application/taxii+json;version=2.1"],
                        "max_content_length": 300000},
        "status": [],
        "collections": [{"id": COLLECTION, "title": "all", "can_read": True, "can_write": True,
                         "media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": []}],
    },
}
(folder / "data.json").write_text(json.dumps(data))
(folder / "config.json").write_text(json.dumps({
    "backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend",
                "filename": str(folder / "data.json")},
    "users": {"tool": PASSWORD},
    "taxii": {"max_page_size": 100},
}))
server = subprocess.Popen(
    [str(pathlib.Path(sys.executable).parent / "medallion"), "--port", str(port), "--log-level", "ERROR",
     str(folder / "config.json")],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for_server():
    for _ in range(150):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/taxii2/", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("medallion does not answer")


def jisr(*words):
    done = subprocess.run([*command, *words, "--user", "tool", "--json"], env=environment, capture_output=True,
                          text=True, timeout=600)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return json.loads(done.stdout)


def versions(objects):
    return collections.Counter((o["id"], o.get("modified") or o.get("created")) for o in objects)


def sent(names):
    return versions(o for name in names for o in json.loads(pathlib.Path(name).read_text())["objects"])


def polled():
    return versions(json.loads(line) for line in (folder / "polled.jsonl").read_text().splitlines())


def publishes_real_data_in_parts():
    answer = jisr("publish", bundles[0], "--to", url, "--resume", str(folder / "resume"))
    assert answer["refused"] == 0 and answer["accepted"] == answer["objects"], answer


def polls_everything_once_page_by_page():
    answer = jisr("poll", url, "--out", str(folder / "polled.jsonl"), "--limit", "100")
    assert polled() == sent(bundles[:1]) and answer["objects"] == sum(polled().values()), answer


def polls_nothing_twice():
    assert jisr("poll", url, "--out", str(folder / "polled.jsonl"), "--limit", "100")["objects"] == 0


def polls_what_is_new():
    jisr("publish", bundles[1], "--to", url, "--resume", str(folder / "resume"))
    answer = jisr("poll", url, "--out", str(folder / "polled.jsonl"), "--limit", "100")
    assert polled() == sent(bundles), answer


failed = 0
checks = [wait_for_server, publishes_real_data_in_parts, polls_everything_once_page_by_page, polls_nothing_twice,
          polls_what_is_new]
try:
    for check in checks:
        try:
            check()
            print(f"ok      {check.__name__}")
        except Exception:
            failed += 1
            print(f"FAILED  {check.__name__}")
            traceback.print_exc()
finally:
    server.terminate()
    server.wait()
print(f"{len(checks) - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)

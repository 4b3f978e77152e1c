"""Real TAXII clients against a real Jisr: taxii2-client and python-stix2.

Usage: clients.py URL ACCOUNT PASSWORD COLLECTION_ID     (URL of the discovery, COLLECTION_ID readable and writable)
Prints a line per check and ends with "N passed, N failed"; exits 1 if anything failed.
"""

import functools
import sys
import traceback
import uuid

import stix2
from taxii2client.v21 import Collection, Server, as_pages

url, account, password, collection_id = sys.argv[1:5]
checks = []


def check(function):
    checks.append(function)
    return function


def server():
    return Server(url, user=account, password=password)


def collection():
    for root in server().api_roots:
        for found in root.collections:
            if found.id == collection_id:
                return found
    raise AssertionError("the collection is not found by walking from discovery")


def indicator(n):
    return stix2.Indicator(
        name=f"indicator {n}", pattern=f"[domain-name:value = 'n{n}.example.com']", pattern_type="stix",
        valid_from="2024-01-01T00:00:00Z",
    )


SOME = [indicator(n) for n in range(250)]


@check
def discovery_names_roots_and_a_default():
    found = server()
    assert found.title and found.api_roots and found.default, vars(found)
    for root in found.api_roots:
        assert root.title and root.max_content_length > 0 and root.collections
        assert root.versions == ["application/taxii+json;version=2.1"], root.versions


@check
def add_objects_waits_for_a_complete_status():
    body = stix2.Bundle(objects=SOME).serialize()
    status = collection().add_objects(body, wait_for_completion=True, poll_interval=0.2, timeout=30)
    assert status.status == "complete" and status.success_count == 250 and status.failure_count == 0, vars(status)
    assert len(status.successes) == 250 and not status.failures


@check
def as_pages_visits_everything_once_whatever_the_page_size():
    wanted = {o.id for o in SOME}
    for size in (7, 100, 1000):
        seen = [o["id"] for page in as_pages(collection().get_objects, per_request=size) for o in page.get("objects", [])]
        assert len(seen) == len(set(seen)), "repeated"
        assert wanted <= set(seen), "lost"


@check
def as_pages_works_on_the_manifest_and_on_versions():
    seen = [o["id"] for page in as_pages(collection().get_manifest, per_request=50) for o in page.get("objects", [])]
    assert {o.id for o in SOME} <= set(seen) and len(seen) == len(set(seen))
    versions = [v for page in as_pages(functools.partial(collection().object_versions, SOME[1].id), per_request=1) if page for v in page["versions"]]
    assert len(versions) == 1, versions


@check
def filters_and_a_single_object():
    one = collection().get_object(SOME[3].id)
    assert one["objects"][0]["name"] == "indicator 3"
    none = collection().get_objects(type="campaign")
    assert not none.get("objects")


@check
def a_second_page_of_time_is_polled_by_added_after():
    c = collection()
    records = [r for page in as_pages(c.get_manifest, per_request=1000) for r in page["objects"]]
    late = c.get_objects(added_after=records[-3]["date_added"])
    assert [o["id"] for o in late["objects"]] == [r["id"] for r in records[-2:]]


@check
def failures_are_told_object_by_object():
    bad = {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.uuid4()}"}
    status = collection().add_objects({"objects": [bad]}, wait_for_completion=False)
    assert status.failure_count == 1 and status.failures[0]["message"], vars(status)


@check
def deleting_an_object_of_ones_own():
    c = collection()
    c.delete_object(SOME[0].id)
    try:
        c.get_object(SOME[0].id)
    except Exception as error:
        assert "404" in str(error), error
    else:
        raise AssertionError("a deleted object is served")


@check
def stix2_sink_writes_and_source_reads():
    c = collection()
    actor = stix2.ThreatActor(name="Amber Heron", threat_actor_types=["crime-syndicate"])
    stix2.TAXIICollectionSink(c).add(actor)
    source = stix2.TAXIICollectionSource(c)
    assert source.get(actor.id).name == "Amber Heron"
    assert source.get(f"tool--{uuid.uuid4()}") is None
    assert [v.id for v in source.all_versions(actor.id)] == [actor.id]
    newer = actor.new_version(name="Amber Heron (renamed)")
    stix2.TAXIICollectionSink(c).add(newer)
    assert source.get(actor.id).name == "Amber Heron (renamed)"
    assert len(source.all_versions(actor.id)) == 2
    names = {o["name"] for o in source.query([stix2.Filter("type", "=", "threat-actor")])}
    assert "Amber Heron (renamed)" in names, names


@check
def a_collection_opened_by_its_own_url():
    c = collection()
    assert Collection(c.url, user=account, password=password).can_write is True


failed = 0
for function in checks:
    name = function.__name__.replace("_", " ")
    try:
        function()
        print(f"ok      {name}")
    except Exception:
        failed += 1
        print(f"FAILED  {name}")
        traceback.print_exc(file=sys.stdout)
print(f"{len(checks) - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)

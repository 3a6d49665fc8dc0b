"""Clients made at run time: told their secret once, kept as hashes, the same after a restart."""

import json
import re

import pytest

CLIENT = {"id": "desk-1", "roles": ["rules-api-rules-read", "history-api-read"], "mpids": ["INET"]}
ME = "client:ntf-operator"


@pytest.fixture
def venue(host):
    return host()


def verify(venue, name, secret):
    return venue.call(lambda: venue.venue.machine.desk.verify(name, secret))


def test_a_client_is_told_its_secret_and_known_by_it(venue):
    response = venue.ask("clients", CLIENT, "POST", ME)
    assert response.status == 200
    secret = response.body.pop("secret")
    assert response.body.pop("note")
    assert response.body == CLIENT | {"ports": None}
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", secret)
    known = verify(venue, "desk-1", secret)
    assert (known.client_id, known.roles, known.mpids) == ("desk-1", tuple(CLIENT["roles"]), ("INET",))
    assert verify(venue, "desk-1", secret[:-1]) is None


def test_two_secrets_differ(venue):
    made = [venue.ask("clients", CLIENT | {"id": name}, "POST", ME).body["secret"] for name in ("a", "b")]
    made += [venue.ask("clients/a/secret", {}, "POST", ME).body["secret"]]
    assert len(set(made)) == 3


def test_clients_are_listed_without_secrets_by_id(venue):
    for name in ("c", "a", "b"):
        venue.ask("clients", CLIENT | {"id": name, "mpids": None}, "POST", ME)
    listed = venue.ask("clients").body
    assert [client["id"] for client in listed["items"]] == ["a", "b", "c"]
    assert all(set(client) == {"id", "roles", "mpids", "ports", "rotating"} for client in listed["items"])
    assert listed["items"][0]["mpids"] is None
    first = venue.ask("clients?limit=2").body
    assert (len(first["items"]), first["next"]) == (2, "b")
    assert [client["id"] for client in venue.ask("clients?after=b").body["items"]] == ["c"]


def renew(venue):
    return venue.ask("clients/desk-1/secret", {}, "POST", ME)


def rotating(venue):
    return venue.ask("clients").body["items"][0]["rotating"]


def test_a_new_secret_leaves_the_one_before_good_until_the_next(venue):
    first = venue.ask("clients", CLIENT, "POST", ME).body["secret"]
    assert not rotating(venue)
    response = renew(venue)
    assert response.status == 200
    assert response.body.items() >= CLIENT.items()
    assert rotating(venue)
    second = response.body["secret"]
    assert verify(venue, "desk-1", first)
    assert verify(venue, "desk-1", second)
    third = renew(venue).body["secret"]
    assert [bool(verify(venue, "desk-1", secret)) for secret in (first, second, third)] == [False, True, True]


def test_the_secret_before_the_last_one_is_ended_by_itself(venue):
    first = venue.ask("clients", CLIENT, "POST", ME).body["secret"]
    assert venue.ask("clients/desk-1/secret", verb="DELETE", actor=ME).status == 409
    second = renew(venue).body["secret"]
    ended = venue.ask("clients/desk-1/secret", verb="DELETE", actor=ME)
    assert (ended.status, ended.body) == (200, {"id": "desk-1", "rotating": False})
    assert verify(venue, "desk-1", first) is None
    assert verify(venue, "desk-1", second)
    assert not rotating(venue)


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"ports": ["IN19T6"]}, True),
        ({"ports": ["IN19T6"], "mpids": None}, False),
        ({"ports": ["IN19T6"], "roles": ["prm-read"]}, False),
        ({"ports": []}, False),
    ],
)
def test_a_client_is_held_to_ports_where_its_roles_are_about_them(venue, body, fits):
    answered = venue.ask("clients", CLIENT | body, "POST", ME)
    assert answered.status == (200 if fits else 422)
    if not fits:
        assert answered.body["errors"][0]["field"] == "ports"


def test_a_removed_client_is_known_no_more_and_its_id_is_free(venue):
    secret = venue.ask("clients", CLIENT, "POST", ME).body["secret"]
    response = venue.ask("clients/desk-1", verb="DELETE", actor=ME)
    assert (response.status, response.body) == (200, {"id": "desk-1", "removed": True})
    assert verify(venue, "desk-1", secret) is None
    assert venue.ask("clients").body["items"] == []
    assert venue.ask("clients/desk-1", verb="DELETE", actor=ME).status == 404
    assert venue.ask("clients", CLIENT, "POST", ME).status == 200


def test_no_body_removes_a_client_unless_the_verb_is_named(venue):
    venue.ask("clients", CLIENT, "POST", ME)
    assert venue.ask("clients/desk-1", {}).status == 405
    assert venue.ask("clients/desk-1").status == 405
    assert len(venue.ask("clients").body["items"]) == 1


def test_the_command_line_names_the_verb(venue, portcullis):
    made = portcullis("ops", "--data", venue.data, "clients", json.dumps(CLIENT))
    assert (made.returncode, json.loads(made.stdout)["id"]) == (0, "desk-1")
    removed = portcullis("ops", "--data", venue.data, "--verb", "DELETE", "clients/desk-1")
    assert (removed.returncode, json.loads(removed.stdout)["removed"]) == (0, True)


@pytest.mark.parametrize(("target", "body"), [("clients", CLIENT), ("clients/desk-1/secret", {})])
def test_asked_again_under_its_key_the_secret_is_not_told_again(venue, target, body):
    if target != "clients":
        venue.ask("clients", CLIENT, "POST", ME)
    first = venue.ask(target, body, "POST", ME, "k")
    again = venue.ask(target, body, "POST", ME, "k")
    assert (again.status, again.replayed, again.record) == (200, True, first.record)
    assert again.body["secret"] is None
    assert "clients/{id}/secret" in again.body["note"]
    assert verify(venue, "desk-1", first.body["secret"])


def test_no_secret_is_ever_written_down(venue):
    secrets = [
        venue.ask("clients", CLIENT, "POST", ME, "k").body["secret"],
        venue.ask("clients/desk-1/secret", {}, "POST", ME, "l").body["secret"],
    ]
    shown = str([venue.ask(look).body for look in ("audit", "clients", "state")])
    venue.stop()
    for path in venue.data.rglob("*"):
        if path.is_file():
            assert not any(secret.encode() in path.read_bytes() for secret in secrets), path
    assert not any(secret in shown for secret in secrets)


def test_clients_outlive_a_restart(venue, host):
    secret = venue.ask("clients", CLIENT, "POST", ME).body["secret"]
    wanted = venue.hash()
    venue.stop()
    again = host()
    assert again.hash() == wanted
    assert verify(again, "desk-1", secret)


def test_a_client_of_the_configuration_stands_there_alone(venue):
    configured = venue.venue.config.client[0].id
    response = venue.ask("clients", CLIENT | {"id": configured}, "POST", ME)
    assert (response.status, response.body["errors"][0]["field"]) == (409, "id")
    assert venue.ask(f"clients/{configured}/secret", {}, "POST", ME).status == 409
    assert venue.ask(f"clients/{configured}", verb="DELETE", actor=ME).status == 409


def test_there_are_only_so_many(venue, monkeypatch):
    monkeypatch.setattr("venue.clients.CLIENTS_MAX", 2)
    statuses = [venue.ask("clients", CLIENT | {"id": name}, "POST", ME).status for name in "abc"]
    assert statuses == [200, 200, 409]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "-a"}, "id"),
        ({"id": "A"}, "id"),
        ({"id": "a\n"}, "id"),
        ({"id": "a" * 65}, "id"),
        ({"id": None}, "id"),
        ({"roles": []}, "roles"),
        ({"roles": ["king"]}, "roles"),
        ({"roles": "operations"}, "roles"),
        ({"roles": ["operations"] * 20}, "roles"),
        ({"mpids": []}, "mpids"),
        ({"mpids": ["inet"]}, "mpids[0]"),
        ({"secret": "chosen"}, "secret"),
    ],
)
def test_a_bad_client_is_refused_by_its_field(venue, change, field):
    response = venue.ask("clients", CLIENT | change, "POST", ME)
    assert (response.status, response.body["errors"][0]["field"]) == (422, field)
    assert venue.ask("clients").body["items"] == []

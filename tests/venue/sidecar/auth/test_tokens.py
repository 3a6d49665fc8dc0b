"""Tokens: what opens, and every way in which one may be wrong."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import pytest
from aiohttp import ClientSession
from gatehouse import ISSUER, NOON, added, bearer, secret_of
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from venue import roles
from venue.desk import Client, hash_secret
from venue.sidecar import events

ES256 = JWSRegistry.algorithms["ES256"]
EQRC = [
    "history-api-read",
    "rules-api-audit-read",
    "rules-api-rules-read",
    "rules-api-rules-write",
    "rules-api-unbreach",
]


def part(data):
    return urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).decode().rstrip("=")


def read_part(text):
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


async def refused(house, *headers):
    """Ask with Authorization headers; they must be refused as RFC 6750 has it."""
    response = await house.ask("GET", "/who", headers=[("Authorization", header) for header in headers])
    assert response.status == 401
    assert response.content_type == "application/problem+json"
    assert (await response.json())["status"] == 401
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="portcullis", error="invalid_token"')


@pytest.fixture
async def signed(house):
    """Sign a good token's claims and header anew, with changes (None leaves one out), by our key or another."""
    token = await house.access()
    header, claims = read_part(token.split(".")[0]), read_part(token.split(".")[1])

    def signed(key=None, header_changes=(), **changes):
        def with_changes(good, others):
            return {name: value for name, value in {**good, **dict(others)}.items() if value is not None}

        pair = key or house.auth.keys.signing().pair
        return jwt.encode(with_changes(header, header_changes), with_changes(claims, changes), pair, ["ES256"])

    signed.token, signed.header, signed.claims = token, header, claims
    return signed


async def test_a_good_token_tells_who_asks(house):
    response, who = await house.who_is(await house.access())
    assert response.status == 200
    assert who == {"subject": "client:eqrc-inet", "roles": EQRC, "mpids": ["INET"]}


async def test_operations_have_every_role_and_every_mpid(house):
    _, who = await house.who_is(await house.access("ntf-operator"))
    assert who == {"subject": "client:ntf-operator", "roles": sorted(roles.MEANINGS), "mpids": None}


@pytest.mark.parametrize(
    ("scope", "granted", "roles_then"),
    [
        ("", "operations", sorted(roles.MEANINGS)),
        ("operations prm-read", "operations", sorted(roles.MEANINGS)),
        ("prm-read history-api-read", "history-api-read prm-read", ["history-api-read", "prm-read"]),
    ],
)
async def test_who_has_operations_may_ask_for_a_token_that_opens_less(house, scope, granted, roles_then):
    body = await (await house.token("ntf-operator", scope=scope)).json()
    assert body["scope"] == granted
    assert (await house.who_is(body["access_token"]))[1]["roles"] == roles_then


async def test_a_token_says_what_was_granted_and_for_how_long(house, signed):
    claims = signed.claims
    assert signed.header == {"alg": "ES256", "typ": "at+jwt", "kid": house.auth.keys.signing().kid}
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, "portcullis", "client:eqrc-inet")
    assert claims["exp"] - claims["iat"] == 300
    assert claims["scope"].split() == claims["roles"] == EQRC
    assert claims["mpids"] == ["INET"]
    assert secret_of("eqrc-inet") not in json.dumps(claims)


async def test_signed_anew_without_changes_it_is_good(house, signed):
    response, _ = await house.who_is(signed())
    assert response.status == 200


async def test_without_a_token_the_answer_says_what_is_wanted_and_no_error(house):
    response = await house.ask("GET", "/who")
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="portcullis"'


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOON - 1},
        {"exp": int(NOON)},
        {"nbf": int(NOON) + 6},
        {"iat": int(NOON) + 6, "exp": int(NOON) + 100},
        {"exp": int(NOON) + 3_601},
        {"exp": int(NOON) + 300.5},
        {"exp": "never"},
        {"exp": None},
        {"nbf": None},
        {"iat": None},
        {"iat": int(NOON) + 300, "nbf": int(NOON)},
        {"aud": "another"},
        {"aud": ["portcullis"]},
        {"aud": None},
        {"iss": "http://127.0.0.1:7421"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "client:nobody"},
        {"sub": "client:ntf-operator"},
        {"sub": "person:desk"},
        {"sub": "eqrc-inet"},
        {"client_id": None},
        {"client_id": "nobody"},
        {"jti": None},
        {"jti": "another"},
        {"bound": ""},
        {"roles": "operations"},
        {"mpids": 7},
    ],
    ids=str,
)
async def test_claims_that_are_not_so_are_refused_though_our_key_signed_them(house, signed, changes):
    await refused(house, f"Bearer {signed(**changes)}")


@pytest.mark.parametrize(
    "changes",
    [{"kid": "unknown"}, {"kid": None}, {"kid": ""}, {"typ": "JWT"}, {"typ": None}],
    ids=str,
)
async def test_headers_that_are_not_ours_are_refused_though_our_key_signed_them(house, signed, changes):
    await refused(house, f"Bearer {signed(header_changes=changes)}")


async def test_a_header_that_must_be_understood_and_is_not_is_refused(house, signed):
    text = f"{part(signed.header | {'crit': ['x'], 'x': 1})}.{part(signed.claims)}"
    signature = ES256.sign(text.encode(), house.auth.keys.signing().pair)
    await refused(house, f"Bearer {text}.{part(signature)}")
    text = f"{part(signed.header)}.{part(signed.claims)}"
    signature = ES256.sign(text.encode(), house.auth.keys.signing().pair)
    assert (await house.who_is(f"{text}.{part(signature)}"))[0].status == 200, "and this is how it is signed"


async def test_a_foreign_key_is_refused_under_its_own_id_and_under_ours(house, signed):
    foreign = ECKey.generate_key("P-256", private=True, auto_kid=True)
    await refused(house, f"Bearer {signed(foreign, {'kid': foreign.kid})}")
    await refused(house, f"Bearer {signed(foreign)}")
    public = foreign.as_dict(private=False)
    await refused(house, f"Bearer {signed(foreign, {'kid': foreign.kid, 'jwk': public})}")
    await refused(house, f"Bearer {signed(foreign, {'kid': foreign.kid, 'jku': 'http://127.0.0.1:1/'})}")


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", ""])
async def test_no_algorithm_is_refused(house, signed, name):
    head, body = part(signed.header | {"alg": name}), part(signed.claims)
    for signature in ("", signed.token.split(".")[2]):
        await refused(house, f"Bearer {head}.{body}.{signature}")
    await refused(house, f"Bearer {head}.{body}")


async def test_a_secret_that_is_our_public_key_signs_nothing(house, signed):
    keys = await (await house.ask("GET", "/auth/jwks")).json()
    public = house.auth.keys.signing().pair
    for secret in (
        json.dumps(keys["keys"][0]).encode(),
        public.as_pem(private=False),
        public.as_der(private=False),
        b"",
    ):
        text = f"{part(signed.header | {'alg': 'HS256'})}.{part(signed.claims)}"
        await refused(house, f"Bearer {text}.{part(hmac.digest(secret, text.encode(), sha256))}")


async def test_other_algorithms_are_refused_whatever_the_signature(house, signed):
    _, body, signature = signed.token.split(".")
    for name in ("ES384", "ES512", "RS256", "PS256", "EdDSA", "ES256K", "es256"):
        await refused(house, f"Bearer {part(signed.header | {'alg': name})}.{body}.{signature}")


async def test_what_is_not_whole_is_refused(house, signed):
    head, body, signature = signed.token.split(".")
    other = part(signed.claims | {"roles": ["operations"]})
    for text in (
        *("", ".", "..", "...", "garbage", "\u00e9", "a b", "x" * 4_000, "eyJ.eyJ.eyJ", "e30.e30.", "bnVsbA.bnVsbA.AA"),
        *(head, f"{head}.{body}", f"{head}.{body}.", f"{head}..{signature}", f".{body}.{signature}"),
        *(signed.token[:-1], signed.token[:-10], f"{signed.token}AA", f"{signed.token}.x", f" {signed.token}"),
        *(f"{signed.token},{signed.token}", f"{head}.{other}.{signature}", f"{head}.{body}.{part(bytes(64))}"),
        f"{head}.{body}.{signature[:43]}{'A' * 43}",
    ):
        await refused(house, f"Bearer {text}")


async def test_the_header_is_given_once_and_in_its_own_words(house, signed):
    good = f"Bearer {signed.token}"
    await refused(house, good, good)
    await refused(house, good, "Bearer x")
    for header in (
        f"bearer {signed.token}",
        f"BEARER {signed.token}",
        signed.token,
        f"Basic {signed.token}",
        "Bearer",
        "",
    ):
        await refused(house, header)


async def test_a_token_in_the_address_or_the_body_opens_nothing(house, signed):
    response = await house.ask("GET", f"/who?access_token={signed.token}")
    assert response.status == 401


# --------------------------------------------------------------------------------------------------------------- times


async def test_a_token_lasts_for_its_seconds_of_real_time_and_no_longer(house):
    token = await house.access()
    house.clock.now += 299
    assert (await house.who_is(token))[0].status == 200
    house.clock.now += 1
    await refused(house, f"Bearer {token}")


async def test_a_clock_that_was_set_back_by_seconds_refuses_nobody_and_by_minutes_does(house):
    token = await house.access()
    house.clock.now -= 5
    assert (await house.who_is(token))[0].status == 200
    house.clock.now -= 1
    await refused(house, f"Bearer {token}")


async def test_how_long_a_token_lasts_is_configured(build):
    house = await build(("token_seconds = 300", "token_seconds = 60"))
    response = await house.token()
    assert (await response.json())["expires_in"] == 60


# ------------------------------------------------------------------------------------------- what has changed meanwhile


async def test_a_new_process_takes_the_tokens_of_the_one_before(build):
    first, second = await build(), await build()
    assert (await second.who_is(await first.access()))[0].status == 200


async def test_a_token_of_the_key_before_is_good_and_new_ones_are_of_the_new_key(house):
    token = await house.access()
    house.auth.keys.rotate()
    assert (await house.who_is(token))[0].status == 200
    other = await house.access()
    assert (await house.who_is(other))[0].status == 200
    assert read_part(token.split(".")[0])["kid"] != read_part(other.split(".")[0])["kid"]


async def test_another_venue_takes_none_of_our_tokens(house, build, tmp_path):
    await refused(await build(data=tmp_path / "other"), f"Bearer {await house.access()}")


async def test_a_token_opens_the_ports_that_its_client_has_at_present(build):
    secret = "eqrc-inet!".ljust(32, "x")
    held = (f'secret = "{secret}"\nroles', f'secret = "{secret}"\nports = ["IN19T6", "IN24T4"]\nroles')
    house = await build(held)
    token = await house.access("eqrc-inet")
    assert house.auth.tokens.identify(token).ports == {"IN19T6", "IN24T4"}
    fewer = (held[0], held[1].replace('"IN19T6", ', ""))
    assert (await build(fewer)).auth.tokens.identify(token).ports == {"IN24T4"}
    assert (await build()).auth.tokens.identify(token).ports == {"IN19T6", "IN24T4"}


GONE = [
    (('id = "eqrc-inet"\n', 'id = "eqrc-inet-2"\n'), "eqrc-inet"),
    (("eqrc-inet!xx", "eqrc-inet!yy"), "eqrc-inet"),
]


@pytest.mark.parametrize(("change", "client"), GONE)
async def test_tokens_of_a_client_that_is_gone_or_has_another_secret_end_at_once(build, change, client):
    token = await (await build()).access(client)
    await refused(await build(change), f"Bearer {token}")


async def test_roles_and_mpids_that_were_taken_away_are_gone_at_once_and_new_ones_come_with_the_next_token(build):
    token = await (await build()).access()
    fewer = (
        'id = "eqrc-inet"\nsecret = "eqrc-inet!xxxxxxxxxxxxxxxxxxxxxx"\nroles = [\n    "rules-api-rules-read",',
        'id = "eqrc-inet"\nsecret = "eqrc-inet!xxxxxxxxxxxxxxxxxxxxxx"\nroles = [\n    "prm-read",',
    )
    _, who = await (await build(fewer)).who_is(token)
    assert who["roles"] == [role for role in EQRC if role != "rules-api-rules-read"]
    others = ('mpids = ["INET"]', 'mpids = ["AKAM", "GP29"]')
    _, who = await (await build(others)).who_is(token)
    assert who["mpids"] == []


async def test_a_client_made_at_run_time_gets_tokens_that_end_with_it_and_with_its_secret(house):
    house.desk.clients["made"] = Client("made", ("rules-api-rules-read",), ("AKAM",), hash_secret("s" * 32))
    assert (await house.token("made", "t" * 32)).status == 401
    token = await house.access("made", secret="s" * 32)
    _, who = await house.who_is(token)
    assert who == {"subject": "client:made", "roles": ["rules-api-rules-read"], "mpids": ["AKAM"]}
    house.desk.clients["made"] = Client("made", ("rules-api-rules-read",), ("AKAM",), hash_secret("t" * 32))
    await refused(house, f"Bearer {token}")
    token = await house.access("made", secret="t" * 32)
    del house.desk.clients["made"]
    await refused(house, f"Bearer {token}")


async def test_a_token_of_the_secret_before_the_last_is_good_as_long_as_that_is(house):
    first, second = hash_secret("s" * 32), hash_secret("t" * 32)
    house.desk.clients["made"] = Client("made", ("rules-api-rules-read",), ("AKAM",), first)
    early = await house.access("made", secret="s" * 32)
    house.desk.clients["made"] = Client("made", ("rules-api-rules-read",), ("AKAM",), second, first)
    late = await house.access("made", secret="s" * 32)
    new = await house.access("made", secret="t" * 32)
    for token in (early, late, new):
        assert (await house.who_is(token))[0].status == 200
    house.desk.clients["made"] = Client("made", ("rules-api-rules-read",), ("AKAM",), second)
    await refused(house, f"Bearer {early}")
    await refused(house, f"Bearer {late}")
    assert (await house.who_is(new))[0].status == 200


async def test_while_the_replica_catches_up_nobody_is_believed_who_may_be_gone_by_now(house):
    house.desk.clients["made"] = Client("made", ("operations",), None, hash_secret("s" * 32))
    token, configured = await house.access("made", secret="s" * 32), await house.access()
    house.sidecar.replica.caught_up.clear()
    assert (await house.who_is(token))[0].status == 503
    assert (await house.token("made", "s" * 32)).status == 503
    assert (await house.who_is(configured))[0].status == 200
    assert (await house.token()).status == 200
    house.sidecar.replica.caught_up.set()
    assert (await house.who_is(token))[0].status == 200


async def test_what_is_sent_for_long_ends_when_what_let_it_in_is_taken_away_but_not_with_the_tokens_age(
    house, monkeypatch
):
    monkeypatch.setattr(events, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(events, "LOOK_SECONDS", 0)
    house.desk.clients["made"] = Client("made", ("operations",), None, hash_secret("s" * 32))
    token = await house.access("made", secret="s" * 32)
    async with ClientSession() as session, session.get(house.server.make_url("/events"), headers=bearer(token)) as told:
        house.clock.now += 600
        assert (await house.who_is(token))[0].status == 401
        for _ in range(5):
            assert await told.content.readline()
        del house.desk.clients["made"]
        await told.read()


async def test_a_client_made_at_run_time_takes_nobodys_place(house):
    house.desk.clients["eqrc-inet"] = Client("eqrc-inet", ("operations",), None, hash_secret("s" * 32))
    _, who = await house.who_is(await house.access())
    assert who["roles"] == EQRC
    assert (await house.token("eqrc-inet", "s" * 32)).status == 401


async def test_a_client_with_the_name_of_a_person_is_somebody_else(build):
    secret = "0123456789abcdef"
    house = await build(added(f'[[client]]\nid = "desk"\nsecret = "{secret}"\nroles = ["prm-read"]\n'))
    _, who = await house.who_is(await house.access("desk", secret=secret))
    assert who == {"subject": "client:desk", "roles": ["prm-read"], "mpids": None}
    response = await house.ask("GET", "/who", headers=bearer(await house.access("ntf-operator")))
    assert response.status == 200

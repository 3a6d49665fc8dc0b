"""`POST /auth/token`: what a client may say, in how many ways it may say it, and what it gets for anything else."""

import asyncio
import json
from base64 import b64encode

import aiohttp
import pytest
from gatehouse import BACK, ISSUER, VERIFIER, Clock, added, basic, changed, opened, secret_of
from hypothesis import given
from hypothesis import strategies as st

from venue import passwords
from venue.sidecar.auth import forms, token_endpoint
from venue.sidecar.auth.forms import LARGEST_FORM

ID, SECRET = "eqrc-inet", secret_of("eqrc-inet")
GRANT = {"grant_type": "client_credentials"}
SHOWN = {"client_id": ID, "client_secret": SECRET}
ERRORS = {
    *("invalid_request", "invalid_client", "invalid_grant"),
    *("unauthorized_client", "unsupported_grant_type", "invalid_scope"),
}


async def ask(house, form, headers=None):
    return await house.ask("POST", "/auth/token", data=form, headers=headers)


async def is_refused(response, error):
    """Hold an answer to RFC 6749, 5.2."""
    body = await response.json()
    assert body.keys() == {"error", "error_description"}
    assert body["error"] == error
    assert not set(body["error_description"]) & set('"\\')
    assert body["error_description"].isascii()
    assert response.status == (401 if error == "invalid_client" else 400)
    assert ("WWW-Authenticate" in response.headers) == (error == "invalid_client")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (GRANT, basic(ID, SECRET)),
        (GRANT, basic(ID, SECRET.replace("!", "%21"))),
        (GRANT, basic(ID.replace("-", "%2D"), SECRET)),
        (GRANT, {"Authorization": basic(ID, SECRET)["Authorization"].replace("Basic", "basic")}),
        (GRANT | {"client_id": ID}, basic(ID, SECRET)),
        (GRANT | {"client_id": ID, "client_secret": ""}, basic(ID, SECRET)),
        (GRANT | SHOWN, None),
        (GRANT | SHOWN | {"unheard": "of"}, None),
        (GRANT | SHOWN | {"scope": ""}, None),
    ],
)
async def test_a_client_shows_its_secret_in_the_header_or_in_the_body(house, form, headers):
    response = await ask(house, form, headers)
    assert response.status == 200
    body = await response.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    assert response.headers["Cache-Control"] == "no-store"
    assert (await house.who_is(body["access_token"]))[1]["subject"] == f"client:{ID}"


async def test_scope_asks_for_some_roles(house):
    response = await ask(house, GRANT | SHOWN | {"scope": "history-api-read rules-api-rules-read"})
    body = await response.json()
    assert body["scope"] == "history-api-read rules-api-rules-read"
    assert (await house.who_is(body["access_token"]))[1]["roles"] == body["scope"].split()


@pytest.mark.parametrize(
    ("form", "headers", "error"),
    [
        (GRANT | SHOWN | {"client_secret": "x" * 32}, None, "invalid_client"),
        (GRANT | SHOWN | {"client_secret": SECRET.upper()}, None, "invalid_client"),
        (GRANT | SHOWN | {"client_secret": ""}, None, "invalid_client"),
        (GRANT | SHOWN | {"client_id": "nobody"}, None, "invalid_client"),
        (GRANT | SHOWN | {"client_id": "client:eqrc-inet"}, None, "invalid_client"),
        (GRANT | {"client_id": "desk", "client_secret": "NTFTEST"}, None, "invalid_client"),
        (GRANT | {"client_id": "nobody"}, None, "invalid_client"),
        (GRANT | {"client_id": ID}, None, "invalid_client"),
        (GRANT, basic(ID, "wrong"), "invalid_client"),
        (GRANT, basic(ID, ""), "invalid_client"),
        (GRANT, {"Authorization": "Basic"}, "invalid_client"),
        (GRANT, {"Authorization": "Basic !!!"}, "invalid_client"),
        (GRANT, {"Authorization": f"Basic {b64encode(b'nocolon').decode()}"}, "invalid_client"),
        (GRANT, {"Authorization": f"Basic {b64encode(bytes([255, 58, 255])).decode()}"}, "invalid_client"),
        (GRANT, basic(ID, "%ff"), "invalid_client"),
        (GRANT, {"Authorization": "Bearer x"}, "invalid_client"),
        (GRANT | SHOWN, basic(ID, SECRET), "invalid_request"),
        (GRANT | {"client_id": "ntf-operator"}, basic(ID, SECRET), "invalid_request"),
        (GRANT, None, "invalid_request"),
        (SHOWN, None, "invalid_request"),
        (SHOWN | {"grant_type": ""}, None, "invalid_request"),
        (SHOWN | {"grant_type": "password"}, None, "unsupported_grant_type"),
        (SHOWN | {"grant_type": "refresh_token"}, None, "unsupported_grant_type"),
        (GRANT | {"client_id": "docs"}, None, "unauthorized_client"),
        (GRANT | {"client_id": "docs", "client_secret": ""}, None, "unauthorized_client"),
        (GRANT | {"client_id": "docs", "client_secret": "x" * 32}, None, "invalid_client"),
        (SHOWN | {"grant_type": "authorization_code"}, None, "unauthorized_client"),
        ({"grant_type": "authorization_code", "client_id": "docs"}, None, "invalid_request"),
        (GRANT | SHOWN | {"scope": "operations"}, None, "invalid_scope"),
        (GRANT | SHOWN | {"scope": "history-api-read nothing"}, None, "invalid_scope"),
    ],
)
async def test_everything_else_is_refused_in_the_words_of_the_standard(house, form, headers, error):
    await is_refused(await ask(house, form, headers), error)


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (json.dumps(GRANT | SHOWN), "application/json"),
        ("grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded"),
        ("grant_type=client_credentials&client_id=%ff&client_secret=x", "application/x-www-form-urlencoded"),
        ("grant_type=client_credentials&" + "&".join(f"a{i}=" for i in range(40)), "application/x-www-form-urlencoded"),
        ("grant_type=client_credentials&client_id=\u00e9", "application/x-www-form-urlencoded"),
        ("", "application/x-www-form-urlencoded"),
        ("grant_type=client_credentials", "text/plain"),
    ],
)
async def test_a_body_that_is_no_form_is_an_invalid_request(house, body, media):
    response = await house.ask("POST", "/auth/token", data=body.encode(), headers={"Content-Type": media})
    await is_refused(response, "invalid_request")


async def test_two_authorization_headers_are_refused(house):
    header = basic(ID, SECRET)["Authorization"]
    await is_refused(await ask(house, GRANT, [("Authorization", header)] * 2), "invalid_request")


async def test_a_secret_in_the_address_is_refused_since_addresses_are_written_down(house):
    response = await house.ask("POST", f"/auth/token?client_id={ID}&client_secret={SECRET}", data=GRANT)
    await is_refused(response, "invalid_request")


async def test_it_is_asked_by_post_alone(house):
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert (await house.ask(method, "/auth/token")).status == 405


async def test_a_body_is_bounded_whether_it_says_its_length_or_not(house):
    async def pieces():
        for _ in range(20):
            yield b"x" * 1_000

    media = {"Content-Type": "application/x-www-form-urlencoded"}
    for data in (b"a=" + b"x" * LARGEST_FORM, pieces()):
        response = await house.ask("POST", "/auth/token", data=data, headers=media)
        assert response.status == 413
        assert response.content_type == "application/problem+json"


async def test_a_body_that_does_not_come_is_not_waited_for(house, monkeypatch):
    monkeypatch.setattr(forms, "FORM_SECONDS", 0.05)

    async def half():
        yield b"grant_type="
        await asyncio.sleep(1)

    media = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await house.ask("POST", "/auth/token", data=half(), headers=media)
    assert response.status == 408


async def test_a_secret_may_stand_in_the_configuration_as_its_hash(build):
    hashed = passwords.hash_password("a-Secret-of-my-own", exact=True)
    house = await build(added(f"[[client]]\nid = 'own'\nsecret_hash = '{hashed}'\nroles = ['prm-read']\n"))
    for _ in range(2):  # the first by the hash, the second remembered
        assert (await house.token("own", "a-Secret-of-my-own")).status == 200
    for wrong in ("a-secret-of-my-own", "A-SECRET-OF-MY-OWN", hashed):
        await is_refused(await house.token("own", wrong), "invalid_client")


async def test_what_is_published_is_true(house):
    said = await (await house.ask("GET", "/.well-known/openid-configuration")).json()
    assert said["issuer"] == ISSUER
    paths = {name: said[name].removeprefix(ISSUER) for name in said if name.endswith(("_endpoint", "_uri"))}
    assert paths == {
        "authorization_endpoint": "/auth/authorize",
        "token_endpoint": "/auth/token",
        "jwks_uri": "/auth/jwks",
    }
    assert said["grant_types_supported"] == list(token_endpoint.GRANT_TYPES)
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert (await (await house.ask("GET", "/auth/jwks")).json())["keys"] == house.auth.keys.public()
    for scope in said["scopes_supported"]:
        assert (await house.token("ntf-operator", scope=scope)).status == 200
    assert not {"userinfo_endpoint", "id_token_signing_alg_values_supported", "registration_endpoint"} & said.keys()


async def test_the_issuer_is_the_address_that_the_configuration_names(build):
    house = await build(("token_seconds = 300", 'url = "https://venue.example"'))
    said = await (await house.ask("GET", "/.well-known/openid-configuration")).json()
    assert (said["issuer"], said["jwks_uri"]) == ("https://venue.example", "https://venue.example/auth/jwks")


NAMES = (
    *("grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "scope"),
    *("refresh_token", "username", "\u00e9", ""),
)
VALUES = st.one_of(
    st.sampled_from(["client_credentials", "authorization_code", ID, "docs", BACK, VERIFIER, "operations", ""]),
    st.text(max_size=40),
)
FORMS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8)
BODIES = st.one_of(FORMS.map(lambda pairs: aiohttp.FormData(pairs)()._value), st.binary(max_size=200))


def test_whatever_is_sent_gets_an_answer_of_the_standard_and_never_a_token(tmp_path, monkeypatch):
    monkeypatch.setattr(passwords, "is_of", lambda *_: False)
    with asyncio.Runner() as runner:
        patient = ("[soupbintcp]\n", "[login]\nfailures_before_delay = 1000000\n[soupbintcp]\n")
        context = opened(changed(patient), tmp_path, Clock())
        house = runner.run(context.__aenter__())
        house.auth.addresses._burst = house.auth.addresses._rate = 1_000_000
        media = {"Content-Type": "application/x-www-form-urlencoded"}

        @given(BODIES, st.sampled_from([None, basic(ID, "x"), {"Authorization": "Basic ???"}]))
        def send(body, header):
            response = runner.run(house.ask("POST", "/auth/token", data=body, headers=media | (header or {})))
            assert response.status in (400, 401)
            assert runner.run(response.json())["error"] in ERRORS

        try:
            send()
        finally:
            runner.run(context.__aexit__(None, None, None))

"""The code flow with PKCE: from the client's address through the login page to a token, and every way to misuse it."""

import pytest
from gatehouse import BACK, ISSUER, VERIFIER, Page, added, answer_of, secret_of

from venue.sidecar.auth import codes

OTHER = """
[[client]]
id = "other"
redirect_uris = ["/docs/oauth2-redirect.html", "https://other.example/back?of=us"]

[[client]]
id = "kept"
secret = "kept!xxxxxxxxxxxxxxxxxxxxxxxxxxx"
roles = ["prm-read"]
redirect_uris = ["/docs/oauth2-redirect.html"]
"""


async def is_refused(response, error="invalid_grant"):
    assert (response.status, (await response.json())["error"]) == (401 if error == "invalid_client" else 400, error)


async def test_a_person_logs_in_and_the_client_gets_a_token_for_that_person(house):
    response = await house.log_in("inet-view")
    assert response.status == 303
    answer = answer_of(response)
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("s t&te", ISSUER)
    redeemed = await house.redeem(answer["code"])
    assert redeemed.status == 200
    body = await redeemed.json()
    _, who = await house.who_is(body["access_token"])
    assert who == {
        "subject": "person:inet-view",
        "roles": ["history-api-read", "rules-api-rules-read"],
        "mpids": ["INET"],
    }
    assert body["scope"].split() == who["roles"]


async def test_a_client_without_a_secret_may_say_so_by_an_empty_one_as_swagger_ui_does(house):
    assert (await house.redeem(await house.code(), client_secret="")).status == 200


async def test_scope_asks_for_some_of_the_persons_roles(house):
    code = await house.code("inet-risk", scope="rules-api-rules-read operations")
    body = await (await house.redeem(code)).json()
    assert body["scope"] == "rules-api-rules-read"


async def test_without_a_state_none_comes_back(house):
    assert "state" not in answer_of(await house.log_in(state=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "another-verifier-of-forty-three-characters-or-more"},
        {"code_verifier": VERIFIER[:42]},
        {"code_verifier": VERIFIER + "x"},
        {"code_verifier": codes.challenge_of(VERIFIER)},
        {"code_verifier": "x" * 129},
        {"code_verifier": "\u00e9" * 43},
        {"redirect_uri": f"{BACK}/"},
        {"redirect_uri": "https://other.example/back?of=us"},
        {"client_id": "other"},
        {"client_id": "kept", "client_secret": secret_of("kept")},
    ],
    ids=str,
)
async def test_a_code_is_good_for_its_client_address_and_verifier_alone_and_is_used_up_by_trying(build, changes):
    house = await build(added(OTHER))
    code = await house.code()
    await is_refused(await house.redeem(code, **changes))
    await is_refused(await house.redeem(code))


@pytest.mark.parametrize("missing", ["code", "redirect_uri", "code_verifier", "client_id"])
async def test_nothing_may_be_left_out(house, missing):
    await is_refused(await house.redeem(await house.code(), **{missing: None}), "invalid_request")


async def test_a_code_lasts_for_a_minute(house):
    code, other = await house.code(), await house.code()
    house.clock.now += 59
    assert (await house.redeem(code)).status == 200
    house.clock.now += 1
    await is_refused(await house.redeem(other))


async def test_a_code_used_twice_ends_the_token_that_it_got(house):
    code = await house.code()
    token = (await (await house.redeem(code)).json())["access_token"]
    untouched = (await (await house.redeem(await house.code())).json())["access_token"]
    assert (await house.who_is(token))[0].status == 200
    await is_refused(await house.redeem(code))
    assert (await house.who_is(token))[0].status == 401
    assert (await house.who_is(untouched))[0].status == 200
    await is_refused(await house.redeem(code))


@pytest.mark.parametrize("code", ["", "x", "\u00e9", "a" * 4_000])
async def test_a_code_that_nobody_gave_is_none(house, code):
    await is_refused(await house.redeem(code), "invalid_grant" if code else "invalid_request")


async def test_a_client_with_a_secret_has_to_show_it_with_the_code(build):
    house = await build(added(OTHER))
    code = await house.code(client_id="kept")
    await is_refused(await house.redeem(code, client_id="kept"), "invalid_client")
    response = await house.redeem(code, client_id="kept", client_secret=secret_of("kept"))
    token = (await response.json())["access_token"]
    _, who = await house.who_is(token)
    assert who["subject"] == "person:inet-risk"
    assert "prm-read" not in who["roles"], "what the client may itself is another matter"


async def test_a_password_that_was_changed_since_ends_the_code_and_the_token(build):
    house = await build()
    token = (await (await house.redeem(await house.code())).json())["access_token"]
    later = await build(('name = "inet-risk"\npassword = "NTFTEST"', 'name = "inet-risk"\npassword = "changed"'))
    assert (await later.who_is(token))[0].status == 401


async def test_codes_are_bounded(house, monkeypatch):
    monkeypatch.setattr(codes, "CODES_KEPT", 3)
    given = [await house.code() for _ in range(5)]
    assert len(house.auth.codes) == 3
    await is_refused(await house.redeem(given[0]))
    assert (await house.redeem(given[-1])).status == 200


# ------------------------------------------------------------------------------ what a client may ask of the login page


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": VERIFIER}, "invalid_request"),
        ({"code_challenge": "!" * 43}, "invalid_request"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"state": "x" * 1_025}, "invalid_request"),
        ({"state": "line\nline"}, "invalid_request"),
    ],
    ids=str,
)
async def test_a_wrong_request_goes_back_to_its_client(house, changes, error):
    answer = answer_of(await house.open(**changes))
    assert answer["error"] == error
    assert answer["error_description"]
    assert answer["iss"] == ISSUER
    assert "code" not in answer


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "",
        "/docs/oauth2-redirect.html",
        "https://elsewhere.example/",
        "//elsewhere.example/docs/oauth2-redirect.html",
        f"{BACK}?x=1",
        f"{BACK}#x",
        f"{BACK}/../..",
        f"{BACK}%00",
        BACK.upper(),
        BACK.replace("7420", "7421"),
        BACK.replace("http:", "https:"),
        BACK.replace("127.0.0.1", "127.0.0.1@elsewhere.example"),
        BACK.replace("127.0.0.1", "127.0.0.1.elsewhere.example"),
        BACK.replace("127.0.0.1", "127.1"),
        BACK.replace("/docs", "\\docs"),
        f" {BACK}",
        f"{BACK}\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_the_clients(house, uri):
    opened = await house.open(redirect_uri=uri)
    fields = Page(await (await house.open()).text()).fields | {"name": "desk", "password": "NTFTEST"}
    posted = await house.post({**fields, "redirect_uri": uri or ""})
    for response in (opened, posted):
        assert response.status == 400
        assert "Location" not in response.headers
        assert "elsewhere" not in await response.text()
        assert "form-action 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("client_id", [None, "", "nobody", "eqrc-inet", "<script>", "DOCS"])
async def test_for_a_client_that_is_not_known_or_has_no_address_nobody_logs_in(house, client_id):
    response = await house.open(client_id=client_id)
    assert response.status == 400
    assert "Location" not in response.headers
    assert "<script>" not in await response.text()


async def test_a_parameter_that_stands_twice_is_answered_on_the_page(house):
    response = await house.ask("GET", f"/auth/authorize?{house.request()}&client_id=other")
    assert (response.status, "Location" in response.headers) == (400, False)


async def test_an_address_with_a_query_keeps_it(build):
    house = await build(added(OTHER))
    uri = "https://other.example/back?of=us"
    response = await house.log_in(client_id="other", redirect_uri=uri)
    assert response.headers["Location"].startswith(f"{uri}&code=")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
async def test_on_loopback_the_venues_own_paths_have_any_of_its_names(house, name):
    assert (await house.open(redirect_uri=BACK.replace("127.0.0.1", name))).status == 200


async def test_who_cancels_goes_back_without_a_code(house):
    fields = Page(await (await house.open()).text()).fields
    answer = answer_of(await house.post(fields | {"action": "cancel", "name": "", "password": ""}))
    assert answer["error"] == "access_denied"


async def test_a_scope_of_which_the_person_has_nothing_goes_back_without_a_code(house):
    assert answer_of(await house.log_in("inet-risk", scope="prm-read"))["error"] == "invalid_scope"

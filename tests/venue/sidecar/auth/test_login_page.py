"""The login page: what it is made of, whom it believes, what it tells who is wrong."""

import re

import pytest
from gatehouse import Page, answer_of

from venue.sidecar.auth import login_page

WRONG = "Name or password is wrong."


async def test_it_is_a_form_that_needs_no_script_and_no_eyes(house):
    response = await house.open()
    text = await response.text()
    page = Page(text)
    assert response.content_type == "text/html"
    assert page.labels == {"name", "password"} <= page.fields.keys()
    assert {found["autocomplete"] for tag, found in page.tags if "autocomplete" in found} == {
        "username",
        "current-password",
    }
    assert ("html", {"lang": "en"}) in page.tags
    assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "object", "base"}
    assert not [name for _, found in page.tags for name in found if name.startswith("on")]
    assert "prefers-color-scheme: dark" in text
    assert "<title>TEST · Log in: Portcullis demo</title>" in text


async def test_it_may_be_neither_framed_nor_scripted_nor_kept_nor_posted_elsewhere(house):
    headers = (await house.open()).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:7420;" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/auth/authorize" in cookie


async def test_the_style_is_the_one_that_the_policy_names(house):
    response = await house.open()
    (style,) = re.findall("<style>(.*)</style>", await response.text(), re.DOTALL)
    assert style == login_page.STYLE
    assert f"'sha256-{login_page.STYLE_HASH}'" in response.headers["Content-Security-Policy"]


async def test_over_tls_its_cookie_stays_there(build):
    house = await build(("token_seconds = 300", 'url = "https://venue.example"'))
    response = await house.open(redirect_uri="https://venue.example/docs/oauth2-redirect.html")
    assert "Secure" in response.headers["Set-Cookie"]


async def test_what_a_client_says_is_text_on_the_page_and_nothing_else(house):
    state = "\"><script>alert(1)</script>{{ 7 * 7 }}'"
    response = await house.open(state=state)
    text = await response.text()
    assert "<script>" not in text
    assert Page(text).fields["state"] == state


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("inet-risk", "WRONG"),
        ("inet-risk", "ntftest"),
        ("inet-risk", ""),
        ("nobody", "NTFTEST"),
        ("", ""),
        ("eqrc-inet", "eqrc-inet!xxxxxxxxxxxxxxxxxxxxxx"),
        ("IN19T6", "NTFTEST"),
        ("person:desk", "NTFTEST"),
        ("inet-risk\x00", "NTFTEST"),
        ("x" * 5_000, "x" * 5_000),
        ("\N{SNOWMAN}", "\N{SNOWMAN}"),
    ],
)
async def test_who_is_wrong_sees_the_page_again_and_not_what_was_wrong(house, name, password):
    response = await house.log_in(name, password)
    text = await response.text()
    assert response.status == 403
    assert Page(text).alerts == [WRONG]
    assert Page(text).fields["password"] == ""
    again = Page(text).fields | {"name": "desk", "password": "NTFTEST"}
    assert "code" in answer_of(await house.post(again)), "and may try again from there"


async def test_a_form_needs_the_page_it_was_on_and_the_browser_that_has_its_cookie(house):
    fields = Page(await (await house.open()).text()).fields | {"name": "desk", "password": "NTFTEST"}
    without = {name: value for name, value in fields.items() if name != "seal"}
    stamp, _, mac = fields["seal"].partition(".")
    for forged in (
        without,
        fields | {"seal": ""},
        fields | {"seal": "."},
        fields | {"seal": f"{int(stamp) + 1}.{mac}"},
        fields | {"seal": f"x.{mac}"},
        fields | {"state": "another"},
        fields | {"scope": "operations"},
        fields | {"code_challenge": "A" * 43},
    ):
        response = await house.post(forged)
        assert response.status == 403
        assert "too long" in Page(await response.text()).alerts[0]
    house.sessions["127.0.0.1"].cookie_jar.clear()
    assert (await house.post(fields)).status == 403
    elsewhere = await house.ask("POST", "/auth/authorize", data=fields, source="127.0.0.3")
    assert elsewhere.status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
    ],
)
async def test_a_form_that_another_site_posts_is_not_believed(house, headers, status):
    fields = Page(await (await house.open()).text()).fields | {"name": "desk", "password": "NTFTEST"}
    assert (await house.post(fields, headers)).status == status
    origin = f"http://127.0.0.1:{house.server.port}"
    assert (await house.post(fields, {"Origin": origin})).status == 303


async def test_a_page_is_good_for_ten_minutes(house):
    fields = Page(await (await house.open()).text()).fields | {"name": "desk", "password": "NTFTEST"}
    house.clock.now += 599
    assert (await house.post(fields)).status == 303
    house.clock.now += 1
    response = await house.post(fields)
    assert response.status == 403
    fresh = Page(await response.text()).fields | {"name": "desk", "password": "NTFTEST"}
    assert (await house.post(fresh)).status == 303


async def test_two_pages_in_one_browser_are_both_good(house):
    one, two = [Page(await (await house.open()).text()).fields for _ in range(2)]
    for fields in (one, two):
        assert (await house.post(fields | {"name": "desk", "password": "NTFTEST"})).status == 303


async def test_a_form_is_bounded(house):
    response = await house.post({"name": "x" * 20_000})
    assert response.status == 413


async def test_who_guesses_has_to_wait_and_is_told_for_how_long(build):
    patient = "[login]\nfailures_before_delay = 2\nfirst_delay_ms = 60000\nlongest_delay_ms = 60000\n[soupbintcp]\n"
    house = await build(("[soupbintcp]\n", patient))
    for _ in range(2):
        assert (await house.log_in("desk", "WRONG")).status == 403
    response = await house.log_in("desk", "NTFTEST")
    assert (response.status, response.headers["Retry-After"]) == (429, "60")
    assert Page(await response.text()).alerts == ["Too many logins have failed. Please wait 60 seconds."]
    assert (await house.log_in("inet-risk", "NTFTEST")).status == 303, "other names notice nothing"

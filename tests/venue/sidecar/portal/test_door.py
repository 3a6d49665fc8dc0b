"""Who comes into the portal, how, and whose pages they see; what is sent from elsewhere is not believed."""

import gzip
import hashlib
import re
from importlib import resources
from urllib.parse import parse_qs, urlsplit

import pytest
from visitors import Visitor

from venue.sidecar.portal.assets import FILES, STATIC
from venue.sidecar.portal.pages import PAGES

PEOPLE = ("gp29-risk", "gp29-view", "inet-risk", "inet-view", "clrg-risk", "inet-corr", "akam-cpty", "desk")


@pytest.fixture
def stranger(demo):
    """Somebody who is not logged in."""
    return Visitor(demo.addresses["http"])


def test_who_is_not_logged_in_sees_the_door_and_who_there_is(stranger):
    door = stranger.get("/portal")
    assert door.status == 200
    assert "TEST" in door.words
    assert all(name in door.words for name in PEOPLE)
    for page in PAGES:
        sent = stranger.get(page.path)
        assert (sent.status, urlsplit(sent.headers["Location"]).path) == (303, "/portal")
    part = stranger.part("/portal/part?part=prm-accounts:")
    assert (part.status, part.headers["HX-Redirect"]) == (401, "/portal")
    assert stranger.get("/portal/live?part=prm-accounts:").status == 204


def test_people_log_in_by_code_with_pkce_and_come_to_the_page_they_wanted(stranger):
    sent, _ = stranger.begin()
    asked = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert (asked["client_id"], asked["code_challenge_method"]) == (["portal"], ["S256"])
    stranger.log_in("gp29-risk", "/portal/prm?account=GP29Q1")
    assert "Account GP29Q1" in stranger.first.page.having("aria-label")


def test_who_logs_in_again_comes_back_to_the_page_they_were_on(stranger):
    """A session may end while a dialog is open, or where the second process is started anew."""
    shown = f"http://{stranger.host}/portal/flow?book=nordic:101&kind=trade"
    for sent in (
        stranger.part("/portal/part?part=sample", HX_Current_URL=shown),
        stranger.post("/portal/prm/GP29P1/act", {}, HX_Current_URL=shown),
    ):
        assert sent.status == 401
        door = stranger.get(sent.headers["HX-Redirect"])
        (login,) = [path for path in door.page.having("href") if path.startswith("/portal/login?next")]
        assert parse_qs(urlsplit(login).query) == {"next": ["/portal/flow?book=nordic:101&kind=trade"]}
    elsewhere = stranger.part("/portal/part?part=sample", HX_Current_URL="https://elsewhere.example/portal/flow")
    assert elsewhere.headers["HX-Redirect"] == "/portal"


def test_without_scripts_what_chooses_has_a_button(visit):
    for name, path in (("desk", "prm"), ("desk", "flow"), ("desk", "desk"), ("desk", "eqrc"), ("clrg-risk", "ptr")):
        page = visit(name).get(f"/portal/{path}").page
        assert len(page.having("data-autosubmit")) == len([tag for tag, _ in page.tags if tag == "noscript"]) - 1, path


def test_the_door_leads_in_by_name_and_a_wrong_password_keeps_the_name(stranger):
    door = stranger.get("/portal?next=/portal/flow")
    assert "PRM, Order flow" in door.words
    (way,) = [path for path in door.page.having("href") if "as=gp29-risk" in path]
    login = stranger.get(stranger.get(way).headers["Location"])
    assert "TEST" in login.words
    form = login.page.fields
    assert form["name"] == "gp29-risk"
    wrong = stranger.send("POST", "/auth/authorize", form | {"password": "wrong", "action": "log-in"})
    assert (wrong.status, wrong.page.fields["name"]) == (403, "gp29-risk")
    assert "login_hint" not in stranger.get("/portal/login?as=%3Cb%3E").headers["Location"]


def test_a_page_elsewhere_is_nowhere_to_come_back_to(stranger):
    for page in ("https://elsewhere.example/", "//elsewhere.example", "/portal/../docs", "/docs"):
        stranger.begin(page)
        assert stranger.log_in("gp29-view", page).first.status == 200


def test_the_cookie_is_for_no_script_and_no_other_site_and_another_after_each_login(demo):
    keys = set()
    for _ in range(2):
        stranger = Visitor(demo.addresses["http"])
        _, door = stranger.begin()
        form = door.page.fields | {"name": "gp29-view", "password": "NTFTEST", "action": "log-in"}
        back = urlsplit(stranger.send("POST", "/auth/authorize", form).headers["Location"])
        came = stranger.get(f"{back.path}?{back.query}")
        (line,) = [one for one in came.headers.get_all("Set-Cookie") if "session" in one]
        assert {"HttpOnly", "SameSite=Strict", "Path=/portal"} <= set(line.split("; "))
        assert "Expires" not in line
        keys.add(line.split(";")[0])
        assert stranger.get(f"{back.path}?{back.query}").status == 403, "a way back is good once"
    assert len(keys) == 2


def test_a_login_is_of_the_browser_in_which_it_began(demo, stranger):
    """Who is sent the address of somebody else's login is not logged in by it."""
    _, door = stranger.begin()
    form = door.page.fields | {"name": "gp29-view", "password": "NTFTEST", "action": "log-in"}
    back = urlsplit(stranger.send("POST", "/auth/authorize", form).headers["Location"])
    victim = Visitor(demo.addresses["http"])
    assert victim.get(f"{back.path}?{back.query}").status == 403
    assert not any("session" in name for name in victim.cookies)
    wrong = back.query.replace("iss=http", "iss=https")
    assert stranger.get(f"{back.path}?{wrong}").status == 403


def test_who_logs_out_is_out(demo):
    leaving = Visitor(demo.addresses["http"]).log_in("gp29-view")
    kept = dict(leaving.cookies)
    left = leaving.post("/portal/logout")
    assert (left.status, left.headers["HX-Redirect"]) == (204, "/portal")
    assert leaving.get("/portal/prm", cookies=kept).status == 303


@pytest.mark.parametrize("name", PEOPLE)
def test_everybody_sees_in_the_navigation_what_their_roles_open_and_nothing_else(visit, name):
    visitor = visit(name)
    shown = {path for path in visitor.first.page.having("href") if path in {page.path for page in PAGES}}
    for page in PAGES:
        assert (visitor.get(page.path).status == 200) == (page.path in shown), page.path


def test_a_change_needs_the_token_of_the_session_and_a_page_of_ours(visit):
    visitor, path = visit("gp29-risk"), "/portal/prm/GP29PR/act"
    form = {"action": "keep"}
    assert visitor.post(path, form, X_CSRF_Token="").status == 403
    assert visitor.post(path, form, X_CSRF_Token=visit("gp29-view").csrf).status == 403
    assert visitor.post(path, form, Sec_Fetch_Site="cross-site").status == 403
    assert visitor.post(path, form, Sec_Fetch_Site="same-site").status == 403
    assert visitor.post(path, form, Origin="https://elsewhere.example").status == 403
    assert visitor.post(path, form, cookies={}).status == 401


def test_what_is_no_text_is_refused_and_not_taken_for_a_fault(stranger, visit):
    odd = "\N{LATIN SMALL LETTER E WITH ACUTE}"
    assert visit("gp29-risk").post("/portal/prm/GP29PR/act", {"action": "keep"}, X_CSRF_Token=odd).status == 403
    sent, _ = stranger.begin()
    (state,) = parse_qs(urlsplit(sent.headers["Location"]).query)["state"]
    odd_ones = dict.fromkeys(stranger.cookies, odd)
    assert stranger.send("GET", f"/portal/callback?state={state}&code=x", cookies=odd_ones).status == 403


def test_a_page_that_there_is_not_is_told_as_a_page(stranger):
    for path in ("/portal/nothing", "/portal/prm/", "/portal/<script>"):
        told = stranger.get(path)
        assert (told.status, told.words.split()[0]) == (404, "TEST")
        assert "script" not in {tag for tag, _ in told.page.tags}
    assert stranger.send("POST", "/portal/nothing", {}).status == 405


def test_every_page_has_the_headers_of_caution_and_nothing_inline(visit):
    for answered in (visit("desk").get(page.path) for page in PAGES):
        policy = answered.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answered.headers["X-Frame-Options"] == "DENY"
        assert answered.headers["Cache-Control"] == "no-store"
        page = answered.page
        assert not page.having("style")
        assert "style" not in {tag for tag, _ in page.tags}
        assert not [name for _, found in page.tags for name in found if name.startswith(("on", "hx-on"))]
        assert all("src" in found for tag, found in page.tags if tag == "script")
        loaded = [*page.having("src"), *(found["href"] for tag, found in page.tags if tag == "link")]
        assert all(one.startswith("/portal/static/") for one in loaded)
        assert answered.words.lstrip().startswith("TEST")


def test_the_first_page_is_small(visit):
    visitor = visit("desk")
    for page in PAGES:
        answered = visitor.get(page.path)
        parts = [*answered.page.having("src"), *(path for path in answered.page.having("href") if "/static/" in path)]
        sizes = [len(visitor.get(path, Accept_Encoding="gzip").content) for path in set(parts)]
        assert len(answered.content) + sum(sizes) < 150_000, page.path


def test_files_are_kept_by_browsers_and_change_their_address_with_their_content(stranger):
    for name in FILES:
        found = stranger.get(f"/portal/static/{name}")
        assert (found.status, found.headers["Cache-Control"]) == (200, "no-cache")
        mark = found.headers["ETag"]
        assert stranger.get(f"/portal/static/{name}", If_None_Match=mark).status == 304
        dated = stranger.get(f"/portal/static/{name}?v={mark.strip(chr(34))}", Accept_Encoding="gzip")
        assert "immutable" in dated.headers["Cache-Control"]
        assert gzip.decompress(dated.content) == found.content
    assert stranger.get("/portal/static/..%2fvisit.py").status == 404


def test_libraries_are_as_their_packages_had_them():
    folder = STATIC.joinpath("vendor")
    lines = [line.split() for line in folder.joinpath("SHA256SUMS").read_text().splitlines()]
    assert {name for _, name in lines} == {file.name for file in folder.iterdir()} - {"SHA256SUMS", "VERSIONS"}
    for digest, name in lines:
        assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest, name
    for library in ("htmx", "idiomorph", "uPlot"):
        assert folder.joinpath(f"{library}.LICENSE").read_text()


def test_templates_load_nothing_from_other_machines():
    folder = resources.files("venue.sidecar.portal").joinpath("templates")
    for template in folder.iterdir():
        assert not re.search(r"(https?:)?//[a-z]", template.read_text()), template.name

"""What goes wrong is told to a person as a page, to a page as a message, and to a program as a problem."""

import re
from types import SimpleNamespace

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from visitors import Markup, Visitor

from venue.problem import Problem
from venue.sidecar.auth.identity import Identity
from venue.sidecar.engine import EngineGone
from venue.sidecar.portal.pages import PAGES
from venue.sidecar.portal.sessions import Session
from venue.sidecar.portal.trouble import VISIT
from venue.sidecar.portal.visit import Visit
from venue.sidecar.portal.wiring import for_people
from venue.sidecar.rest.problems import FOR_PEOPLE
from venue.sidecar.rest.serving import finish, guarded

pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web.NotAppKeyWarning")  # requests have an id by a word
HTML, PROBLEM = "text/html", "application/problem+json"
PART = {"HX-Request": "true"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGE = next(page for page in PAGES if page.key == "eqrc")
WRONG = {
    "broken": ZeroDivisionError("inside"),
    "gone": EngineGone("nobody answers", was_asked=False),
    "busy": Problem(429, "too often"),
}


async def fail(request):
    """What somebody who has logged in asks for, and what fails as the path says."""
    venue = SimpleNamespace(config=SimpleNamespace(venue=SimpleNamespace(name="A <venue>")))
    if "layout" not in request.query:
        venue.replica = SimpleNamespace(applied=7)
    session = Session("person:ann", "", frozenset(), None, None, 0.0, 0.0)
    request[VISIT] = Visit(request, venue, session, Identity("person:ann", frozenset(), None), PAGE, PAGES)
    raise WRONG[request.match_info["what"]]


@pytest.fixture
async def client():
    app = web.Application(middlewares=[guarded])
    app[FOR_PEOPLE] = for_people
    app.on_response_prepare.append(finish)
    for path in ("/portal/eqrc/{what}", "/rules-api/{what}"):
        app.router.add_get(path, fail)
    async with TestClient(TestServer(app)) as client:
        yield client


async def told(client, path, **headers):
    with structlog.testing.capture_logs() as lines:
        answer = await client.get(path, headers=headers)
        return answer, await answer.text(), lines


async def test_a_fault_is_a_page_in_the_portals_layout_with_its_reference_in_the_log_and_ways_on(client):
    answer, text, lines = await told(client, "/portal/eqrc/broken?tab=alerts", **BROWSER)
    assert (answer.status, answer.content_type) == (500, HTML)
    page = Markup(text)
    (reference,) = re.findall('id="reference">([^<]+)<', text)
    assert {line["id"] for line in lines if line["event"] in {"fault", "http"}} == {reference}
    assert answer.headers["X-Request-Id"] == reference
    assert "TEST" in page.words
    assert "The venue could not do that" in page.words
    assert "tell whoever runs the venue" in page.words
    assert "ZeroDivision" not in text
    ways = page.having("href")
    assert {"/portal/eqrc/broken?tab=alerts", PAGE.path} <= set(ways), "to try again, and back to the page"
    assert {one.path for one in PAGES} <= set(ways), "the navigation is there"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_fault_of_the_layout_itself_is_told_without_it(client):
    answer, text, _ = await told(client, "/portal/eqrc/broken?layout=broken", **BROWSER)
    assert (answer.status, answer.content_type) == (500, HTML)
    assert "The venue could not do that" in text
    assert "TEST" in Markup(text).words


async def test_a_part_of_a_page_is_told_beside_it(client):
    answer, text, lines = await told(client, "/portal/eqrc/broken", **PART)
    assert (answer.status, answer.headers["HX-Retarget"]) == (500, "#toasts")
    assert "<html" not in text
    assert {line["id"] for line in lines} <= set(re.findall(r"[0-9a-f]{16}", text))


async def test_what_passes_says_when_to_try_again(client):
    for path, status, words in (("gone", 503, "mostly back within seconds"), ("busy", 429, "Wait a few seconds")):
        answer, text, _ = await told(client, f"/portal/eqrc/{path}", **BROWSER)
        assert answer.status == status
        assert words in text
        assert f"/portal/eqrc/{path}" in Markup(text).having("href")
    assert (await told(client, "/portal/eqrc/gone"))[0].headers["Retry-After"] == "1"


async def test_programs_are_told_as_ever(client):
    for path, status in (("/rules-api/broken", 500), ("/rules-api/gone", 503)):
        answer, _, _ = await told(client, path, **BROWSER)
        assert (answer.status, answer.content_type) == (status, PROBLEM)
    assert (await told(client, "/nowhere"))[0].content_type == PROBLEM
    assert (await told(client, "/nowhere", **BROWSER))[0].content_type == HTML
    assert (await client.post("/rules-api/broken", headers=BROWSER)).content_type == PROBLEM


def test_what_people_may_meet_is_a_page_with_a_way_back(demo, visit):
    stranger, viewer = Visitor(demo.addresses["http"]), visit("inet-view")
    form = {"tab": "alerts", "much": "x" * 20_000}
    sent = {"X_CSRF_Token": viewer.csrf, "Sec_Fetch_Site": "same-origin"}
    for status, answered in (
        (404, stranger.get("/portal/nothing")),
        (404, viewer.get("/portal/nothing")),
        (404, stranger.get("/nothing", **BROWSER)),
        (403, viewer.get("/portal/prm")),
        (405, viewer.send("PUT", "/portal/eqrc")),
        (405, stranger.send("POST", "/portal/nothing", {})),
        (413, viewer.send("POST", "/portal/eqrc/layout", form, **sent)),
        (422, visit("inet-risk").get("/portal/eqrc/audit/file?from=nothing")),
    ):
        assert (answered.status, answered.headers["Content-Type"].partition(";")[0]) == (status, HTML), status
        assert "TEST" in answered.words
        assert any(path.startswith("/portal") for path in answered.page.having("href"))
        assert "reference" in answered.words
    toast = viewer.post("/portal/eqrc/layout", form)
    assert (toast.status, toast.headers["HX-Retarget"]) == (413, "#toasts")
    assert stranger.get("/nothing").headers["Content-Type"] == PROBLEM
    for lost in (viewer.get("/portal/nothing"), viewer.send("PUT", "/portal/eqrc")):
        assert PAGE.path in lost.page.having("href"), "who has logged in has the navigation"
    assert "/portal/prm" not in viewer.get("/portal/prm").page.having("href"), "no way to what is not theirs"


def test_who_comes_back_after_their_session_is_told_that_it_has_ended(demo):
    leaving = Visitor(demo.addresses["http"]).log_in("gp29-view")
    kept = dict(leaving.cookies)
    leaving.post("/portal/logout")
    assert "Your session has ended" not in leaving.get("/portal").words, "who has logged out knows"
    sent = leaving.get("/portal/prm?account=GP29P1", cookies=kept)
    assert "Your session has ended" in leaving.get(sent.headers["Location"], cookies=kept).words

"""A clearing firm's program that means ill, or does not know better: what it sends is answered, and changes nothing."""

import asyncio
import json

import pytest
from clearing_floor import ClearingFloor
from clearing_service import opened, serving
from yarl import URL

from venue.access import network_of
from venue.sidecar import clearing
from venue.sidecar.rest import serving as rest_serving
from venue.sidecar.rest.user_types import Caller

pytestmark = [
    pytest.mark.section("PTR", "3.2 Semantics"),
    pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey"),  # plain keys serve us as well
]
CLEARING, OPERATOR = "workx-ptr-api", "ntf-operator"
POLL, CONFIGURATIONS = "/ptr-api/clearing/poll", "/ptr-api/clearing/configurations"


@pytest.fixture
async def service(tmp_path):
    async with opened(tmp_path) as service:
        yield service


async def polled(service, *kept, **body):
    """Poll with what is kept, in one header each."""
    fields = [("Authorization", f"Bearer {service.tokens.get(CLEARING) or await service.login(CLEARING)}")]
    fields += [("If-None-Match", etag) for etag in kept]
    async with service.session("127.0.0.1").post(service.server.make_url(POLL), json=body, headers=fields) as answer:
        return answer.status, answer.headers["ETag"]


async def test_what_another_venue_showed_is_never_taken_for_what_this_one_shows(tmp_path):
    marks = []
    for name, quantity in (("first", 1), ("second", 2), ("third", 2)):
        (tmp_path / name).mkdir()
        floor = ClearingFloor(tmp_path / name)
        async with serving(floor, asyncio.get_running_loop()) as service:
            floor.trade("B", quantity)
            await service.catch_up()
            marks.append((await polled(service))[1])
            assert (await polled(service, marks[0]))[0] == (304 if name == "first" else 200)
        floor.close()
    assert marks[0] != marks[1] == marks[2]


async def test_a_mark_is_compared_whether_weak_or_strong_in_any_header(service):
    _, mark = await polled(service)
    strong = mark.removeprefix("W/")
    for kept in ((mark,), (strong,), ('"x"', mark), (f'"x",{strong} , W/"y"',), ("*",)):
        assert await polled(service, *kept) == (304, mark)
    for kept in ((mark.upper(),), (strong[:-1],), (f"{mark}x",), ("W/",), ('""',), ("",)):
        assert await polled(service, *kept) == (200, mark)


async def test_a_mark_holds_for_its_own_selection(service):
    selections = ({}, {"mpids": ["INET"]}, {"mpids": ["AKAM"]}, {"limit": 1}, {"after": "INET"}, {"withAlerts": True})
    marks = [(await polled(service, **body))[1] for body in selections]
    assert marks[4] == marks[5], "nothing is shown in both"
    for body, own in zip(selections, marks, strict=True):
        for mark in marks:
            assert (await polled(service, mark, **body))[0] == (304 if mark == own else 200)
    assert len(set(marks)) == 5


async def test_what_nobody_changed_is_selected_once_however_many_ask(service, monkeypatch):
    chosen, select = [], Caller.selected
    monkeypatch.setattr(Caller, "selected", lambda caller, named: chosen.append(named) or select(caller, named))
    _, mark = await polled(service)
    assert [(await polled(service, mark))[0] for _ in range(3)] == [304] * 3
    assert chosen == [None]
    service.floor.enter("AK01T1", "B", 100, 150)  # an order that trades with nobody
    await service.catch_up()
    assert await polled(service, mark) == (304, mark)
    assert (await service.poll(OPERATOR)).status == 200, "who else may see is selected for himself"
    assert len(chosen) == 2
    service.floor.trade("B", 1)
    await service.catch_up()
    assert (await polled(service, mark))[0] == 200
    assert len(chosen) == 3
    monkeypatch.setattr(clearing, "ANSWERS_KEPT", 3)
    for limit in range(1, 6):
        await service.poll(limit=limit)
    assert len(service.house._answers) == clearing.ANSWERS_KEPT


async def send_in_two(service, client, verb, path, body, meanwhile):
    """Send the head of a request, do something, then send its body; gives the answer's status and content."""
    url = service.server.make_url("/")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    content = json.dumps(body).encode()
    head = (
        f"{verb} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {service.tokens[client]}\r\n"
    )
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode())
    await meanwhile()
    writer.write(content)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]


async def test_who_is_shut_out_before_the_end_of_his_request_is_not_served(service, monkeypatch):
    monkeypatch.setattr(rest_serving, "LATE_SECONDS", 0.0)
    granted = {"id": "slow", "userTypes": {"clearing": ["CLRG", "INET"]}, "networks": ["127.0.0.1"]}
    body = {"correspondent": "INET", "settingType": "BOTH", "limits": {"perTrade": 1}}
    for path, verb, asked in ((CONFIGURATIONS, "PUT", body), (POLL, "POST", {})):
        secret = (await service.ask(OPERATOR, "POST", "/ops/ptr/subscriptions", granted)).json["secret"]
        await service.login("slow", secret)

        async def revoke():
            assert (await service.ask(OPERATOR, "DELETE", "/ops/ptr/subscriptions/slow")).status == 200

        status, content = await send_in_two(service, "slow", verb, path, asked, revoke)
        assert (status, json.loads(content)["status"]) == (401, 401)
    assert service.house.clearing.audited == 0


@pytest.mark.parametrize("text", ["::1%lo", "fe80::1%eth0", "::ffff:127.0.0.1", "::ffff:10.0.0.0/104"])
async def test_a_network_that_no_address_is_ever_in_is_refused(service, text):
    with pytest.raises(ValueError, match=r"leave|give it as such"):
        network_of(text)
    granted = {"id": "never", "userTypes": {"clearing": ["CLRG"]}, "networks": ["127.0.0.1", text]}
    answered = await service.ask(OPERATOR, "POST", "/ops/ptr/subscriptions", granted)
    assert (answered.status, answered.fields) == (422, ["networks[1]"])


DEEP = b'{"mpids":' * 3_000
GARBAGE = [
    *(b"null", b"[]", b"1", b"{", b"{} x", b"\xef\xbb\xbf{}", b"\xff", DEEP, b'{"limit": 1e400}', b'{"limit": NaN}'),
    *(b'{"limit": 0}', b'{"limit": 1.0}', b'{"limit": %s}' % (b"9" * 5_000), b'{"after": "\\ud800"}', b'{"after": 1}'),
    *(b'{"mpids": []}', b'{"mpids": "INET"}', b'{"mpids": ["inet"]}', b'{"mpids": ["\xd9\xa1\xd9\xa1"]}', b'{"x": 1}'),
    *(b'{"withAlerts": 1}', b'{"mpids": ["ZZZZ"]}', b'{"mpids": ["INET", "ZZZZ"]}'),
]
LIMITS = ("true", "1.0", '"1"', "1e2", "1" + "0" * 30, "-1", "{}", "[1]")


async def test_garbage_is_a_problem_of_the_caller_and_changes_nothing(service):
    await service.login(CLEARING)
    before, root = service.floor.machine.number, str(service.server.make_url("/")).rstrip("/")
    fields = {"Authorization": f"Bearer {service.tokens[CLEARING]}", "Content-Type": "application/json"}
    limit = '{"correspondent": "INET", "settingType": "BOTH", "limits": {"aggregateBuy": 1, "perTrade": %s}}'
    asked = [("POST", POLL, content) for content in GARBAGE]
    asked += [("PUT", CONFIGURATIONS, (limit % value).encode()) for value in LIMITS]
    asked += [
        ("POST", f"/ptr-api/ext/held/{name}/allow", b"") for name in ("x" * 5_000, "%00", "%0d%0aX:", "%ff", "a%2Fb")
    ]
    for verb, path, content in asked:
        async with service.session("127.0.0.1").request(
            verb, URL(f"{root}{path}", encoded=True), data=content, headers=fields
        ) as answer:
            assert answer.status in {400, 403, 404, 422}, content
            assert answer.content_type == "application/problem+json"
            assert answer.headers["X-Environment"] == "NTF"
    assert service.floor.machine.number == before
    assert service.house.clearing.audited == 0

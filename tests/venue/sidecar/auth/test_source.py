"""From where it may be asked: the connection's address decides, before who asks is looked at, and no header does."""

import asyncio
from ipaddress import ip_address

import pytest
from gatehouse import basic, bearer, secret_of

from venue.http_settings import HttpSettings
from venue.listener import plain_address
from venue.sidecar.auth.source import Sources

PTR = "/ptr-api/clearing/access"
HERE_ONLY = ('allow = ["127.0.0.0/8", "::1"]', 'allow = ["127.0.0.1"]')


async def test_the_demo_lets_loopback_ask_and_post_trade_risk_from_two_addresses_alone(house):
    token = await house.access("workx-ptr-api")
    assert (await house.ask("GET", PTR, headers=bearer(token))).status == 200
    elsewhere = await house.ask("GET", PTR, source="127.0.0.2", headers=bearer(token))
    assert elsewhere.status == 403
    assert elsewhere.content_type == "application/problem+json"
    assert (await elsewhere.json())["status"] == 403
    assert (await house.ask("GET", "/anyone", source="127.0.0.2")).status == 200


async def test_it_is_decided_before_who_asks_is_looked_at_and_before_a_body_is_read(build):
    house = await build(HERE_ONLY)
    for method, path, details in (
        ("GET", "/who", {}),
        ("GET", "/who", {"headers": bearer("garbage")}),
        ("GET", "/nowhere", {}),
        ("POST", "/auth/token", {"data": b"x" * 100_000}),
        ("POST", "/auth/token", {"data": {"grant_type": "client_credentials"}, "headers": basic("x", "y")}),
        ("GET", "/auth/authorize", {}),
        ("GET", "/auth/jwks", {}),
    ):
        response = await house.ask(method, path, source="127.0.0.2", **details)
        assert response.status == 403, path
        assert "WWW-Authenticate" not in response.headers
    assert len(house.auth.addresses) == 0, "and costs no bucket"
    assert (await house.token("eqrc-inet", secret_of("eqrc-inet"))).status == 200


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Host"],
)
async def test_no_header_that_claims_another_address_is_believed(house, header):
    value = "for=127.0.0.1" if header == "Forwarded" else "127.0.0.1"
    assert (await house.ask("GET", PTR, source="127.0.0.2", headers={header: value})).status == 403


@pytest.mark.parametrize(
    "path",
    [
        PTR,
        "//ptr-api/clearing/access",
        "/./ptr-api/clearing/access",
        "/x/../ptr-api/clearing/access",
        "/%70tr-api/clearing/access",
        "/ptr-api%2fclearing/access",
        "/ptr-api/clearing/access?x=/y",
        "http://127.0.0.1/ptr-api/clearing/access",
        "/ptr-api;x/clearing/access",
        "/ptr-api\\clearing\\access",
    ],
)
async def test_a_path_written_another_way_is_guarded_the_same_or_is_none(house, path):
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port, local_addr=("127.0.0.2", 0))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split()[1] in (b"403", b"404", b"400"), answer


@pytest.mark.parametrize(
    ("address", "path", "admitted"),
    [
        ("10.1.2.3", "/who", True),
        ("10.1.2.3", "/ptr-api", False),
        ("10.1.2.3", "/ptr-api/", False),
        ("10.1.2.3", "/ptr-api/x/y", False),
        ("10.1.2.3", "/ptr-apis", True),
        ("10.1.2.3", "/PTR-API/x", True),
        ("10.7.0.1", "/ptr-api/x", True),
        ("192.0.2.1", "/who", False),
        ("192.0.2.1", "/ptr-api/x", False),
        ("::ffff:10.7.0.1", "/ptr-api/x", True),
        ("::ffff:192.0.2.1", "/who", False),
        ("::1", "/who", True),
        ("::1", "/ptr-api/x", False),
        ("fe80::1%eth0", "/who", False),
    ],
)
def test_networks_are_held_to_addresses_whatever_they_are_dressed_in(address, path, admitted):
    sources = Sources(HttpSettings(allow=("10.0.0.0/8", "::1"), allow_under={"/ptr-api": ("10.7.0.0/24", "192.0.2.1")}))
    assert sources.admits(plain_address(address), path) == admitted


def test_without_lists_everybody_may_ask():
    assert Sources(HttpSettings()).admits(ip_address("192.0.2.1"), "/ptr-api/x")

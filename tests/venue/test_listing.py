"""A list that may be long comes so many at a time, since the venue waits for it."""

import pytest


@pytest.fixture
def venue(host):
    return host()


def test_orders_come_so_many_at_a_time_each_once(venue, connect):
    names, counts = ("IN19T6", "AK01T1"), (700, 501)
    traders = [connect(venue, name=name) for name in names]
    for client in traders:
        client.expect("S")
    for client, count in zip(traders, counts, strict=True):
        client.send(*(client.order(number, price=10_000) for number in range(1, count + 1)))
        client.take(count)
    seen, cursor = [], ""
    while cursor is not None:
        answer = venue.ask(f"orders?after={cursor}").body
        assert 0 < len(answer["items"]) <= 500
        seen += [(item["port"], item["userRefNum"]) for item in answer["items"]]
        cursor = answer["next"]
        if cursor and len(seen) == 500:
            traders[0].send(traders[0].cancel(500))  # the order that the cursor names may be gone
            traders[0].expect("C")
    assert seen == [(name, number) for name, count in zip(names, counts, strict=True) for number in range(1, count + 1)]
    alone = venue.ask("orders?port=AK01T1&after=AK01T1:500").body
    assert ([item["userRefNum"] for item in alone["items"]], alone["next"]) == ([501], None)
    assert venue.ask("orders?port=IN19T6&after=AK01T1:1").body["items"] == []


@pytest.mark.parametrize(
    "cursor", ["IN19T6", "IN19T6:", "NOBODY:1", "IN19T6:x", "IN19T6:-1", "IN19T6:1234567890123456789"]
)
def test_a_cursor_that_no_answer_gave_is_refused(venue, cursor):
    answer = venue.ask(f"orders?after={cursor}")
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "after")

"""Order attributes at a real venue, over TCP: what clients and operators see, and what a restart brings back."""

import pytest

from ouch import codec

ATTRIBUTES = pytest.mark.section("Portcullis", "Order attributes at a real venue")
NAME, SISTER, OTHER = "IN19T6", "IN24T4", "AK01T1"
PRICE = 1_900_000


def hidden(message):
    """The same Enter Order, not displayed."""
    return message[:27] + b"N" + message[28:]


def option(tag, value):
    return codec.pack_options({tag: value})


@pytest.fixture
def venue(host):
    return host()


@pytest.fixture
def traders(venue, connect):
    """One port of the firm, its sister, and the counterparty, past the day's start."""
    clients = [connect(venue, name=name) for name in (NAME, SISTER, OTHER)]
    for client in clients:
        client.expect("S")
    return clients


def shown(venue):
    """What operations see of each order: whose, the whole of it, what is displayed, what has gone."""
    items = venue.ask("orders").body["items"]
    return [(item["port"], item["quantity"], item["displayed"], item["executed"]) for item in items]


def again(host, venue):
    """The same venue after a clean stop, and the same state."""
    before = venue.hash()
    venue.stop()
    started = host(data=venue.data)
    assert started.hash() == before
    return started


@ATTRIBUTES
def test_a_minimum_is_met_by_one_order_that_is_large_enough(venue, traders):
    client, _, other = traders
    client.send(hidden(client.order(1, quantity=300, options=option(codec.TAG_MIN_QTY, 200))))
    client.expect("A")
    other.enter(1, b"S", 199)
    other.expect("A")
    assert shown(venue) == [(NAME, 300, 0, 0), (OTHER, 199, 199, 0)]
    other.enter(2, b"S", 200)
    other.expect("A")
    assert other.expect("E")[1:4] == (2, 200, PRICE)
    assert client.expect("E")[1:5] == (1, 200, PRICE, b"J")
    assert shown(venue) == [(NAME, 100, 0, 200), (OTHER, 199, 199, 0)]


@ATTRIBUTES
def test_a_displayed_order_with_a_minimum_is_taken_as_immediate_or_cancel(traders):
    client, *_ = traders
    client.enter(1, quantity=300, options=option(codec.TAG_MIN_QTY, 200))
    accepted = client.expect("A")
    assert (accepted[6], accepted[12]) == (b"3", b"D")
    assert client.settle() == (2, [])


@ATTRIBUTES
def test_a_reserve_is_refilled_and_restated(venue, traders):
    client, _, other = traders
    client.enter(1, b"S", 500, options=option(codec.TAG_MAX_FLOOR, 200))
    client.expect("A")
    assert shown(venue) == [(NAME, 500, 200, 0)]
    other.enter(1, b"B", 250)
    other.take(3)
    assert [client.expect("E")[2:5] for _ in range(2)] == [(200, PRICE, b"A"), (50, PRICE, b"u")]
    _, number, reason, appendage = client.expect("R")
    options = codec.unpack_options(appendage, codec.ORDER_RESTATED_OPTIONS)
    assert (number, reason) == (1, b"R")
    assert options == {codec.TAG_SECONDARY_ORD_REF_NUM: 3, codec.TAG_DISPLAY_QUANTITY: 200}
    assert shown(venue) == [(NAME, 250, 200, 250)]


@ATTRIBUTES
def test_two_ports_of_a_firm_do_not_trade_with_each_other(venue, traders):
    client, sister, other = traders
    client.enter(1, b"S", 100, options=option(codec.TAG_AIQ_STRATEGY, b"D"))
    client.expect("A")
    sister.enter(1, b"B", 60)
    sister.expect("A")
    assert sister.expect("D")[1:] == (1, 60, b"Q", 60, PRICE, b"R", b"D", b"")
    assert client.expect("D")[1:] == (1, 60, b"Q", 60, PRICE, b"A", b"D", b"")
    assert shown(venue) == [(NAME, 40, 40, 60)]
    other.enter(1, b"B", 40)
    other.expect("A")
    assert other.expect("E")[1:4] == (1, 40, PRICE)


@ATTRIBUTES
def test_the_configuration_says_what_a_port_s_orders_have_and_who_belongs_together(host, connect, demo_config):
    strategy = ('name = "IN19T6"\n', 'name = "IN19T6"\naiq_strategy = "o"\n')
    firms = "".join(f'[[firm]]\nmpid = "{mpid}"\norganization = "ONE"\n\n' for mpid in ("INET", "AKAM"))
    venue = host(demo_config(strategy, ("# --- Securities", firms + "# --- Securities")))
    client, other = connect(venue, name=NAME), connect(venue, name=OTHER)
    client.expect("S")
    other.expect("S")
    client.enter(1, b"S", 100)
    client.expect("A")
    other.enter(1, b"B", 60)
    assert other.settle()[1][0][:1] == b"A"
    assert client.expect("D")[1:8] == (1, 100, b"Q", 60, PRICE, b"A", b"o")
    assert shown(venue) == [(OTHER, 60, 60, 0)]


@ATTRIBUTES
def test_what_rests_with_attributes_comes_back_as_it_was(host, venue, traders, connect):
    client, sister, other = traders
    client.enter(1, b"S", 500, options=option(codec.TAG_MAX_FLOOR, 200))
    client.send(hidden(client.order(2, b"S", 300, price=PRICE + 100, options=option(codec.TAG_MIN_QTY, 300))))
    client.settle()
    sister.enter(1, b"S", 100, price=PRICE + 200, options=option(codec.TAG_AIQ_STRATEGY, b"O"))
    sister.settle()
    other.enter(1, b"B", 250)
    other.settle()
    client.take(3)
    started = again(host, venue)
    assert shown(started) == [(NAME, 250, 200, 250), (NAME, 300, 0, 0), (SISTER, 100, 100, 0)]
    client, sister, other = (
        connect(started, name=name, session=each.session, sequence=each.sequence)
        for name, each in zip((NAME, SISTER, OTHER), traders, strict=True)
    )
    other.enter(2, b"B", 550, price=PRICE + 100)
    assert [message[:1] for message in other.take(4)] == [b"A", b"E", b"E", b"E"]
    assert [client.expect("E")[2:5] for _ in range(3)] == [
        (200, PRICE, b"A"),
        (50, PRICE, b"u"),
        (300, PRICE + 100, b"J"),
    ]
    client.enter(3, b"B", 50, price=PRICE + 200)
    client.expect("A")
    assert sister.expect("D")[1:] == (1, 100, b"Q", 50, PRICE + 200, b"A", b"O", b"")
    again(host, started)

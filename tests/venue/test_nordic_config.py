"""Nordic markets in the configuration file: what the demo has, and what is refused by the key's name."""

import msgspec
import pytest

from engine.api import AccountSettings, Command, CurrencyLimits
from venue import config
from venue.config import ConfigError
from venue.reference import market_command

CONFIGURATION = pytest.mark.section("Portcullis", "Configuration: Nordic markets")
SERVICES = len(config.parse(config.sample()).service)
SERVICE = """
[[service]]
key = "ouch.nordic.test"
offset = 99
protocol = "{protocol}"
market = "{market}"
"""
PORT = """
[[port]]
name = "GPTEST"
mpid = "{mpid}"
service = "{service}"
password = "NTFTEST"
{more}
"""


def book(**lines):
    """A book added at the end of the sample."""
    lines = {"order_book": 555, "symbol": '"X"', "mic": '"XSTO"', "currency": '"SEK"', "segment": 1} | lines
    return table("book", lines)


def member(**lines):
    return table("member", {"mpid": '"GP40"'} | lines)


SPONSORED = '["GP29O2"]'


def account(**lines):
    return table("account", {"name": '"GP29X1"', "mpid": '"GP29"', "users": '["GP29U5"]'} | lines)


def table(name, lines):
    return f"\n[[{name}]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None)


def refused(text):
    """The key that is to blame."""
    with pytest.raises(ConfigError) as error:
        config.parse(text)
    return error.value.key


@CONFIGURATION
@pytest.mark.parametrize(
    ("added", "key"),
    [
        (book(order_book=101), "book[6].order_book"),
        (book(order_book=0), "book[6].order_book"),
        (book(order_book=1_000_000_000), "book[6].order_book"),
        (book(order_book='"101"'), "book[6].order_book"),
        (book(symbol='""'), "book[6].symbol"),
        (book(symbol='"A  B"'), "book[6].symbol"),
        (book(mic='"xsto"'), "book[6].mic"),
        (book(currency='"SEKK"'), "book[6].currency"),
        (book(segment=65_536), "book[6].segment"),
        (book(market='"nasdaq"'), "book[6].market"),
        (book(previous_close='"0"'), "book[6].previous_close"),
        (book(ticks='[["1", "0.01"]]'), "book[6].ticks"),
        (book(fat_finger_aggressive=-1), "book[6].fat_finger_aggressive"),
        (book(fat_finger_passive=1_000.5), "book[6].fat_finger_passive"),
        (book(fat_finger_passive=0.00001), "book[6].fat_finger_passive"),
        (book(static_guard='"nan"'), "book[6].static_guard"),
        (book(guard=1), "book[6].guard"),
        (member(mpid='"GP29"'), "member[3].mpid"),
        (member(users='["GP29U1"]'), "member[3].users[0]"),
        (member(users='["GP40U1", "GP40U1"]'), "member[3].users[1]"),
        (member(users='["toolong7"]'), "member[3].users[0]"),
        (member(fat_finger_multiplier_aggressive=1_000), "member[3].fat_finger_multiplier_aggressive"),
        (account(name='"GP29PR"'), "account[4].name"),
        (account(name='"GP30X1"'), "account[4].name"),
        (account(name='"GP29X"'), "account[4].name"),
        (account(mpid='"GP99"'), "account[4].mpid"),
        (account(users='["GP29U6"]'), "account[4].users[0]"),
        (account(users='["GP30U1"]'), "account[4].users[0]"),
        (account(users='["GP29U1"]'), "account[4].users"),
        (account(users=None), "account[4].users"),
        (account(scope='"exclusion"'), "account[4].users"),
        (account(scope='"all"'), "account[4].scope"),
        (account(restricted_symbols="[999]"), "account[4].restricted_symbols[0]"),
        (account(restricted_segments="[-1]"), "account[4].restricted_segments[0]"),
        (account(sponsored_ports='["IN19T6"]'), "account[4].sponsored_ports[0]"),
        (account(sponsored_ports='["NOPORT"]'), "account[4].sponsored_ports[0]"),
        (account(limits="{ USD = { max_quantity = 1 } }"), "account[4].limits.USD"),
        (account(limits="{ SEK = { max_value = -1 } }"), "account[4].limits.SEK.max_value"),
        (account(limits="{ SEK = { max_value = 0.00001 } }"), "account[4].limits.SEK.max_value"),
        (account(limits="{ SEK = { max_quantity = 4294967296 } }"), "account[4].limits[...].max_quantity"),
        (account(limits="{ SEK = { total_risk = -1 } }"), "account[4].limits.SEK.total_risk"),
        (account(limits="{ SEK = { max_value_auction = 0.00001 } }"), "account[4].limits.SEK.max_value_auction"),
        (account(symbol_rate=-1), "account[4].symbol_rate"),
        (account(emails='["nobody"]'), "account[4].emails[0]"),
        (
            account(sponsored_ports=SPONSORED, limits="{ SEK = { max_value = 1 } }"),
            "account[4].limits.SEK.total_risk",
        ),
        (account(sponsored_ports=SPONSORED, limits="{ SEK = { open_buy = 1 } }"), "account[4].limits.SEK.max_value"),
        (SERVICE.format(protocol="ouch-5.0-us", market="nordic"), f"service[{SERVICES}].protocol"),
    ],
    ids=lambda value: value.strip().replace("\n", " ")[:60],
)
def test_what_cannot_be_is_refused_by_its_key(added, key):
    assert refused(config.sample() + added) == key


@CONFIGURATION
@pytest.mark.parametrize("line", ["luld = true", "short_sale_test = true", "static_call_seconds = 0"])
def test_a_nordic_market_has_no_us_bands_and_its_calls_last(line):
    text = config.sample().replace('key = "nordic"\n', f'key = "nordic"\n{line}\n', 1)
    assert refused(text) == f"market[3].{line.split(' ')[0]}"


@CONFIGURATION
def test_letters_are_those_of_nordic_ouch_only():
    text = config.sample().replace('key = "fix.nordic"\n', 'key = "fix.nordic"\nblow_through_letter = "X"\n', 1)
    assert refused(text).endswith(".blow_through_letter")


@CONFIGURATION
@pytest.mark.parametrize("line", ["fat_finger = true", "max_orders_per_second = 5", "cancel_on_breach = true"])
def test_a_us_port_has_none_of_prm_s_settings(line):
    text = config.sample() + PORT.format(mpid="INET", service="ouch.nasdaq", more=line)
    assert refused(text).endswith(line.split(" ")[0])


@CONFIGURATION
@pytest.mark.parametrize("zone", ["Stockholm", "", "../UTC"])
def test_timestamps_count_from_a_zone_that_there_is(zone):
    assert refused(config.sample().replace('timestamps = "UTC"', f'timestamps = "{zone}"')) == "market[3].timestamps"


@CONFIGURATION
def test_a_rule_book_is_one_of_two():
    assert refused(config.sample().replace('rule_book = "prm"', 'rule_book = "prn"')) == "market[3].rule_book"


@CONFIGURATION
def test_books_need_a_market_that_goes_by_prm():
    text = config.sample().replace('rule_book = "prm" ', 'rule_book = "eqrc"')
    assert refused(text) in ("book[0].market", "service[5].protocol")


@CONFIGURATION
def test_a_symbol_and_a_book_are_not_called_the_same():
    assert refused(config.sample() + '\n[[symbol]]\nsymbol = "101"\n') == "book[0].order_book"


@CONFIGURATION
def test_the_demo_s_books_are_these():
    books = {
        book.order_book: (book.symbol, book.mic, book.currency, book.segment, book.previous_close, book.ticks)
        for book in config.parse(config.sample()).book
    }
    assert books == {
        101: ("ERIC B", "XSTO", "SEK", 100, "100.0000", (("0", "0.01"),)),
        102: ("VOLV B", "XSTO", "SEK", 100, "250.0000", (("0", "0.05"),)),
        201: ("NOKIA", "XHEL", "EUR", 200, "4.0000", (("0", "0.001"),)),
        301: ("NOVO B", "XCSE", "DKK", 300, "700.0000", (("0", "0.1"),)),
        401: ("MAREL", "XICE", "ISK", 400, "500.0000", (("0", "0.5"),)),
        901: ("FNDEMO", "SSME", "SEK", 900, "2.0000", (("0", "0.01"),)),
    }
    percentages = {
        entry.order_book: (
            *(entry.extension, entry.static_guard, entry.dynamic_guard),
            *(entry.fat_finger_aggressive, entry.fat_finger_passive),
        )
        for entry in market_command(config.parse(config.sample())).books
    }
    assert percentages == {
        order_book: tuple(percent * 10_000 for percent in row)
        for order_book, row in {
            "101": (6, 10, 3, 5, 10),
            "102": (6, 10, 3, 10, 20),
            "201": (6, 10, 3, 10, 20),
            "301": (6, 10, 3, 10, 20),
            "401": (10, 15, 5, 15, 30),
            "901": (20, 15, 10, 25, 50),
        }.items()
    }


@CONFIGURATION
def test_the_demo_s_members_and_accounts_are_these():
    command = market_command(config.parse(config.sample()))
    assert {member.mpid: len(member.users) for member in command.members} == {"GP29": 5, "GP30": 3, "GP31": 9}
    sek = CurrencyLimits(100_000, 10_000_000 * 10_000, 20_000)
    most, open_most = 100_000 * 10_000, 1_000_000 * 10_000
    sponsored = CurrencyLimits(0, 1_000_000 * 10_000, total_risk=most, total_traded=most, total_open=most)
    how = {"fat_finger_in_auctions": True, "symbol_rate": 50, "cancel_on_symbol_rate": True}
    repeated = {"repeated_order_limit": 3, "restrict_on_repeated_order": True}
    in_calls = {"market_order_prevention": True, "market_order_protection": True}
    assert {entry.account: (entry.users, entry.is_exclusion, entry.settings) for entry in command.accounts} == {
        "GP29PR": (
            ("GP29U1", "GP29U2"),
            False,
            AccountSettings({"SEK": sek, "EUR": CurrencyLimits(200_000)}),
        ),
        "GP29P1": (("GP29U3",), False, AccountSettings({"SEK": sponsored}, **how, emails=("risk@gp29.example",))),
        "GP29Q1": (
            ("GP29U4",),
            False,
            AccountSettings({"SEK": CurrencyLimits(total_open=open_most, blow_through=True)}, **repeated, **in_calls),
        ),
        "GP31P8": (("GP31U9",), True, AccountSettings({}, ("301",), (900,))),
    }


@CONFIGURATION
def test_what_earlier_versions_wrote_down_is_still_read():
    """A record of a configuration, a day and prices, as the first version had them."""
    decode = msgspec.msgpack.Decoder(Command).decode
    encode = msgspec.msgpack.encode
    market = ("nasdaq", 1, 2)
    port = ("IN19T6", "INET", "nasdaq", "ouch-5.0-us", None)
    configuration = decode(encode(("configure", (market,), (), (port,), ())))
    assert (configuration.markets[0].rule_book, configuration.books, configuration.accounts) == ("eqrc", (), ())
    assert configuration.ports[0].fat_finger is False
    assert decode(encode(("next-day", "2026-11-20", "S", {"nasdaq": 5}))).local_midnights == {}

"""A dialect is one table: each tag that its orders may have, what it means, and a venue's FIX that nobody has met."""

import pytest
from fix_floor import Floor

from engine.api import Cross, Display, PriceType, TimeInForce
from fix import order_dialect as dialects
from fix.dictionary import dictionaries, read_table, rows
from fix.order_dialect import order_dialect
from fix.versions import VERSIONS

DIALECTS = pytest.mark.section("FIX", "Dialects")
NAMES = ("inet", "flite", "nordic")
SERVED = {"inet": ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.4"), "nordic": ("FIX.4.2", "FIX.4.4", "FIXT.1.1")}
EACH = [(name, version) for name in NAMES for version in SERVED.get(name, SERVED["inet"])]
HEADER = {b"50", b"115", b"116", b"144"}
NOT_KEPT = {b"11", b"37", b"38", b"41", b"44", b"21", b"58", b"60", b"388", b"22"}
"""What names or sizes one order, or says nothing to a market."""
TOY = """
[messages]
D NewOrderSingle app 11! 38! 40! 44 54! 55! 59 60! 7777
F OrderCancelRequest app 11! 41! 54! 55! 60!
G OrderCancelReplaceRequest app 11! 41! 38! 40! 44! 54! 55! 60! 7777

[fields]
54 Side CHAR B S
7777 Mood STRING calm cross

[values]
54 B side=BUY
54 S side=SELL
59 0 time_in_force=DAY
7777 calm display=HIDDEN
7777 cross post_only

[orders]
carried 40 54 55 59 7777
changes 7777
counted D
echo 40 54 55 7777
default 7777 cross
fixed 207 TOY
style expired C
"""


@DIALECTS
@pytest.mark.parametrize(("name", "version"), EACH)
def test_every_tag_that_an_order_may_have_is_kept_or_read_or_says_nothing(name, version):
    dialect = order_dialect(name, version.encode())
    _, application = dictionaries(version, name)
    for msg_type in (b"D", b"G"):
        fields = set(application.composition(msg_type).fields)
        assert fields <= set(dialect.tags) | NOT_KEPT | HEADER
    assert set(dialect.values) | set(dialect.contents) <= set(dialect.tags)
    assert dialect.echo | dialect.changes <= set(dialect.tags)


@DIALECTS
@pytest.mark.parametrize(("name", "version"), EACH)
def test_every_listed_value_of_a_tag_with_meanings_has_one(name, version):
    dialect = order_dialect(name, version.encode())
    _, application = dictionaries(version, name)
    fields = set(application.composition(b"D").fields)
    for tag, meanings in dialect.values.items():
        if tag in fields and tag not in dialect.contents:
            assert application.field(tag).values == set(meanings), tag


@DIALECTS
@pytest.mark.parametrize(
    ("tag", "value", "field", "meaning"),
    [
        ("t59", "5", "time_in_force", TimeInForce.EXTENDED_HOURS),
        ("t59", "3", "time_in_force", TimeInForce.IMMEDIATE_OR_CANCEL),
        ("t9140", "N", "display", Display.HIDDEN),
        ("t9140", "A", "display", Display.ATTRIBUTABLE),
        ("t9355", "S", "cross", Cross.SUPPLEMENTAL),
        ("t18", "f", "intermarket_sweep", True),
        ("t110", "200", "minimum_quantity", 200),
        ("t111", "100", "max_floor", 100),
        ("t18", "R", "price_type", PriceType.PRIMARY_PEG),
        ("t211", "-0.02", "peg_offset", -200),
        ("t7928", "AB", "self_match_group", b"AB"),
        ("t5700", "LCTB", "locate_broker", b"LCTB"),
        ("t9303", "SCAN", "route", b"SCAN"),
        ("t100", "DOTI", "route", b"DOTI"),
        ("t76", "STGY", "route", b"STGY"),
        ("t76", "INET", "route", b""),
        ("t9392", "9.50", "discretion_price", 95_000),
        ("t115", "INET", "firm", b"INET"),
    ],
)
def test_what_a_us_tag_says_reaches_the_engine(tag, value, field, meaning):
    floor = Floor()
    port, entered = floor.ports["INFX01"], []
    enter = port.engine.enter
    port.engine.enter = lambda order, now: entered.append(order) or enter(order, now)
    floor.client("INFX01").enter("A1", quantity=500, **{tag: value})
    (order,) = entered
    holder = order.terms if hasattr(order.terms, field) else order.attributes
    assert getattr(holder, field) == meaning


@DIALECTS
def test_what_a_nordic_order_says_of_itself_comes_back():
    floor = Floor()
    client = floor.client("GP29F1", "FIXT.1.1")
    parties = "453=2\x01448=12\x01447=P\x01452=122\x012376=24\x01448=3\x01447=P\x01452=12\x01"
    attributes = "2593=1\x012594=2\x012595=Y\x01"
    own = {"t439": "CLRG", "t440": "ACC", "t529": "5", "t1724": "5", "t5815": "182", "t6209": "REF", "t9861": "B1"}
    client.enter("A1", at="100.00", t528="P", t453=parties, t2593=attributes, **own)
    packet = floor.streams["GP29F1"].packets[-1].decode()
    assert packet.count(parties) == packet.count(attributes) == 1
    said = dict(field.split("=", 1) for field in packet.split("\x01")[:-1])
    assert {tag[1:]: value for tag, value in own.items()}.items() <= said.items()
    client.replace("A2", "A1", at="99.00")
    assert parties in floor.streams["GP29F1"].packets[-1].decode(), "a replace that leaves it out keeps it"
    assert client.replace("A3", "A2", at="99.00", t453=parties.replace("=12\x01447", "=13\x01447"))[0].startswith("9 ")


@DIALECTS
def test_a_new_venue_s_fix_is_one_table(monkeypatch):
    def read(folder, name):
        return TOY if name == "toy" else read_table(folder, name)

    monkeypatch.setattr(dialects, "read_table", read)
    monkeypatch.setattr("fix.dictionary.read_table", read)
    floor = Floor({"INFX01": Floor.default("INFX01", dialect="toy", venue_comp_id="TOY")})
    client = floor.client("INFX01")
    client.target = "TOY"
    order = {11: "A-LONG-NAME-OF-18-B", 38: "100", 40: "2", 44: "10.00", 54: "B", 55: "ZWZZT", 7777: "calm"}
    client.send("D", order)
    (report,) = client.reports()
    assert (report[150], report[54], report[7777], report[207], report[49]) == ("0", "B", "calm", "TOY", "TOY")
    assert floor.client("AKFX01").enter("B1", "sell")[-1] == "2/2 B1 100+0 100@10.0000 R"
    assert client.said() == ["2/2 A-LONG-NAME-OF-18-B 100+0 100@10.0000 J"]
    assert client.say("D", order | {11: "A2", 54: "2"}) == ["3 54 5 'Value is incorrect (out of range) for this tag'"]
    assert client.say("D", order | {11: "A2", 47: "A"}) == ["3 47 2 'Tag not defined for this message type'"]


@DIALECTS
@pytest.mark.parametrize(
    "row",
    [
        "[values]\n54 1 side=BOTH",
        "[contents]\n110 stones minimum_quantity",
        "[orders]\nforget 1",
        "[orders]\nstyle new",
    ],
)
def test_a_row_that_says_nothing_known_is_an_error_when_the_table_is_read(monkeypatch, row):
    monkeypatch.setattr(dialects, "read_table", lambda _folder, _name: row)
    with pytest.raises((ValueError, KeyError)):
        order_dialect(f"bad {row}", b"FIX.4.2")


@DIALECTS
def test_there_is_no_dialect_without_a_table():
    with pytest.raises(LookupError, match="no such FIX dialect: nowhere"):
        order_dialect("nowhere", b"FIX.4.2")


@DIALECTS
@pytest.mark.parametrize("name", NAMES)
def test_a_dialect_s_sections_are_for_versions_that_there_are(name):
    text = read_table("dialects", name)
    named = {word for line in text.splitlines() if line.startswith("[") for word in line.strip("[]").split()[1:]}
    assert named <= {version.decode() for version in VERSIONS}
    assert list(rows(text, "FIX.4.2"))

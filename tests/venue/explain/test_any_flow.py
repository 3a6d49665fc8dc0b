"""Whatever is sent under whatever rules: what an explanation says is what the venue did, and what it proposes passes.

Each failing example is told by its summary; `hold` names what it holds the explanation to.
"""

from floor import Floor, changed, heard, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.api import RuleEntry, SetHalt, SetPrices, SetStorage
from ouch import messages
from ouch.messages import encode
from venue.explain.replay import Look
from venue.machine import Machine

SYMBOLS = ("ZWZZT", "ZWZZT", "AAPL", "AMD", "zwzzt", "NONE")


def mostly(plain, *others):
    return st.one_of(*[st.just(plain)] * 4, st.sampled_from(others))


@st.composite
def rules(draw):
    """Some rules of every type, for the firm, the port, or a symbol."""
    found = []
    for place in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(("max-shares", "max-notional", "restricted-stock", "fat-finger", "order-rate")))
        port = "IN30T1" if kind == "order-rate" else draw(st.sampled_from((None, "IN30T1", "IN24T4")))
        symbols = ("AMD",) if kind == "restricted-stock" else ()
        limits = st.tuples(st.sampled_from((0, 0, 5_000, 20_000)), st.sampled_from((0, 50_000, 100_000)))
        settings = {
            "max-shares": {"limit": draw(st.sampled_from((0, 1, 150, 5_000)))},
            "max-notional": {"limit": draw(st.sampled_from((0, 1_000, 50_000)))},
            "restricted-stock": {"enabled": draw(st.booleans())},
            "fat-finger": {
                "ranges": tuple(draw(limits) for _ in range(6)),
                "include_auction": draw(st.booleans()),
                "include_intermarket_sweep": draw(st.booleans()),
                "aggressive_only": draw(st.booleans()),
            },
            "order-rate": {"max_port_messages": draw(st.sampled_from((0, 2, 8))), "port_window": 1},
        }[kind]
        found.append(RuleEntry(f"rule-{place}", kind, "NASDAQ", "INET", port, symbols, settings))
    return found


QUANTITIES = st.one_of(st.sampled_from((1, 100, 100, 151, 5_001, 0, 999_999, 1_000_000)), st.integers(0, 2**32 - 1))
PRICES = st.one_of(
    st.sampled_from((100_000, 100_000, 99_900, 100_050, 115_000, 2_000_000, 0x7FFF_FFFF, 2_000_000_000, 0, 1)),
    st.integers(0, 2**33),
)
OPTIONS = st.one_of(
    *[st.just({})] * 3,
    st.dictionaries(
        st.sampled_from(("min_qty", "max_floor", "random_reserves", "expire_time", "peg_offset")),
        st.sampled_from((0, 1, 100, 150, 86_399, 86_400)),
        max_size=3,
    ),
    st.dictionaries(st.sampled_from(("price_type", "post_only", "handle_inst")), st.sampled_from("LPN?"), max_size=2),
)
LETTERS = {
    "time_in_force": mostly("0", "3", "5", "6", "E", "?"),
    "display": mostly("Y", "N", "A", "?"),
    "intermarket_sweep": mostly("N", "Y", "?"),
}
ENTER = st.fixed_dictionaries(
    LETTERS
    | {
        "side": mostly("B", "S", "T", "E", "?"),
        "quantity": QUANTITIES,
        "symbol": st.sampled_from(SYMBOLS),
        "price": PRICES,
        "capacity": mostly("A", "?"),
        "cross_type": mostly("N", "O", "R", "?"),
        "options": OPTIONS,
    }
)
REPLACE = st.fixed_dictionaries(
    LETTERS
    | {
        "orig_user_ref_num": st.integers(1, 8),
        "quantity": QUANTITIES,
        "price": PRICES,
        "options": st.one_of(OPTIONS, st.sampled_from("BSTE?").map(lambda side: {"side": side})),
    }
)
COMMANDS = st.sampled_from(
    (
        SetHalt("nasdaq", "ZWZZT", halted=True),
        SetHalt("nasdaq", "ZWZZT", halted=False),
        SetStorage(low=True),
        SetStorage(low=False),
        SetPrices("ZWZZT", {"outside_bid": 99_000, "outside_offer": 101_000}),
        SetPrices("ZWZZT", {"outside_bid": None, "previous_close": None}),
        encode(messages.DisableOrderEntry(1, "INET", {})),
    )
)
FLOW = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), ENTER),
        st.tuples(st.just("enter"), ENTER),
        st.tuples(st.just("replace"), REPLACE),
        st.tuples(st.just("command"), COMMANDS),
    ),
    min_size=1,
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rules=rules(), flow=FLOW)
def test_what_is_told_is_what_the_venue_did_and_what_is_proposed_passes(tmp_path, rules, flow):
    floor = Floor(tmp_path, rules)
    for number, (kind, what) in enumerate(flow, 1):
        floor.now += 100_000_000
        if kind == "command":
            floor.send(what[:1] + number.to_bytes(4, "big") + what[5:]) if isinstance(what, bytes) else floor.do(what)
        elif kind == "enter":
            floor.enter(**what, user_ref_num=number)
        else:
            floor.replace(**what, user_ref_num=number)
    machine = Machine(tmp_path)
    for place, record in enumerate(floor.records):
        if record.payload[:1] not in (b"O", b"U"):
            machine.apply(record)
            continue
        look = Look(machine, record)
        look.take()
        hold(floor, look, place)
    assert machine.hash() == floor.machine.hash(), "looking has changed something"


def hold(floor, look, place):
    """Hold one explanation against what the venue did."""
    explanation = look.explanation()
    rejected = [message for message in look.said if message[:1] == b"J"]
    assert bool(rejected) == (explanation.outcome == "rejected")
    if explanation.outcome == "accepted":
        assert not look.objections, "nothing objects to what is accepted"
    if explanation.outcome not in ("rejected", "original-canceled"):
        return
    assert look.objections, "what is refused has its objection"
    if rejected:
        assert look.objections[0].check == look.refusal.reason.name
        assert look.objections[0].code == f"0x{int.from_bytes(rejected[0][13:15], 'big'):04X}"
        for name in ("limit", "observed", "reference"):
            assert (getattr(look.refusal, name) is None) or (getattr(look.objections[0], name) is not None)
    change = told(explanation)["smallestChange"]
    assert change["fields"] or change["outside"], explanation.summary
    if not change["outside"]:
        for proposed in [change["fields"], *change["alternatives"]]:
            message = changed(floor.records[place].payload, proposed)
            assert is_in(floor, place, message), (explanation.summary, proposed)
            for one in proposed:
                if one["field"] == "quantity" and one["value"] != one["sent"]:
                    step = 1 if one["sent"] > one["value"] else -1
                    bolder = [other for other in proposed if other is not one] + [one | {"value": one["value"] + step}]
                    message = changed(floor.records[place].payload, bolder)
                    assert not is_in(floor, place, message), (explanation.summary, proposed)


def is_in(floor, place, message):
    """Whether a message would have been taken in the place of a record."""
    machine = Machine(floor.folder)
    for record in floor.records[:place]:
        machine.apply(record)
    port = floor.records[place].port
    before = machine.streams[port].count
    machine.apply(floor.records[place]._replace(payload=message))
    said = heard(machine, port, before)
    return isinstance(said[0], messages.OrderAccepted | messages.OrderReplaced)

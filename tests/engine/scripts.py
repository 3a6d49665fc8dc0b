"""Random trading days: what hypothesis draws, and how a market (or anything that looks like one) acts it out.

An action that speaks of an order names it by a number `pick`, which stands for one of the orders that are open when
its turn comes (or, now and then, for one that is not).
"""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from words import (
    MARKET,
    PORTS,
    SYMBOLS,
    PortEntry,
    Ticket,
    fat_finger,
    gross_exposure,
    max_notional,
    max_shares,
    message_rate,
    restricted,
    ticket,
)

from engine.api import (
    SECOND,
    CommandRefused,
    FirmEntry,
    SelfMatchAction,
    SelfMatchLevel,
    SelfMatchPrevention,
    Side,
)

TRADERS = (
    *(port for port in PORTS if port.name in ("IN1", "IN2", "AK1")),
    PortEntry("SI1", "SIST", "nasdaq", "ouch-us"),
    PortEntry("GP1", "GP30", "nasdaq", "ouch-us"),
)
FIRMS = (
    FirmEntry("INET", "ONE", "GROUP"),
    FirmEntry("SIST", "ONE", "GROUP"),
    FirmEntry("AKAM", "TWO", "GROUP"),
)
NAMES = ("IN1", "IN1", "IN2", "AK1", "AK1", "SI1", "GP1")
"""Two ports of a firm, one of its organization, one of an affiliate, and a stranger."""
PRICES = ("9.98", "9.99", "10.00", "10.01", "10.02")


@dataclass(frozen=True)
class Action:
    """A method of the market, its arguments, and the order that it is about, if any."""

    name: str
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()
    pick: int | None = None

    def act(self, *markets):
        """Let every market do this, and give what each of them answered."""
        arguments = self.arguments
        if self.pick is not None:
            arguments = (chosen(markets[0], self.pick), *arguments)
        return [self.ask(market, arguments) for market in markets]

    def ask(self, market, arguments):
        try:
            return getattr(market, self.name)(*arguments, **dict(self.keywords))
        except CommandRefused as refused:
            return [refused.field]


def chosen(market, pick):
    live = sorted(key for _, key in market.open)
    if not live or pick % 16 == 0:
        return pick % (market.last_key + 1)
    return live[pick % len(live)]


def action(name, *arguments, pick=None, **keywords):
    return st.builds(
        lambda values, named, picked: Action(name, values, tuple(named.items()), picked),
        st.tuples(*arguments),
        st.fixed_dictionaries(keywords),
        st.none() if pick is None else pick,
    )


PICKS = st.integers(0, 1_000)
SIZES = (1, 5, 30, 100, 100, 150, 200, 300, 500)
CUTS = st.sampled_from([0, 1, 5, 20, 100, 150, 250, 1_000])
FAULTY_SIZES = (*SIZES, 0, 1_000_000)


RESERVES = [(1, 0), (50, 20), (99, 98), (100, 0), (100, 99), (150, 0), (200, 50), (200, 199), (300, 250)]
STRATEGIES = [
    SelfMatchPrevention(level, action, details)
    for level in SelfMatchLevel
    for action in SelfMatchAction
    for details in ((True, False) if action is SelfMatchAction.DECREMENT_BOTH else (True,))
]


@st.composite
def tickets(draw, ports=NAMES, sizes=SIZES) -> Ticket:
    """Orders around ten dollars, now and then hidden, immediate, short-lived, kept over days, post-only or at market.

    Some ask for a minimum, hold a reserve back, or guard against their owner's other orders.
    """
    how: dict[str, Any] = {}
    kind = draw(st.sampled_from(["day"] * 5 + ["gtt"] * 2 + ["ioc", "market", "gtc"] + ["post_only"] * 2))
    at = MARKET if kind == "market" else draw(st.sampled_from(PRICES))
    if kind == "ioc":
        how["ioc"] = True
    elif kind == "gtc":
        how["gtc"] = True
    elif kind == "gtt":
        how["good_for"] = draw(st.integers(1, 5))
    elif kind == "post_only":
        how["post_only"] = True
    if draw(st.integers(0, 3)) == 0:
        how["hidden"] = True
    if draw(st.integers(0, 3)) == 0:
        how["group_id"] = draw(st.integers(1, 2))
        how["options"] = ((24, how["group_id"]),)
    size = draw(st.sampled_from(sizes))
    if draw(st.integers(0, 4)) == 0:
        how["minimum_quantity"] = draw(st.sampled_from([100, 100, 200, 300]))
        how["hidden"] = not how.get("ioc")
        size = max(size, how["minimum_quantity"])
    elif draw(st.integers(0, 3)) == 0:
        how["hidden"] = False
        how["max_floor"], how["random_reserve"] = draw(st.sampled_from(RESERVES))
    if draw(st.integers(0, 2)) == 0:
        how["self_match_prevention"] = draw(st.sampled_from(STRATEGIES))
    if draw(st.integers(0, 5)) == 0:
        how["self_match_group"] = b"A"
    side = draw(st.sampled_from([Side.BUY, Side.BUY, Side.BUY, Side.SELL, Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT]))
    symbol = draw(st.sampled_from(["ZWZZT", "ZWZZT", "AMD"]))
    return ticket(side, size, at, by=draw(st.sampled_from(ports)), symbol=symbol, **how)


def days(actions, most):
    """Lists of up to `most` actions, long ones as often as short ones (plain lists would be short)."""
    return st.integers(0, most).flatmap(lambda length: st.lists(actions, min_size=length, max_size=length))


def weighted(**actions):
    """One of several actions, as often as the number in front of each (`one_of` takes them all alike)."""
    names = [name for name, (weight, _) in actions.items() for _ in range(weight)]
    return st.sampled_from(names).flatmap(lambda name: actions[name][1])


def trading(ports=NAMES, sizes=SIZES):
    """What traders do."""
    return weighted(
        enter=(14, action("enter", tickets(ports, sizes))),
        replace=(3, action("replace", tickets(ports, sizes), pick=PICKS)),
        cancel=(2, action("cancel", pick=PICKS, to=CUTS)),
        modify=(
            2,
            action(
                "modify",
                pick=PICKS,
                side=st.one_of(st.none(), st.sampled_from(Side)),
                to=st.one_of(st.none(), CUTS),
            ),
        ),
        mass_cancel=(
            1,
            action(
                "mass_cancel",
                by=st.sampled_from(ports),
                symbol=st.sampled_from(["", "ZWZZT", "AMD", "AMD"]),
                side=st.sampled_from([None, *Side]),
                group=st.sampled_from([None, 0, 1, 1, 2, 2]),
            ),
        ),
        wait=(2, action("wait", seconds=st.integers(0, 2), nanoseconds=st.sampled_from([0, 1, SECOND // 3]))),
    )


RULES = st.lists(
    st.one_of(
        st.builds(max_shares, st.sampled_from([50, 200]), port=st.sampled_from(["IN1", "AK1"])),
        st.builds(max_notional, st.sampled_from([1_000, 2_500]), port=st.sampled_from([None, "IN1"])),
        st.builds(message_rate, st.integers(0, 12), st.just(1)),
        st.builds(message_rate, st.integers(0, 12), st.just(3), name=st.just("long")),
        st.builds(fat_finger, st.sampled_from(["0", "0.01"]), st.sampled_from(["0", "0.1"]), mpid=st.just("INET")),
        st.builds(restricted, st.just("AMD")),
        st.builds(
            gross_exposure,
            st.just("exposure"),
            action=st.sampled_from(["REJECT", "CANCEL_ALL", "CANCEL_NON_CROSS"]),
            port=st.sampled_from([None, "IN1"]),
            notional=st.just((1_000, 2_000, 9_000)),
        ),
        st.builds(gross_exposure, st.just("group"), group=st.just(1), open=st.just((None, 500, 1_500))),
    ),
    max_size=4,
    unique_by=lambda rule: rule.rule_id,
)


def operating(ports=NAMES):
    """What traders and operators do."""
    changing = st.builds(
        lambda rules, symbols, firms: Action("configure", tuple(rules), (("symbols", symbols), ("firms", firms))),
        RULES,
        st.sampled_from([SYMBOLS, SYMBOLS, tuple(entry for entry in SYMBOLS if entry.symbol != "AMD")]),
        st.sampled_from([FIRMS, FIRMS[:1], ()]),
    )
    return weighted(
        trade=(22, trading(ports, FAULTY_SIZES)),
        work_off=(2, action("work_off")),
        configure=(2, changing),
        halt=(
            1,
            action("halt", st.sampled_from(["ZWZZT", "AMD", "NOPE"]), halted=st.sampled_from([True, False, False])),
        ),
        storage=(1, action("storage", st.sampled_from([True, False, False]))),
        bust=(2, action("bust", st.integers(0, 6))),
        set_entry=(1, action("set_entry", st.sampled_from(ports), enabled=st.sampled_from([False, True, True]))),
        release=(2, action("release", st.sampled_from(ports))),
        next_day=(1, action("next_day", st.integers(20, 28).map(lambda day: f"2026-11-{day}"))),
        quote=(1, action("prices", st.sampled_from(["ZWZZT", "AMD"]), outside_bid=st.sampled_from(["9.00", None]))),
        last=(1, action("prices", st.sampled_from(["ZWZZT", "AMD"]), last=st.sampled_from(["10.05", None]))),
    )

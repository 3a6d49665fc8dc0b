"""What may be changed: phases, prices, busts, releases, the trading day.

A change is a command, hence a record, so it runs in the venue's own process only. A function here makes all its records
before it returns; `venue.clerk` adds who asked, and hands all of it to the log as one batch.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec

from engine.api import (
    MAXIMUM_PRICE,
    BrokenTradeReason,
    BustTrade,
    CommandRefused,
    CrossStage,
    Phase,
    ReleasePort,
    SetPhase,
    SetPort,
    SetPrices,
)
from engine.commands import NORDIC_PRICES, THRESHOLDS, US_PRICES
from engine.phases import NEXT_CROSS, phases_of
from engine.risk.rule_terms import PERCENT_SCALE
from ouch.terms import BROKEN_TRADE_REASONS
from venue.calls import LONGEST_NUMBER, Body, Count, Percent, Reply
from venue.desk import Alert, AlertGone, Client, ClientGone
from venue.instructions import Instruction
from venue.looks import PhaseName, Prices, StageName, book_prices, find_book
from venue.problem import Problem
from venue.settings import Dollars, Whole, ticks

if TYPE_CHECKING:
    from venue.app import Venue


class Answer(NamedTuple):
    """A call's answer, and the record after which it may be given.

    `kept` is what is written down where that is not the body itself, `change` what the call does to the desk.
    """

    status: int
    body: Any
    record: int = 0
    kept: Any = None
    change: Client | ClientGone | Alert | AlertGone | None = None
    is_replayed: bool = False


class Call(NamedTuple):
    """A change as a route's function gets it: the venue, the path's values, the body and the query as their types.

    `actor` is who asks, "" where that is whoever may open engine.sock.
    """

    venue: Venue
    path: dict[str, str]
    query: Any
    body: Any
    actor: str = ""

    def carry_out(self, command: Instruction) -> int:
        """Make a command of the call; gives its record's number."""
        refused: CommandRefused | None = self.venue.command(command)
        if refused is not None:
            status = 409 if not refused.missing else 404 if refused.field in self.path else 422
            raise Problem(status, str(refused), refused.field)
        return self.venue.machine.number


class PhaseBody(Body, frozen=True, kw_only=True):
    """The phase to bring into one book, or with `book` null every book of the venue.

    With a `stage` no phase changes: books that are in it come nearer to the cross that it leads to.
    """

    venue: str
    book: str | None = None
    phase: PhaseName
    stage: StageName | msgspec.UnsetType | None = msgspec.UNSET


class PhaseSet(Reply, frozen=True):
    """The phase that a book, or with `book` null every book of the venue, is in now."""

    venue: str
    book: str | None
    phase: PhaseName


class PricesBody(Body, frozen=True):
    """Any subset; null clears. LULD bands and `adv` are a US security's, thresholds and guards a Nordic book's."""

    last: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    previous_close: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    bid: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    offer: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    luld_lower: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    luld_upper: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    adv: Whole | msgspec.UnsetType | None = msgspec.UNSET
    fat_finger_aggressive: Percent | msgspec.UnsetType | None = msgspec.UNSET
    fat_finger_passive: Percent | msgspec.UnsetType | None = msgspec.UNSET
    reference: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    static_guard: Percent | msgspec.UnsetType | None = msgspec.UNSET
    dynamic_guard: Percent | msgspec.UnsetType | None = msgspec.UNSET


class BustBody(Body, frozen=True):
    """OUCH's letter for why."""

    reason: Annotated[str, msgspec.Meta(pattern=r"^[ECSX]\Z")] = "S"


class TradeBroken(Reply, frozen=True):
    """A trade that does not stand any more."""

    venue: str
    match_number: Count
    broken: bool


class PortBody(Body, frozen=True):
    """Any subset. `cancelOnly`: nothing is entered; `cancelOnDisconnect`: orders end with the connection.

    The first three are PRM's, for ports of a Nordic market; `maxOrdersPerSecond` 0 takes the limit off.
    """

    fat_finger: bool | msgspec.UnsetType = msgspec.UNSET
    max_orders_per_second: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | msgspec.UnsetType = msgspec.UNSET
    cancel_on_breach: bool | msgspec.UnsetType = msgspec.UNSET
    cancel_only: bool | msgspec.UnsetType = msgspec.UNSET
    cancel_on_disconnect: bool | msgspec.UnsetType = msgspec.UNSET


class PortSet(Reply, frozen=True):
    """What a port may do now."""

    port: str
    fat_finger: bool
    max_orders_per_second: Count
    cancel_on_breach: bool
    cancel_only: bool
    cancel_on_disconnect: bool


class PortReleased(Reply, frozen=True):
    """A port that its message rate does not keep shut any more."""

    port: str
    rate_limited: bool


class TradingDay(Reply, frozen=True):
    """The trading day that is open now, and its session."""

    date: str
    session: str


ENGINE_NAMES = {"bid": "outside_bid", "offer": "outside_offer", "adv": "average_daily_volume"}
"""Where a price has another name in the engine than in a body."""


def next_trading_day(call: Call) -> Answer:
    """End the day and start the next: orders expire, sessions end, numbers start from 1, locks are lifted."""
    day = call.venue.next_day()
    machine = call.venue.machine
    return Answer(200, TradingDay(day.isoformat(), machine.engine.session), machine.number)


def set_phase(call: Call) -> Answer:
    """Bring one book or all books of a venue into a phase."""
    body: PhaseBody = call.body
    market = call.venue.machine.engine.markets.get(body.venue)
    known = {body.phase: Phase.HALT} if market is None else phases_of(market.rule_book)
    if body.phase not in known:
        raise Problem(422, f"{body.venue} has no phase {body.phase}; it has {', '.join(known)}", "phase")
    stage = CrossStage[body.stage] if body.stage else CrossStage.OPEN
    if body.stage and known[body.phase] not in NEXT_CROSS:
        raise Problem(422, f"{body.phase} leads to no cross; PRE_MARKET and MARKET do", "stage")
    record = call.carry_out(SetPhase(body.venue, body.book, known[body.phase], stage=stage))
    return Answer(200, PhaseSet(body.venue, body.book, body.phase), record)


def set_prices(call: Call) -> Answer:
    """Set or clear prices of a security; gives all of them as they now are."""
    book = find_book(call.venue.machine, call.path)
    values = {
        name: value for name in call.body.__struct_fields__ if (value := getattr(call.body, name)) is not msgspec.UNSET
    }
    if not values:
        raise Problem(422, f"give at least one of {', '.join(call.body.__struct_encode_fields__)}")
    known = US_PRICES if book.security.entry is None else NORDIC_PRICES
    prices: dict[str, int | None] = {}
    for name, value in values.items():
        field, engine_name = PricesBody.field(name), ENGINE_NAMES.get(name, name)
        if engine_name not in known:
            raise Problem(422, f"a book of {book.market.key} has no {field}", field)
        if isinstance(value, str) and not 0 < ticks(value) <= MAXIMUM_PRICE:
            raise Problem(422, f"a price is from 0.0001 to 199999.9900, not {value}", field)
        prices[engine_name] = threshold(field, value) if name in THRESHOLDS else _in_ticks(value)
    record = call.carry_out(SetPrices(book.symbol, prices))
    answer: Prices = book_prices(book)
    return Answer(200, answer, record)


def _in_ticks(value: str | int | None) -> int | None:
    return ticks(value) if isinstance(value, str) else value


def threshold(field: str, percent: float | None) -> int | None:
    """Give a percentage in 1/10,000 of a percent; raises `Problem` 422 where it is finer than that."""
    if percent is None:
        return None
    scaled = Decimal(str(percent)) * PERCENT_SCALE
    if scaled % 1:
        raise Problem(422, f"{percent} has more than four decimals", field)
    return int(scaled)


def bust_trade(call: Call) -> Answer:
    """Break a trade: both sides get Broken Trade."""
    number = call.path["matchNumber"]
    if not number.isascii() or not number.isdecimal():
        raise Problem(422, f"a match number is a whole number, not {number!r}", "matchNumber")
    if len(number) > LONGEST_NUMBER:
        raise Problem(404, f"no trade {number} today", "matchNumber")
    reason = next(reason for reason, letter in BROKEN_TRADE_REASONS.items() if letter == call.body.reason.encode())
    assert isinstance(reason, BrokenTradeReason)
    record = call.carry_out(BustTrade(call.path["venue"], int(number), reason))
    return Answer(200, TradeBroken(call.path["venue"], int(number), broken=True), record)


def release_port(call: Call) -> Answer:
    """Free a port that its message rate shut."""
    record = call.carry_out(ReleasePort(call.path["port"]))
    return Answer(200, PortReleased(call.path["port"], rate_limited=False), record)


def set_port(call: Call) -> Answer:
    """Set what a port may do; gives all of its settings as they now are."""
    values = {
        name: value for name in call.body.__struct_fields__ if (value := getattr(call.body, name)) is not msgspec.UNSET
    }
    if not values:
        raise Problem(422, f"give at least one of {', '.join(call.body.__struct_encode_fields__)}")
    if "max_orders_per_second" in values:
        values["maximum_orders"] = values.pop("max_orders_per_second")
    name = call.path["port"]
    record = call.carry_out(SetPort(name, **values))
    port = call.venue.machine.engine.ports[name]
    settings = port.fat_finger, port.maximum_orders, port.cancel_on_breach, port.cancel_only, port.cancel_on_disconnect
    return Answer(200, PortSet(name, *settings), record)

"""What operators may ask of a running venue: the calls that in a real test facility take a telephone.

Each call is a row of `ROUTES`: verb, path, what its body must be, and the function that does it. The same table
serves `DIR/engine.sock` (and so `portcullis ops`); answers are plain data with camelCase names, prices as strings of
dollars. A call that changes something is a command, hence a record: it is answered when that is durable.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec

from engine.api import (
    MARKET_PRICE_ALTERNATIVE,
    MAXIMUM_PRICE,
    PRICE_SCALE,
    BrokenTradeReason,
    BustTrade,
    Command,
    CommandRefused,
    Display,
    Order,
    ReleasePort,
    SetHalt,
    SetPrices,
)
from engine.book import Book, Ladder
from engine.commands import find_books
from ouch.terms import BROKEN_TRADE_REASONS
from venue.config import Dollars, Whole, ticks
from venue.hints import hint

if TYPE_CHECKING:
    from venue.app import Venue

Json = dict[str, Any]
PROBLEMS = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 409: "Conflict", 422: "Invalid body"}
LONGEST_NUMBER = 18
ORDERS_AT_ONCE = 500
"""Orders in one answer: a few milliseconds."""
DEPTH = 10
"""Price levels that a look at a book shows on each side."""


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it that
    """A call that cannot be served: an HTTP status, what is wrong, and the field to blame."""

    def __init__(self, status: int, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.field = field

    def body(self) -> Json:
        """Give the problem as RFC 9457 has it."""
        problem: Json = {
            "type": "about:blank",
            "title": PROBLEMS[self.status],
            "status": self.status,
            "detail": str(self),
        }
        if self.field:
            problem["errors"] = [{"field": self.field, "message": str(self)}]
        return problem


class Answer(NamedTuple):
    """A call's answer, and the record after which it may be given."""

    status: int
    body: Json
    record: int = 0


class Call(NamedTuple):
    """A call as a route's function gets it: the venue, the path's and the query's values, the body."""

    venue: Venue
    path: dict[str, str]
    query: dict[str, str]
    body: Any

    def carry_out(self, command: Command) -> int:
        """Make a command of the call; gives its record's number."""
        refused: CommandRefused | None = self.venue.command(command)
        if refused is not None:
            status = 409 if not refused.missing else 404 if refused.field in self.path else 422
            raise Problem(status, str(refused), refused.field)
        return self.venue.machine.number


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A body that has no fields, and the base of those that have."""

    @classmethod
    def field(cls, name: str) -> str:
        """Give the name that a field has in the body."""
        return dict(zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True))[name]


class PhaseBody(Body, frozen=True, kw_only=True):
    """Halt or resume: one book, or with `book` null every book of the venue."""

    venue: str
    book: str | None = None
    phase: Literal["HALT", "MARKET"]


class PricesBody(Body, frozen=True):
    """Any subset; null clears."""

    last: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    previous_close: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    bid: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    offer: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    luld_lower: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    luld_upper: Dollars | msgspec.UnsetType | None = msgspec.UNSET
    adv: Whole | msgspec.UnsetType | None = msgspec.UNSET


class BustBody(Body, frozen=True):
    """OUCH's letter for why."""

    reason: Annotated[str, msgspec.Meta(pattern=r"^[ECSX]\Z")] = "S"


ENGINE_NAMES = {"bid": "outside_bid", "offer": "outside_offer", "adv": "average_daily_volume"}
"""Where a price has another name in the engine than in a body."""


def next_trading_day(call: Call) -> Answer:
    """End the day and start the next: orders expire, sessions end, numbers start from 1, locks are lifted."""
    day = call.venue.next_day()
    machine = call.venue.machine
    return Answer(200, {"date": day.isoformat(), "session": machine.engine.session}, machine.number)


def set_phase(call: Call) -> Answer:
    """Halt or resume one book or all books of a venue."""
    body: PhaseBody = call.body
    record = call.carry_out(SetHalt(body.venue, body.book, body.phase == "HALT"))
    return Answer(200, {"venue": body.venue, "book": body.book, "phase": body.phase}, record)


def set_prices(call: Call) -> Answer:
    """Set or clear prices of a security."""
    book = look_up(call)
    values = {
        name: value for name in call.body.__struct_fields__ if (value := getattr(call.body, name)) is not msgspec.UNSET
    }
    if not values:
        raise Problem(422, f"give at least one of {', '.join(call.body.__struct_encode_fields__)}")
    prices: dict[str, int | None] = {}
    for name, value in values.items():
        price = ticks(value) if isinstance(value, str) else value
        if isinstance(value, str) and not 0 < ticks(value) <= MAXIMUM_PRICE:
            raise Problem(422, f"a price is from 0.0001 to 199999.9900, not {value}", PricesBody.field(name))
        prices[ENGINE_NAMES.get(name, name)] = price
    record = call.carry_out(SetPrices(book.symbol, prices))
    return Answer(200, book_prices(book), record)


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
    return Answer(200, {"venue": call.path["venue"], "matchNumber": int(number), "broken": True}, record)


def release_port(call: Call) -> Answer:
    """Free a port that its message rate shut."""
    record = call.carry_out(ReleasePort(call.path["port"]))
    return Answer(200, {"port": call.path["port"], "rateLimited": False}, record)


def show_book(call: Call) -> Answer:
    """Show a book's phase, prices and best levels."""
    book = look_up(call)
    return Answer(
        200,
        {
            "venue": book.market.key,
            "book": book.symbol,
            "phase": "HALT" if book.halted else "MARKET",
            **book_prices(book),
            "bids": levels(book.buys.shown),
            "asks": levels(book.sells.shown),
            "hidden": {"bids": levels(book.buys.hidden), "asks": levels(book.sells.hidden)},
            "indicative": None,
        },
    )


def show_orders(call: Call) -> Answer:
    """List the live orders of one port, or of all, by port and key: so many at a time, since the venue waits for it."""
    ports = call.venue.machine.engine.ports
    wanted, cursor = call.query.get("port"), call.query.get("after", "")
    if wanted is not None and wanted not in ports:
        raise Problem(404, f"no such port: {wanted}", "port")
    name, _, key = cursor.partition(":")
    if cursor and not (name in ports and key.isdecimal() and len(key) <= LONGEST_NUMBER):
        raise Problem(422, f"{cursor} is not the `next` of another answer", "after")
    asked = [port for port in ports.values() if wanted in (None, port.name)]
    if cursor:
        asked = [port for port in asked if port.index >= ports[name].index]
    following = (order for port in asked for order in port.orders.after(int(key) if port.name == name else 0))
    orders = list(islice(following, ORDERS_AT_ONCE + 1))
    more = len(orders) > ORDERS_AT_ONCE
    orders = orders[:ORDERS_AT_ONCE]
    following_cursor = f"{orders[-1].port.name}:{orders[-1].key}" if more else None
    items = [describe(order) for order in orders]
    return Answer(200, {"asOf": call.venue.machine.number, "items": items, "next": following_cursor})


def show_ports(call: Call) -> Answer:
    """List the ports: whose they are, whether somebody is logged in, what they may do."""
    machine = call.venue.machine
    items = [
        {
            "port": port.name,
            "mpid": port.mpid,
            "venue": port.market,
            "loggedIn": port.name in call.venue.logged_in,
            "session": stream.session,
            "sequence": stream.count,
            "liveOrders": len(port.orders),
            "entryDisabled": port.disabled,
            "rateLimited": port.rate_limited,
        }
        for port, stream in zip(machine.engine.ports.values(), machine.streams, strict=True)
    ]
    return Answer(200, {"asOf": machine.number, "items": items, "next": None})


def look_up(call: Call) -> Book:
    """Give the book that a path names."""
    try:
        (book,) = find_books(call.venue.machine.engine, call.path["venue"], call.path["book"])
    except CommandRefused as refused:
        raise Problem(404, str(refused), refused.field) from refused
    return book


def book_prices(book: Book) -> Json:
    """Give a security's prices as strings."""
    security = book.security
    return {
        "last": dollars(security.last),
        "previousClose": dollars(security.previous_close),
        "bid": dollars(security.bid),
        "offer": dollars(security.offer),
        "luldLower": dollars(security.luld_lower),
        "luldUpper": dollars(security.luld_upper),
        "adv": security.average_daily_volume,
    }


def levels(ladder: Ladder) -> list[Json]:
    """Give a ladder's best levels."""
    best = [ladder.levels[key] for key in reversed(ladder.keys[-DEPTH:])]
    return [{"price": dollars(level.price), "quantity": level.quantity} for level in best]


def describe(order: Order) -> Json:
    """Give one order."""
    return {
        "port": order.port.name,
        "userRefNum": order.key & 0xFFFF_FFFF,
        "userRefIdx": order.key >> 32,
        "clOrdId": order.cl_ord_id.decode("latin-1").rstrip(),
        "venue": order.scope.book.market.key,
        "book": order.scope.book.symbol,
        "side": order.terms.side.name,
        "price": dollars(order.price),
        "quantity": order.open,
        "displayed": 0 if order.terms.display is Display.HIDDEN else order.quantity,
        "executed": order.size - order.open,
        "display": order.terms.display.name,
        "timeInForce": order.terms.time_in_force.name,
        "orderReferenceNumber": order.order_reference_number,
    }


def dollars(price: int | None) -> str | None:
    """Give a price as people write it."""
    if price is None:
        return None
    if price >= MARKET_PRICE_ALTERNATIVE:
        return "MARKET"
    return f"{price // PRICE_SCALE}.{price % PRICE_SCALE:04d}"


class Route(NamedTuple):
    """One call: `path` has its values in braces; `body` is None where there is none to give."""

    verb: str
    path: str
    body: type[Body] | None
    serve: Callable[[Call], Answer]
    query: tuple[str, ...] = ()


ROUTES = (
    Route("POST", "phase", PhaseBody, set_phase),
    Route("POST", "trading-day/next", Body, next_trading_day),
    Route("PUT", "books/{venue}/{book}/prices", PricesBody, set_prices),
    Route("POST", "trades/{venue}/{matchNumber}/bust", BustBody, bust_trade),
    Route("POST", "ports/{port}/release", Body, release_port),
    Route("GET", "books/{venue}/{book}", None, show_book),
    Route("GET", "orders", None, show_orders, ("port", "after")),
    Route("GET", "ports", None, show_ports),
)


def serve(venue: Venue, target: str, body: Any, has_body: bool) -> Answer:
    """Serve a call: without a body a look (GET), with one the change that the path stands for.

    A change that takes no fields may be asked for without a body where there is nothing to look at.
    """
    path, _, query = target.strip("/").partition("?")
    matching = [(route, values) for route in ROUTES if (values := match(route.path, path)) is not None]
    if not matching:
        raise Problem(404, f"no such call: {path}; there are {', '.join(sorted({route.path for route in ROUTES}))}")
    changes = has_body or not any(route.verb == "GET" or fields(route) for route, _ in matching)
    for route, values in matching:
        if (route.verb != "GET") == changes:
            asked = dict(parse_qsl(query, keep_blank_values=True))
            for name in asked:
                if name not in route.query:
                    raise Problem(422, f"{path} cannot be asked by {name}", name)
            return route.serve(Call(venue, values, asked, _read(route, body if has_body else {})))
    route = matching[0][0]
    if route.verb == "GET":
        raise Problem(405, f"{route.path} only looks: leave the body out")
    raise Problem(405, f"{route.path} changes something: give its body, {_sample(route)}")


def match(pattern: str, path: str) -> dict[str, str] | None:
    """Give the values that stand for a pattern's names, None where the path is another."""
    names, parts = pattern.split("/"), path.split("/")
    if len(names) != len(parts):
        return None
    values: dict[str, str] = {}
    for name, part in zip(names, parts, strict=True):
        if name.startswith("{"):
            values[name[1:-1]] = unquote(part)
        elif name != part:
            return None
    return values


def _read(route: Route, body: Any) -> Any:
    if route.body is None:
        return None
    try:
        return msgspec.convert(body, route.body)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").lstrip(".")
        if "field `" in message and not field:
            field = message.split("`")[-2]
        raise Problem(422, message + hint(field), field) from error


def fields(route: Route) -> list[str]:
    """Give the names that a call's body may have."""
    return [] if route.body is None else [field.encode_name for field in msgspec.structs.fields(route.body)]


def _sample(route: Route) -> str:
    return "{" + ", ".join(f'"{name}"' for name in fields(route)) + "}"

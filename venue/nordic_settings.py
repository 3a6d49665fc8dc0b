"""The tables of the configuration file for Nordic markets: order books, members with their users, PRM accounts.

A user belongs to one member and to one account at the most. Money is in units of the order book's currency, with up to
four decimals; percentages have as many. A limit of 0 is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from engine.api import MAXIMUM_PRICE, PRICE_SCALE
from engine.risk.rule_terms import PERCENT_SCALE
from ouch.nordic_terms import BLOW_THROUGH_LETTER, CANCEL_NOT_ALLOWED, CLOSING_PRICE_LETTER, REASONS
from venue.feed_settings import FEEDS
from venue.settings import AccountName, Dollars, Mpid, Name6, Settings, Ticks, ticks, ticks_fault

if TYPE_CHECKING:
    from venue.access import Fault
    from venue.config import Config
    from venue.service_settings import PortSettings

OrderBookId = Annotated[int, msgspec.Meta(ge=1, le=999_999_999)]
Segment = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
Mic = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{4}\Z")]
BookName = Annotated[str, msgspec.Meta(pattern=r"^[!-~]+( [!-~]+)*\Z", max_length=32)]
MemberPassword = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,128}\Z")]
Multiplier = Annotated[int, msgspec.Meta(ge=0, le=999)]
LimitQuantity = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF_FFFF)]
OrdersPerSecond = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
EmailAddress = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,189}\Z", max_length=254)]
REJECT_NAMES = [*(reason.name for reason in REASONS), CANCEL_NOT_ALLOWED]
"""The reasons whose numbers on the wire a Nordic service may change."""
HIGHEST_PERCENT = 1_000
HIGHEST_VALUE = 10**14
"""Units of a currency: as many as eight bytes hold with four decimals, and to spare."""


class BookSettings(Settings, frozen=True):
    """An order book of a Nordic market. Percentages left out are not known, and what compares with them passes."""

    order_book: OrderBookId
    symbol: BookName
    mic: Mic
    currency: Currency
    segment: Segment
    market: Literal["nordic"] = "nordic"
    previous_close: Dollars | None = None
    ticks: Ticks = (("0", "0.01"),)
    fat_finger_aggressive: Decimal | None = None
    fat_finger_passive: Decimal | None = None
    extension: Decimal | None = None
    static_guard: Decimal | None = None
    dynamic_guard: Decimal | None = None
    tick_table: str | None = None


PERCENTAGES = ("fat_finger_aggressive", "fat_finger_passive", "extension", "static_guard", "dynamic_guard")


class MemberSettings(Settings, frozen=True):
    """A Nordic member: its users, by how many percent its fat finger thresholds are multiplied, its login to files."""

    mpid: Mpid
    users: tuple[Name6, ...] = ()
    fat_finger_multiplier_aggressive: Multiplier = 100
    fat_finger_multiplier_passive: Multiplier = 100
    password: MemberPassword | None = None
    password_hash: str | None = None


class LimitSettings(Settings, frozen=True):
    """Limits of an account in the order books of one currency: on one order, in calls, and accumulated in a day."""

    max_quantity: LimitQuantity = 0
    max_value: Decimal = Decimal(0)
    max_quantity_auction: LimitQuantity | None = None
    max_value_auction: Decimal | None = None
    total_risk: Decimal = Decimal(0)
    total_traded: Decimal = Decimal(0)
    total_open: Decimal = Decimal(0)
    traded_buy: Decimal = Decimal(0)
    traded_sell: Decimal = Decimal(0)
    open_buy: Decimal = Decimal(0)
    open_sell: Decimal = Decimal(0)
    blow_through: bool = False


VALUES = (
    "max_value",
    "max_value_auction",
    *("total_risk", "total_traded", "total_open", "traded_buy", "traded_sell", "open_buy", "open_sell"),
)
"""The limits that are money, in the order of the engine."""


class AccountSettings(Settings, frozen=True):
    """A PRM account: which users of its member it covers, and what it holds them to."""

    name: AccountName
    mpid: Mpid
    scope: Literal["inclusion", "exclusion"] = "inclusion"
    users: tuple[Name6, ...] = ()
    limits: dict[Currency, LimitSettings] | None = None
    restricted_symbols: tuple[OrderBookId, ...] = ()
    restricted_segments: tuple[Segment, ...] = ()
    sponsored_ports: tuple[Name6, ...] = ()
    repeated_order_limit: LimitQuantity = 0
    restrict_on_repeated_order: bool = False
    market_order_prevention: bool = False
    market_order_protection: bool = False
    fat_finger_in_auctions: bool = False
    symbol_rate: OrdersPerSecond = 0
    cancel_on_symbol_rate: bool = False
    emails: tuple[EmailAddress, ...] = ()

    def covered(self, users: tuple[str, ...]) -> set[str]:
        """Give which of its member's users it covers: without any named, all."""
        if not self.users:
            return set(users)
        return set(users) & set(self.users) if self.scope == "inclusion" else set(users) - set(self.users)


def nordic_faults(config: Config) -> Iterator[Fault]:
    """Give the faults of the Nordic tables."""
    rule_books: dict[str, str] = {market.key: market.rule_book for market in config.market}
    yield from _market_faults(config)
    yield from _service_faults(config, rule_books)
    yield from _book_faults(config, rule_books)
    yield from _member_faults(config)
    yield from _account_faults(config)
    yield from _port_faults(config, rule_books)


def _market_faults(config: Config) -> Iterator[Fault]:
    for i, market in enumerate(config.market):
        for name in ("luld", "short_sale_test"):
            if market.rule_book == "prm" and getattr(market, name):
                yield f"market[{i}].{name}", f"{market.key} goes by the rule book prm; this is for US markets"


def _service_faults(config: Config, rule_books: dict[str, str]) -> Iterator[Fault]:
    for i, service in enumerate(config.service):
        rule_book = rule_books.get(service.market or "")
        if (
            service.protocol not in FEEDS
            and rule_book is not None
            and (rule_book == "prm") is not service.protocol.endswith("-nordic")
        ):
            key, needs = f"service[{i}].protocol", "one whose orders name users" if rule_book == "prm" else "a US one"
            yield key, f"{service.market} goes by the rule book {rule_book}, which needs {needs}"
        if service.closing_price_letter != CLOSING_PRICE_LETTER and service.protocol != "ouch-5.0-nordic":
            yield (
                f"service[{i}].closing_price_letter",
                f"{service.protocol} has no option of trading at the closing price",
            )
        if service.blow_through_letter != BLOW_THROUGH_LETTER and service.protocol != "ouch-5.0-nordic":
            yield f"service[{i}].blow_through_letter", f"the letters of {service.protocol} stay"
        for reason in service.reject_codes or ():
            key = f"service[{i}].reject_codes.{reason}"
            if not service.protocol.endswith("-nordic"):
                yield key, f"the numbers of {service.protocol} are its document's, and stay"
            elif reason not in REJECT_NAMES:
                yield key, f"no such reason; did you mean {', '.join(get_close_matches(reason, REJECT_NAMES, 1, 0))}?"


def _book_faults(config: Config, rule_books: dict[str, str]) -> Iterator[Fault]:
    symbols = {symbol.symbol for symbol in config.symbol}
    for i, book in enumerate(config.book):
        key = f"book[{i}]"
        if rule_books.get(book.market) != "prm":
            yield f"{key}.market", f'there is no [[market]] {book.market} with rule_book = "prm"'
        if str(book.order_book) in symbols:
            yield f"{key}.order_book", f"{book.order_book} is the symbol of a [[symbol]] already"
        if book.previous_close is not None and not 0 < ticks(book.previous_close) <= MAXIMUM_PRICE:
            yield f"{key}.previous_close", f"{book.previous_close} is not between 0.0001 and 199999.9900"
        fault = ticks_fault(book.ticks)
        if fault is not None:
            yield f"{key}.ticks", fault
        for name in PERCENTAGES:
            yield from _number_faults(f"{key}.{name}", getattr(book, name), HIGHEST_PERCENT, PERCENT_SCALE)


def _number_faults(key: str, number: Decimal | None, most: int, scale: int) -> Iterator[Fault]:
    if number is None:
        return
    if not (number.is_finite() and 0 <= number <= most):
        yield key, f"{number} is not from 0 to {most:,}"
    elif number * scale % 1:
        yield key, f"{number} has more than four decimals"


def _member_faults(config: Config) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for i, member in enumerate(config.member):
        for j, user in enumerate(member.users):
            if user in owners:
                yield f"member[{i}].users[{j}]", f"{user} is a user of {owners[user]} already"
            owners[user] = member.mpid


def _account_faults(config: Config) -> Iterator[Fault]:
    users = {member.mpid: member.users for member in config.member}
    books = {book.order_book for book in config.book}
    currencies = {book.currency for book in config.book}
    covered: dict[str, str] = {}
    for i, account in enumerate(config.account):
        key = f"account[{i}]"
        if account.mpid not in users:
            yield f"{key}.mpid", f"there is no [[member]] {account.mpid}"
            continue
        if not account.name.startswith(account.mpid):
            yield f"{key}.name", f"an account is called after its member: {account.mpid} and two characters more"
        for j, user in enumerate(account.users):
            if user not in users[account.mpid]:
                yield f"{key}.users[{j}]", f"{user} is no user of {account.mpid}"
        for user in sorted(account.covered(users[account.mpid])):
            if user in covered:
                yield f"{key}.users", f"{user} would be in two accounts: {covered[user]} covers it already"
            covered[user] = account.name
        for currency, limits in (account.limits or {}).items():
            if currency not in currencies:
                yield f"{key}.limits.{currency}", f"no [[book]] is in {currency}"
            for name in VALUES:
                value = getattr(limits, name)
                yield from _number_faults(f"{key}.limits.{currency}.{name}", value, HIGHEST_VALUE, PRICE_SCALE)
        for j, order_book in enumerate(account.restricted_symbols):
            if order_book not in books:
                yield f"{key}.restricted_symbols[{j}]", f"there is no [[book]] {order_book}"
        ports = {port.name: port for port in config.port}
        for j, name in enumerate(account.sponsored_ports):
            yield from _sponsored_faults(f"{key}.sponsored_ports[{j}]", account, name, ports.get(name))
        if account.sponsored_ports:
            yield from _mandatory_faults(key, account)


def _sponsored_faults(key: str, account: AccountSettings, name: str, port: PortSettings | None) -> Iterator[Fault]:
    if port is None or port.mpid != account.mpid:
        yield key, f"{name} is no port of {account.mpid}"
    elif not port.max_orders_per_second and not account.symbol_rate:
        yield (
            key,
            f"{name} has sponsored access, so it needs max_orders_per_second, or its account a symbol_rate",
        )
    elif not port.fat_finger:
        yield key, f"{name} has sponsored access, so its [[port]] needs fat_finger = true"


def _mandatory_faults(key: str, account: AccountSettings) -> Iterator[Fault]:
    """Give which checks sponsored access lacks in a currency that has limits (PRM guide 5)."""
    for currency, limits in (account.limits or {}).items():
        if not limits.max_quantity and not limits.max_value:
            yield f"{key}.limits.{currency}.max_value", "sponsored access needs max_quantity or max_value"
        if not any(getattr(limits, name) for name in VALUES[2:]):
            yield f"{key}.limits.{currency}.total_risk", "sponsored access needs one of the accumulated values"


def _port_faults(config: Config, rule_books: dict[str, str]) -> Iterator[Fault]:
    members = {member.mpid for member in config.member}
    markets = {service.key: service.market or "" for service in config.service}
    for i, port in enumerate(config.port):
        market = markets[port.service]
        if rule_books.get(market) == "prm":
            if port.mpid not in members:
                yield f"port[{i}].mpid", f"there is no [[member]] {port.mpid}, so all its orders would be refused"
            continue
        for name in ("fat_finger", "max_orders_per_second", "cancel_on_breach"):
            if getattr(port, name):
                yield f"port[{i}].{name}", f"{market} does not go by the rule book prm; its ports have a [[rule]]"

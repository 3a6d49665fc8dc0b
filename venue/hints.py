"""What a value of a configuration or of an operation must look like, where its type alone does not tell."""

import re
from typing import Any, Literal, get_args, get_origin

import msgspec

PRICE_HINT = 'a price in quotes with at most four decimals, such as "150.0000"'
PRICE_KEYS = (
    "previous_close",
    "luld",
    "ticks",
    "last",
    "previousClose",
    "bid",
    "offer",
    "reference",
    "luldLower",
    "luldUpper",
)
HINTS = dict.fromkeys(PRICE_KEYS, PRICE_HINT) | {
    "durability": "disk, process or memory",
    "second_login": "refuse or take-over",
    "sequence_zero": "last or next",
    "sequence_beyond_next": "refuse or next",
    "protocol": "http, prm-nordic, rash-1.0, rash-1.1, or of ouch-5.0, fix, ouch-drop, fix-drop the -us or -nordic "
    "one: ouch-5.0-us",
    "comp_id": "1 to 12 printable characters without spaces and =",
    "versions": 'a list of FIX.4.0, FIX.4.1, FIX.4.2, FIX.4.4 and FIXT.1.1, such as ["FIX.4.2"]',
    "validation": "lenient, strict or strict-all",
    "letters": "current or old",
    "dialect": "inet, flite, nordic or standard",
    "password_tag": "554 or 96",
    "market.key": "nasdaq, bx, psx or nordic",
    "rule_book": "eqrc or prm",
    "account.name": "6 capital letters and digits, the first four the member's MPID",
    "users": 'a list of users of 1 to 6 capital letters and digits, such as ["GP29U1"]',
    "drop_ports": 'a list of names of order entry ports, such as ["IN19T6"]',
    "guards": 'a list of accounts, such as ["GP29P1"]',
    "currency": "3 capital letters",
    "mic": "4 capital letters and digits",
    "exchange": "NASDAQ, BX, PSX or ROUTED",
    "type": "max-shares, max-notional, adv, order-type, shares-located, restricted-stock, hard-to-borrow, "
    "market-impact, fat-finger, order-rate or gross-exposure",
    "name": "1 to 6 capital letters and digits",
    "port": "1 to 6 capital letters and digits",
    "mpid": "4 capital letters and digits",
    "password": "1 to 10 printable characters without spaces",
    "client.id": "1 to 64 letters, digits, dots, dashes and underlines, a letter or digit first",
    "client.secret": "16 to 128 printable characters without spaces, % and +",
    "client.secret_hash": "what `portcullis config hash --for client` prints",
    "person.name": "1 to 64 letters, digits, dots, dashes and underlines, a letter or digit first",
    "person.password": "1 to 128 printable characters",
    "person.password_hash": "what `portcullis config hash --for person` prints",
    "roles": 'a list of roles, such as ["rules-api-rules-read"]',
    "mpids": 'a list of MPIDs, such as ["INET"]; left out, it is all',
    "http.allow": 'a list of networks or addresses, such as ["10.0.0.0/8", "::1"]',
    "http.allow_under": 'a table of paths and their networks, such as { "/ptr-api" = ["10.0.0.0/8"] }',
    "password_hash": "what `portcullis config hash` prints",
    "addresses": 'a list of networks or addresses, such as ["10.0.0.0/8", "::1"]',
    "symbol": "1 to 8 capital letters, digits and signs, such as AAPL or BRK A",
    "symbols": 'a list of symbols, such as ["AAPL"]',
    "after_hours": 'two times of day in quotes, such as ["16:00", "20:00"]',
    "aiq_strategy": "one of Y D O W R y d o w r Z E P X S 0 1 2 4 5 N",
    "phase": "CLOSED, HALT, MARKET, PRE_MARKET, POST_MARKET or QUOTATION in a US market, one of its calls, CLOSED, "
    "CONTINUOUS, HALT, POST_TRADE or PRE_OPEN in a Nordic one",
    "stage": "LATE, NO_MARKET_ORDERS or NO_LIMIT_ORDERS",
    "at": 'a time of day in quotes, such as "09:00" or "17:29:30"',
    "clock": "real or manual",
    "mode": "real or manual",
    "roll_at": 'a time of day in quotes, such as "20:30"',
    "calendar": "XCSE, XHEL, XICE, XNAS, XNYS, XSTO or none",
    "clock_start": "a time with its offset, such as 2026-11-20T12:00:00Z",
    "advanceTo": 'a time with its offset, such as "2026-11-20T15:29:30Z"',
    "reason": "E, C, S or X",
}
"""What a value must look like, by the last part of its key, or the last two."""


def hint(key: str, struct: Any = None) -> str:
    """Say what a key's value looks like, where its type alone does not tell: which words a field of `struct` takes."""
    words = choices(struct, key)
    if words:
        return f"; it must be {' or '.join(filter(None, (', '.join(words[:-1]), words[-1])))}"
    parts = re.sub(r"\[[\d.]+\]", "", key).split(".")
    text = HINTS.get(".".join(parts[-2:]), HINTS.get(parts[-1]))
    return f"; it must be {text}" if text else ""


def choices(struct: Any, name: str) -> tuple[str, ...]:
    """Give the words that a field of a struct takes, by the name that it has outside; none where it takes others."""
    if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
        return ()
    kinds = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    found: list[str] = []
    waiting = [kinds.get(name)]
    while waiting:
        kind = waiting.pop(0)
        if get_origin(kind) is Literal:
            found += get_args(kind)
        else:
            waiting += get_args(kind)
    return tuple(found)

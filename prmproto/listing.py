"""An answer that goes through accounts, told in slices so that nobody else waits long: each slice is a record.

    List request ─▶ begin ─▶ a slice ─▶ the port's timer ─▶ a slice ─▶ … ─▶ End of Reply

Which accounts an answer is about is settled when it is asked for. What it says of each is what is so when its turn
comes: orders of others flow in between, and may change what is not told yet. The figures of one account in one currency
are always of one moment. The port itself is not heard until its answer is done; where a message comes nevertheless, all
that is left is told first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.administration import Account
from prmproto import codec
from prmproto.codes import ErrorCode
from prmproto.state import Listing, Row

if TYPE_CHECKING:
    from prmproto.port import PrmPort

MESSAGES_A_SLICE: Final = 200
"""Messages that a slice has, or accounts and entries that were looked at for it: a millisecond or two."""


class List(NamedTuple):
    """A kind of list: the `rows` that an account has in it, and what is told of each; that gives how many messages."""

    rows: Callable[[PrmPort, Account, bytes], list[Row]]
    tell: Callable[[PrmPort, Account, Row, bytes, int], int]


def chosen(port: PrmPort, name: bytes) -> list[Account] | ErrorCode:
    """Give the accounts that a query is about."""
    if not name.strip(b" "):
        return port.accounts()
    account = port.account(name)
    return account if isinstance(account, ErrorCode) else [account]


def begin(port: PrmPort, request: int, name: bytes, message: bytes, now: int) -> bool:
    """Answer a query of one account or of all, as far as a slice goes; gives whether it could be."""
    accounts = chosen(port, name)
    if isinstance(accounts, ErrorCode):
        port.send(codec.pack_end_of_reply(request, 0, accounts))
        return False
    port.listing = Listing(request, message, [account.name for account in reversed(accounts)])
    port.go_on(now)
    return True


def tell_slice(port: PrmPort, listing: Listing, kind: List, now: int) -> bool:
    """Tell the next slice of an answer; gives whether it was the last."""
    room, account = MESSAGES_A_SLICE, named(port, listing.account)
    is_done = False
    while room > 0:
        if listing.rows and account is not None:
            before = port.looked_at
            count = kind.tell(port, account, listing.rows.pop(), listing.message, now)
            listing.count += count
            room -= max(count, 1) + port.looked_at - before
        elif listing.accounts:
            listing.account = listing.accounts.pop()
            account = named(port, listing.account)
            listing.rows = [] if account is None else kind.rows(port, account, listing.message)[::-1]
            room -= 0 if listing.rows else 1
        else:
            port.send(codec.pack_end_of_reply(listing.request, listing.count, ErrorCode.OK))
            is_done = True
            break
    listing.effort += MESSAGES_A_SLICE - room
    return is_done


def named(port: PrmPort, name: str) -> Account | None:
    """Give an account, as long as the port administers it: a new configuration may come in between."""
    account = port.account(name.encode("ascii"))
    return None if isinstance(account, ErrorCode) else account


def cut_short(port: PrmPort) -> None:
    """End an answer whose client is gone: who comes back finds it ended, and has to say hello before it asks again."""
    listing, port.listing = port.listing, None
    if listing is not None:
        port.send(codec.pack_end_of_reply(listing.request, listing.count, ErrorCode.HELLO_REQUIRED))

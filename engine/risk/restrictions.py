"""The order books that a PRM account may not trade today, by where each entry came from (PRM guide 3.7, 3.13, 3.19).

A symbol is restricted while any of its origins says so. The persistent list is one of the account's settings; what the
others say is kept here:

- the account's file lists symbols until another file takes its place, also over the night;
- its member's own program restricts and releases until the day ends, or until the file is read again: the file always
  overrides. A release takes away what that program and repeated orders restricted, and masks the other two origins;
- repeated orders restrict until they are released or the day ends.
"""

from __future__ import annotations

from typing import Final

from engine.terms import Origin

DAY_LISTS: Final = (Origin.FILE, Origin.MANUAL, Origin.REPEATED_ORDER)
"""The origins whose entries are kept here."""


class Restrictions:
    """What is restricted beside an account's settings: order books by origin, each with the venue time since when.

    `released` are those that the member released today: what the persistent list and the file say of them is masked.
    """

    __slots__ = ("listed", "released")

    def __init__(self) -> None:
        self.listed: dict[Origin, dict[str, int]] = {origin: {} for origin in DAY_LISTS}
        self.released: dict[str, int] = {}

    def holds(self, order_book: str, persistent: tuple[str, ...]) -> bool:
        """Whether an order book is restricted by any origin; `persistent` are those of the account's settings."""
        listed = self.listed
        if order_book in listed[Origin.MANUAL] or order_book in listed[Origin.REPEATED_ORDER]:
            return True
        return (order_book in persistent or order_book in listed[Origin.FILE]) and order_book not in self.released

    def take_file(self, order_books: tuple[str, ...] | None, now: int) -> None:
        """Let the account's file say what it says now, above the member's own changes; None: there is no file."""
        before = self.listed[Origin.FILE]
        self.listed[Origin.FILE] = {name: before.get(name, now) for name in order_books or ()}
        if order_books is not None:
            self.listed[Origin.MANUAL].clear()
            self.released.clear()

    def restrict(self, origin: Origin, order_book: str, now: int) -> None:
        """Restrict an order book until it is released or the day ends."""
        self.listed[origin].setdefault(order_book, now)
        self.released.pop(order_book, None)

    def release(self, order_book: str, persistent: tuple[str, ...], now: int) -> None:
        """Release an order book for the rest of the day, or until the file is read again."""
        self.listed[Origin.MANUAL].pop(order_book, None)
        self.listed[Origin.REPEATED_ORDER].pop(order_book, None)
        if order_book in persistent or order_book in self.listed[Origin.FILE]:
            self.released.setdefault(order_book, now)

    def relisted(self, before: tuple[str, ...], now: tuple[str, ...]) -> None:
        """Unmask what today's persistent list names that it did not name `before`: whoever added it meant it."""
        for order_book in now:
            if order_book not in before:
                self.released.pop(order_book, None)

    def next_day(self) -> None:
        """Keep what the file says, and nothing that was changed in the course of the day."""
        self.listed[Origin.MANUAL].clear()
        self.listed[Origin.REPEATED_ORDER].clear()
        self.released.clear()

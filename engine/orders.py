"""A port's live orders by key, in pages: to let one dict of a million grow would stop the loop for 20 to 40 ms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from engine.api import Order

PAGE_BITS: Final = 13
"""Keys that differ in these low bits only share a page: 8,192 of them, and growing it costs less than half a ms."""


class LiveOrders:
    """The live orders of a port, page by page, within a page in order of entry.

    Keys rise in the order of entry within a channel, so a port that uses none has them oldest first. Plain methods and
    no `MutableMapping`: a call costs less than an item's assignment, and mypyc makes no class of C of a subclass of it.
    """

    __slots__ = ("pages",)

    def __init__(self) -> None:
        self.pages: dict[int, dict[int, Order]] = {}

    def __getitem__(self, key: int) -> Order:
        return self.pages[key >> PAGE_BITS][key]

    def __contains__(self, key: int) -> bool:
        return self.find(key) is not None

    def __iter__(self) -> Iterator[int]:
        for page in self.pages.values():
            yield from page

    def __len__(self) -> int:
        return sum(map(len, self.pages.values()))

    def values(self) -> Iterator[Order]:
        """Go through the orders, as iteration goes through their keys."""
        for page in self.pages.values():
            yield from page.values()

    def after(self, key: int) -> Iterator[Order]:
        """Go through the orders with a higher key, lowest first."""
        for number in sorted(number for number in self.pages if number >= key >> PAGE_BITS):
            page = self.pages[number]
            yield from (page[following] for following in sorted(page) if following > key)

    def find(self, key: int) -> Order | None:
        """Give the live order of a key, None where there is none."""
        page = self.pages.get(key >> PAGE_BITS)
        return None if page is None else page.get(key)

    def add(self, order: Order) -> None:
        """Take an order in, under its key."""
        key = order.key
        page = self.pages.get(key >> PAGE_BITS)
        if page is None:
            page = self.pages[key >> PAGE_BITS] = {}
        page[key] = order

    def remove(self, key: int) -> None:
        """Take out the order of a key."""
        number = key >> PAGE_BITS
        page = self.pages[number]
        del page[key]
        if not page:
            del self.pages[number]

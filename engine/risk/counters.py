"""What a PRM account traded and has open today in one currency: the accumulated values (PRM guide 3.6, Appendix I)."""

from __future__ import annotations

from engine.terms import Lock


class CurrencyState:
    """The counters of an account in a currency, in 1/10,000 of it, gross and of today; `locked` is by which of them."""

    __slots__ = ("currency", "locked", "open_buy", "open_sell", "traded_buy", "traded_sell")

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.traded_buy = 0
        self.traded_sell = 0
        self.open_buy = 0
        self.open_sell = 0
        self.locked: tuple[Lock, ...] = ()

    @property
    def total_risk(self) -> int:
        """All that was traded, and all that is open."""
        return self.traded_buy + self.traded_sell + self.open_buy + self.open_sell

    @property
    def total_traded(self) -> int:
        """All that was traded."""
        return self.traded_buy + self.traded_sell

    @property
    def total_open(self) -> int:
        """All that is open."""
        return self.open_buy + self.open_sell

"""US exchanges under price bands, as traders and operators meet them: `trading.Market` with bands on."""

from trading import Market
from words import MARKETS, buy, dollars, sell, symbol_entry, ticks

from engine.api import MarketEntry


def with_bands(entry):
    values = {name: getattr(entry, name) for name in entry.__struct_fields__}
    return MarketEntry(**values | {"bands": True})


class BandedMarket(Market):
    """Three exchanges under bands; ZWZZT, in the first tier, closed at 10.00, so its bands are 9.50 and 10.50."""

    SYMBOLS = (type(symbol_entry("ZWZZT"))("ZWZZT", ticks("10.00"), None, None, 0, ((10_000, 100), (1, 1)), 1),)
    MARKETS = tuple(map(with_bands, MARKETS))

    def configure(self, *rules, symbols=SYMBOLS, markets=MARKETS, **how):
        return super().configure(*rules, symbols=self.SYMBOLS, markets=self.MARKETS, **how)

    @property
    def bands(self):
        security = self.security()
        return dollars(security.luld_lower), dollars(security.luld_upper)

    def book(self, exchange="nasdaq"):
        return self.engine.markets[exchange].books["ZWZZT"]

    @property
    def phases(self):
        return [self.book(entry.key).phase for entry in self.MARKETS]

    def trade_at(self, price):
        self.enter(sell(100, at=price, by="AK1"))
        self.enter(buy(100, at=price))
        self.wait()

"""An order for each reason to refuse one: what is sent, after what, and what an explanation tells of it."""

from msgspec import structs

from engine.api import (
    CrossStage,
    Phase,
    Reject,
    ReleasePort,
    RuleEntry,
    SetHalt,
    SetPhase,
    SetPrices,
    SetStorage,
    Unbreach,
)
from ouch import messages
from ouch.messages import encode

SHORT = {"MAXIMUM_SHARES": (5_000, 6_000)}
RESUME = SetHalt("nasdaq", "ZWZZT", halted=False)
RELEASE = ReleasePort("IN30T1")


def nothing(floor):
    pass


class Row:
    """One reject: what is sent, after what, and what is told of it.

    `change` are the fields of the smallest change and their values; `others` the checks that would have refused too.
    `lift` are the operations after which the change passes, where no change of the order is enough.
    """

    def __init__(self, *, change, figures=(None, None), others=(), lift=(), before=None, options=None, **sent):
        self.change = change
        self.figures = figures
        self.others = list(others)
        self.lift = lift
        self.before = before or nothing
        self.options = options or {}
        self.sent = sent


def rate(floor):
    floor.query(times=100)


def disable(floor):
    floor.send(encode(messages.DisableOrderEntry(1, "INET", {})))


def ruled(kind, *, symbols=(), phase=None, prices=None, enters=0, **settings):
    """With one more rule for the port, in a phase, at prices, after some orders."""

    def before(floor):
        port = "IN30T1" if kind == "order-rate" else None
        rule = RuleEntry("rest", kind, "NASDAQ", "INET", port, symbols, settings)
        floor.do(structs.replace(floor.command, rules=(*floor.command.rules, rule)))
        if phase is not None:
            floor.do(SetPhase("nasdaq", "ZWZZT", phase))
        if prices is not None:
            floor.do(SetPrices("ZWZZT", prices))
        for number in range(enters):
            floor.enter(user_ref_num=number + 1)

    return before


def late_without_a_price(floor):
    floor.do(SetPrices("ZWZZT", {"previous_close": None, "last": None}))
    floor.do(SetPhase("nasdaq", "ZWZZT", Phase.CONTINUOUS, stage=CrossStage.LATE))


ROWS = {
    Reject.INVALID_SIDE: Row(side="?", change={"side": "B"}, figures=(None, "?")),
    Reject.INVALID_QUANTITY: Row(
        quantity=0,
        price=140_000,
        change={"quantity": 1, "price": "11.0000"},
        figures=(999_999, 0),
        others=["FAT_FINGER"],
    ),
    Reject.INVALID_SYMBOL: Row(symbol="zwzzt", change={"symbol": "ZWZZT"}, figures=(None, "zwzzt")),
    Reject.INVALID_PRICE: Row(
        price=0, change={"price": "9.0000"}, figures=("199999.9900", "0.0000"), others=["FAT_FINGER"]
    ),
    Reject.INVALID_TICK: Row(
        price=140_001,
        change={"price": "11.0000"},
        figures=("0.0100", "14.0001"),
        others=["FAT_FINGER"],
    ),
    Reject.INVALID_TIME_IN_FORCE: Row(time_in_force="9", change={"timeInForce": "0"}, figures=(None, "9")),
    Reject.INVALID_DISPLAY: Row(display="Z", change={"display": "Y"}, figures=(None, "Z")),
    Reject.INVALID_CAPACITY: Row(capacity="?", change={"capacity": "A"}, figures=(None, "?")),
    Reject.INVALID_INTERMARKET_SWEEP: Row(intermarket_sweep="?", change={"intermarketSweep": "N"}, figures=(None, "?")),
    Reject.INVALID_CROSS: Row(
        cross_type="S",
        quantity=6_000,
        change={"crossType": "N", "quantity": 5_000},
        figures=(None, "S"),
        others=["MAXIMUM_SHARES"],
    ),
    Reject.CALL_MISSED: Row(
        cross_type="O", quantity=6_000, change={"crossType": "N", "quantity": 5_000}, others=["MAXIMUM_SHARES"]
    ),
    Reject.NO_CLOSING_REFERENCE: Row(before=late_without_a_price, cross_type="C", change={"crossType": "N"}),
    Reject.INVALID_PRICE_TYPE: Row(options={"price_type": "?"}, change={"options.priceType": "L"}),
    Reject.INVALID_MINIMUM_QUANTITY: Row(
        options={"min_qty": 170}, display="N", quantity=1_000, change={"options.minQty": 200}, figures=(None, 170)
    ),
    Reject.INVALID_MAX_FLOOR: Row(
        options={"max_floor": 100, "random_reserves": 100}, change={"options.maxFloor": 101}, figures=(None, 100)
    ),
    Reject.INVALID_SELF_MATCH_PREVENTION: Row(options={"aiq_strategy": "?"}, change={"options.aiqStrategy": "*"}),
    Reject.INVALID_EXPIRE_TIME: Row(
        options={"expire_time": 90_000},
        time_in_force="6",
        change={"options.expireTime": 86_399},
        figures=(86_399, 90_000),
    ),
    Reject.INVALID_ATTRIBUTE: Row(appendage=b"\x02\xfe\x00", change={"options": ""}),
    Reject.PEGGING_NOT_SERVED: Row(
        options={"price_type": "Q", "peg_offset": 5}, change={"options.priceType": "L", "options.pegOffset": None}
    ),
    Reject.ROUTING_NOT_SERVED: Row(appendage=b"\x05\x0eSCAN", change={"options": ""}),
    Reject.RETAIL_NOT_SERVED: Row(cross_type="R", change={"crossType": "N"}, figures=(None, "R")),
    Reject.AFTER_HOURS_CLOSED: Row(
        time_in_force="E", change={"timeInForce": "0"}, figures=("16:00:00 to 20:00:00", "10:00:00")
    ),
    Reject.FIRM_NOT_AUTHORIZED: Row(options={"firm": "AKAM"}, change={"options.firm": "INET"}, figures=(None, "AKAM")),
    Reject.HALTED: Row(
        before=lambda floor: floor.do(SetHalt("nasdaq", "ZWZZT", halted=True)),
        quantity=6_000,
        change={"quantity": 5_000},
        others=["MAXIMUM_SHARES"],
        lift=[RESUME],
    ),
    Reject.MARKET_CLOSED: Row(
        before=lambda floor: floor.do(SetPhase("nasdaq", "ZWZZT", Phase.CLOSED)),
        quantity=6_000,
        change={"quantity": 5_000},
        others=["MAXIMUM_SHARES"],
        lift=[SetPhase("nasdaq", "ZWZZT", Phase.CONTINUOUS)],
    ),
    Reject.ENTRY_DISABLED: Row(before=disable, user_ref_num=2, change={}, lift=None),
    Reject.PORT_MESSAGE_RATE: Row(
        before=rate,
        quantity=6_000,
        change={"quantity": 5_000},
        figures=(100, 101),
        others=["MAXIMUM_SHARES"],
        lift=[RELEASE],
    ),
    Reject.RESTRICTED_STOCK: Row(
        symbol="AMD",
        quantity=5_001,
        price=20_000_000,
        change={"quantity": 5_000, "price": "22.0000"},
        others=["MAXIMUM_SHARES", "MAXIMUM_NOTIONAL", "FAT_FINGER"],
        lift=None,
    ),
    Reject.MAXIMUM_SHARES: Row(quantity=5_001, change={"quantity": 5_000}, figures=(5_000, 5_001)),
    Reject.MAXIMUM_NOTIONAL: Row(
        symbol="AAPL",
        quantity=5_000,
        price=2_000_100,
        change={"price": "200.0000"},
        figures=("1000000.0000", "1000050.0000"),
    ),
    Reject.FAT_FINGER: Row(
        before=lambda floor: floor.do(SetPrices("AAPL", {"outside_offer": 2_001_000})),
        symbol="AAPL",
        price=2_300_000,
        change={"price": "220.1100"},
        figures=("20.0100", "29.9000"),
    ),
    Reject.SYMBOL_MESSAGE_RATE: Row(
        before=ruled("order-rate", max_symbol_messages=1, symbol_window=1, enters=1),
        user_ref_num=2,
        quantity=6_000,
        change={"quantity": 5_000},
        figures=(1, 2),
        others=["MAXIMUM_SHARES"],
        lift=[RELEASE],
    ),
    Reject.DUPLICATE_ORDER: Row(
        before=ruled("order-rate", max_duplicates=1, duplicate_window=1, enters=1),
        user_ref_num=2,
        change={"quantity": 99},
        figures=(1, 2),
    ),
    Reject.HARD_TO_BORROW: Row(
        before=ruled("hard-to-borrow", symbols=("ZWZZT",), enabled=True), side="T", change={"side": "B"}
    ),
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED: Row(
        before=ruled("order-type", reject_intermarket_sweep=True),
        intermarket_sweep="Y",
        change={"intermarketSweep": "N"},
    ),
    Reject.SHORT_SALE_NOT_ALLOWED: Row(
        before=ruled("order-type", reject_short_sale=True), side="T", change={"side": "B"}
    ),
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED: Row(
        before=ruled("order-type", reject_short_sale_exempt=True), side="E", change={"side": "B"}
    ),
    Reject.MARKET_ORDER_NOT_ALLOWED: Row(
        before=ruled("order-type", reject_non_auction_market=True), price=0x7FFF_FFFF, change={}, lift=None
    ),
    Reject.PRE_MARKET_NOT_ALLOWED: Row(
        before=ruled("order-type", phase=Phase.PRE_MARKET, reject_pre_market=True),
        change={},
        lift=[SetPhase("nasdaq", "ZWZZT", Phase.CONTINUOUS)],
    ),
    Reject.POST_MARKET_NOT_ALLOWED: Row(
        before=ruled("order-type", reject_post_market=True), time_in_force="5", change={"timeInForce": "0"}
    ),
    Reject.IPO_MARKET_BUY_NOT_ALLOWED: Row(
        before=ruled("order-type", phase=Phase.QUOTATION, reject_ipo_market_buy=True),
        price=0x7FFF_FFFF,
        change={"side": "S"},
    ),
    Reject.LOCATE_REQUIRED: Row(before=ruled("shares-located", require_locate=True), side="T", change={"side": "B"}),
    Reject.LOCATE_BROKER: Row(
        before=ruled("shares-located", brokers=("ABCD",)),
        side="T",
        options={"locate_broker": "WXYZ"},
        change={"side": "B"},
    ),
    Reject.AVERAGE_DAILY_VOLUME: Row(
        before=ruled("adv", percent=50_000, minimum_volume=10_000),
        quantity=501,
        change={"quantity": 500},
        figures=(500, 501),
    ),
    Reject.MARKET_IMPACT: Row(
        before=ruled("market-impact", prices={"luld_upper": 105_000}, enabled=True),
        price=106_000,
        change={"price": "10.5000"},
        figures=("10.5000", "10.6000"),
    ),
    Reject.GROSS_EXPOSURE: Row(
        before=ruled("gross-exposure", enters=2, open_watch=500, open_action=1_000),
        user_ref_num=3,
        change={},
        figures=("1000.0000", "2000.0000"),
        lift=[Unbreach("NASDAQ", "INET")],
    ),
    Reject.DISCRETION_NOT_SERVED: Row(
        options={"discretion_price": 100_000, "max_floor": 10}, change={"options.discretionPrice": None}
    ),
    Reject.QUOTE_UNAVAILABLE: Row(
        options={"price_type": "P", "peg_offset": 5},
        change={"options.priceType": "L", "options.pegOffset": None},
    ),
    Reject.CROSSED_MARKET: Row(
        before=lambda floor: floor.do(SetPrices("ZWZZT", {"outside_bid": 101_000, "outside_offer": 100_000})),
        options={"price_type": "M"},
        display="N",
        change={"options.priceType": "L"},
    ),
    Reject.LOW_DISK_SPACE: Row(
        before=lambda floor: floor.do(SetStorage(low=True)), change={}, lift=[SetStorage(low=False)]
    ),
}

"""Rules of two and three levels against a naive model: each rule is asked by itself, the first that objects decides."""

from random import Random

import pytest
from trading import Market
from words import (
    MARKET,
    TICKS,
    TOMORROW,
    Rejected,
    buy,
    fat_finger,
    hard_to_borrow,
    located,
    market_impact,
    max_notional,
    max_shares,
    order_types,
    restricted,
    sell,
    short,
    short_exempt,
    symbol_entry,
    ticks,
    volume_percent,
)

from engine.api import CreateRule, DeleteRule, Reject, Side, UpdateRule
from engine.risk.eqrc import CHECKS

LEVELS = pytest.mark.section("EQRC", "3.1 The most restrictive level wins")
CLOSE, VOLUME, LOWER, UPPER = 100_000, 2_000, 95_000, 105_000
PRECEDENCE = [
    Reject.RESTRICTED_STOCK,
    Reject.HARD_TO_BORROW,
    Reject.INTERMARKET_SWEEP_NOT_ALLOWED,
    Reject.SHORT_SALE_NOT_ALLOWED,
    Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED,
    Reject.MARKET_ORDER_NOT_ALLOWED,
    Reject.LOCATE_REQUIRED,
    Reject.LOCATE_BROKER,
    Reject.MAXIMUM_SHARES,
    Reject.MAXIMUM_NOTIONAL,
    Reject.AVERAGE_DAILY_VOLUME,
    Reject.FAT_FINGER,
    Reject.MARKET_IMPACT,
]
SHORTS = (Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT)


def naive(rule, order):
    """Why one rule refuses an order, None when it does not: the reasons of the guide, one after the other."""
    says, price, size = rule.settings, ticks(order.at), order.quantity
    is_market, is_short, is_exempt = order.at == MARKET, order.side is Side.SELL_SHORT, order.side in SHORTS[1:]
    away = abs(price - CLOSE)
    held = is_short or (is_exempt and says.get("include_short_sale_exempt"))
    broker = order.attributes.locate_broker.decode()
    amount, percent = says.get("ranges", ((0, 0),))[-1]
    limits = [amount] * bool(amount) + [percent * CLOSE / 1_000_000] * bool(percent)
    objections = {
        "restricted-stock": [(Reject.RESTRICTED_STOCK, order.symbol in rule.symbols)],
        "hard-to-borrow": [(Reject.HARD_TO_BORROW, is_short and order.symbol in rule.symbols)],
        "order-type": [
            (Reject.INTERMARKET_SWEEP_NOT_ALLOWED, says.get("reject_intermarket_sweep") and order.intermarket_sweep),
            (Reject.SHORT_SALE_NOT_ALLOWED, says.get("reject_short_sale") and is_short),
            (Reject.SHORT_SALE_EXEMPT_NOT_ALLOWED, says.get("reject_short_sale_exempt") and is_exempt),
            (Reject.MARKET_ORDER_NOT_ALLOWED, says.get("reject_non_auction_market") and is_market),
        ],
        "shares-located": [
            (Reject.LOCATE_REQUIRED, held and says.get("require_locate") and not order.attributes.shares_located),
            (
                Reject.LOCATE_BROKER,
                held and says.get("brokers") and order.attributes.shares_located and broker not in says["brokers"],
            ),
        ],
        "max-shares": [(Reject.MAXIMUM_SHARES, size > says.get("limit", 0))],
        "max-notional": [
            (Reject.MAXIMUM_NOTIONAL, size * (CLOSE if is_market else price) > says.get("limit", 0) * 10_000)
        ],
        "adv": [
            (
                Reject.AVERAGE_DAILY_VOLUME,
                size * 1_000_000 > says.get("percent", 0) * max(VOLUME, says.get("minimum_volume") or 0),
            )
        ],
        "fat-finger": [(Reject.FAT_FINGER, not is_market and bool(limits) and away > min(limits))],
        "market-impact": [
            (
                Reject.MARKET_IMPACT,
                not is_market and (price > UPPER if order.side is Side.BUY else price < LOWER),
            )
        ],
    }
    return [reason for reason, refuses in objections[rule.type] if refuses]


def random_rules(random, count):
    """Rules of one level, each with a name of its own."""
    made = []
    for number in range(count):
        kind = random.choice(
            [
                lambda **rest: max_shares(random.choice([50, 100, 150]), **rest),
                lambda **rest: max_notional(random.choice([0, 1_000, 2_000]), **rest),
                lambda **rest: volume_percent(random.choice(["2.5", "5", "7"]), random.choice([None, 3_000]), **rest),
                lambda **rest: fat_finger(random.choice(["0", "0.30", "1"]), random.choice(["0", "2", "9"]), **rest),
                lambda **rest: order_types(
                    random.choice(["intermarket_sweep", "short_sale", "short_sale_exempt", "non_auction_market"]),
                    **rest,
                ),
                lambda **rest: located(
                    *random.choice([(), ("ABCD",), ("ABCD", "EF")]), exempt=random.random() < 0.5, **rest
                ),
                lambda **rest: hard_to_borrow(random.choice(["ZWZZT", "AMD"]), **rest),
                lambda **rest: restricted(random.choice(["ZWZZT", "AMD", "AMD", "AMD"]), **rest),
                market_impact,
            ]
        )
        made.append(kind(name=f"rule-{random.random()}-{number}"))
    return made


def at_level(rule, port):
    names = ("rule_id", "type", "exchange", "mpid", "symbols", "settings")
    values = {name: getattr(rule, name) for name in names}
    return type(rule)(port=port, **values)


def random_order(random):
    make = random.choice([buy, buy, sell, short, short_exempt])
    price = random.choice(["9.40", "9.50", "9.70", "9.99", "10.00", "10.01", "10.30", "10.50", "10.60", MARKET])
    more = {"shares_located": True} if random.random() < 0.5 else {}
    if more:
        more["locate_broker"] = random.choice([b"ABCD", b"EF", b"", b"X"])
    size = random.choice([1, 50, 51, 100, 101, 140, 150, 151, 210, 211])
    return make(size, at=price, intermarket_sweep=random.random() < 0.2, ioc=True, **more)


def expected(rules, order):
    """The first reason by precedence that any rule which holds the order gives."""
    holding = [rule for rule in rules if rule.port in (None, order.by) and rule.mpid == "INET"]
    reasons = [reason for rule in holding for reason in naive(rule, order)]
    return min(reasons, key=PRECEDENCE.index, default=None)


def heard(market, order):
    event = market.enter(order)[0]
    return event.reason if isinstance(event, Rejected) else None


@LEVELS
@pytest.mark.parametrize("seed", range(30))
def test_every_level_is_asked_and_the_first_objection_decides(seed):
    random = Random(seed)
    file_rules, firm_rules, port_rules = (random_rules(random, random.randrange(2, 8)) for _ in range(3))
    port_rules = [at_level(rule, random.choice(["IN1", "IN2"])) for rule in port_rules]
    file_rules = [at_level(rule, random.choice([None, None, "IN1"])) for rule in file_rules]
    market = Market(*file_rules, symbols=[symbol_entry("ZWZZT", "10.00", TICKS, VOLUME), symbol_entry("AMD", "20.00")])
    for rule in (*firm_rules, *port_rules):
        market.do(CreateRule(rule))
    rules = [*file_rules]
    market.prices(luld_lower="9.50", luld_upper="10.50")
    for _ in range(8):
        order = random_order(random)
        assert heard(market, order) == expected(rules, order), "what is only CONFIGURED holds nothing"
    market.next_day(TOMORROW)
    market.prices(luld_lower="9.50", luld_upper="10.50")
    rules += [*firm_rules, *port_rules]
    for step in range(24):
        order = random_order(random)
        assert heard(market, order) == expected(rules, order)
        if step % 8 == 7:
            market = market.reloaded()
            change(market, rules, random)


def change(market, rules, random):
    """Delete a rule made over REST, or set its limit, at once."""
    own = [rule for rule in rules if rule.rule_id in market.engine.rules.states]
    if not own:
        return
    rule = random.choice(own)
    rules.remove(rule)
    if rule.type == "max-shares" and random.random() < 0.7:
        market.do(UpdateRule(rule.rule_id, {"limit": 100}))
        rules.append(market.engine.rules.states[rule.rule_id].rule)
    else:
        market.do(DeleteRule(rule.rule_id, next_day=False))


def test_the_precedence_of_the_model_is_that_of_the_checks():
    names = [check.__name__ for check in CHECKS]
    assert names[:4] == ["restricted_stock", "hard_to_borrow", "order_type", "shares_located"]
    assert names[4:9] == [
        "maximum_shares",
        "maximum_notional",
        "average_daily_volume",
        "fat_finger",
        "market_impact",
    ]

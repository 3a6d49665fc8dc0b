"""An explanation as a terminal shows it: a few aligned lines."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from engine.api import PRM
from ouch import codes
from venue.explain.answer import Explanation, Rule, Scope
from venue.explain.describe import told
from venue.explain.proposals import change_in_words
from wire.csv_text import printable

LABEL_WIDTH = 9
TEXT_WIDTH = 100
SIDES = {side.value: side.text for side in codes.Side}
SPOKEN = (
    "userRefNum",
    "origUserRefNum",
    "side",
    "quantity",
    "symbol",
    "orderBook",
    "price",
    "clOrdId",
    "token",
    "shares",
)
"""Fields that the first line says in words; the others stand behind it by name."""


def lines(explanation: Explanation) -> Iterator[str]:
    """Give the lines for people."""
    moment = explanation.time.replace("T", " ").replace("Z", " UTC")
    yield f"{explanation.id}  {explanation.port} ({explanation.mpid}) at {explanation.exchange}  {moment}"
    for label, texts in _paragraphs(explanation):
        wrapped = [line for text in texts for line in wrap(printable(text), TEXT_WIDTH, break_on_hyphens=False)]
        for place, text in enumerate(wrapped):
            yield f"{label if place == 0 else '':<{LABEL_WIDTH}} {text}"


def _paragraphs(explanation: Explanation) -> Iterator[tuple[str, list[str]]]:
    yield "asked", asked(explanation)
    if explanation.check is None:
        yield "answered", [explanation.summary]
        return
    verb = "refused" if explanation.outcome == "rejected" else "canceled"
    head = f"{explanation.code} {explanation.code_name} ({explanation.check})"
    if explanation.outcome != "rejected":
        head = f"the original was canceled, since the Replace is faulty ({explanation.check})"
    yield verb, [head, str(explanation.detail)]
    if explanation.rule is not None:
        yield "rule", [rule_line(explanation.rule)]
    if explanation.scope is not None:
        yield "holds for", [scope_line(explanation.scope)]
    if explanation.rate is not None and explanation.rate.would_have_passed_at is not None:
        yield "rate", [f"the message that shut the port would have passed at {explanation.rate.would_have_passed_at}"]
    for place, other in enumerate(explanation.other_checks):
        yield "also" if place == 0 else "", [f"{other.code} {other.check}: {other.detail}"]
    change = explanation.smallest_change
    if change is not None:
        if change.outside:
            yield "needs", change.outside
        if change.fields:
            yield (
                "then" if change.outside else "passes",
                ["with " + " and ".join(change_in_words(one) for one in change.fields)],
            )
        for alternative in change.alternatives:
            yield "or", ["with " + " and ".join(map(change_in_words, alternative))]
    market = explanation.market
    if market is not None:
        is_us = market.rule_book != PRM
        prices = (
            ("national best bid" if is_us else "best bid", market.national_best_bid if is_us else market.best_bid),
            ("offer", market.national_best_offer if is_us else market.best_offer),
            ("last", market.last),
            ("previous close", market.previous_close),
        )
        states = [
            word
            for word, is_so in (
                ("not listed", not market.listed),
                ("halted", market.halted),
                (f"phase {market.phase}", market.phase not in ("HALT", "MARKET", "CONTINUOUS")),
                ("disk low", market.storage_low),
                ("order entry disabled", market.entry_disabled),
                ("port shut by its rate", market.rate_limited),
            )
            if is_so
        ]
        known = [f"{name} {price or '-'}" for name, price in prices]
        yield "market", [f"{market.book}: {', '.join(known + states)}"]


def asked(explanation: Explanation) -> list[str]:
    """Say what was asked for."""
    request = explanation.request
    if request is None:
        return ["nothing"]
    fields = request.fields
    size = fields.get("quantity", fields.get("shares"))
    if size is None or "price" not in fields:
        return [" ".join([request.message, *(f"{name}={value}" for name, value in fields.items())])]
    side = SIDES.get(str(fields.get("side")), "")
    original = f" for {fields['origUserRefNum']}" if "origUserRefNum" in fields else ""
    name = fields.get("userRefNum", fields.get("clOrdId", fields.get("token", "")))
    what = f"{request.message} {name}{original}: {side} {told(size)}"
    what += f" {fields.get('symbol', fields.get('orderBook', ''))} at {fields['price']}"
    label = f", ClOrdID {fields['clOrdId']}" if fields.get("clOrdId") else ""
    rest = [f"{name} {value}" for name, value in fields.items() if name not in SPOKEN]
    rest += [f"{name} {told(value)}" for name, value in request.options.items()]
    return [" ".join(what.split()) + label, ", ".join(rest)]


def rule_line(rule: Rule) -> str:
    """Give a rule and its settings."""
    settings = ", ".join(f"{name} {setting}" for name, setting in rule.settings.items() if name != "ranges")
    return f"{rule.id} ({rule.type or 'rule'}, {rule.origin})" + (f": {settings}" if settings else "")


def scope_line(scope: Scope) -> str:
    """Say for whom and for what."""
    parts = [scope.exchange]
    parts += [f"MPID {scope.mpid}"] if scope.mpid else []
    parts += [f"port {scope.port}"] if scope.port else []
    parts += [f"group {scope.group_id}"] if scope.group_id is not None else []
    parts += [", ".join(scope.symbols)] if scope.symbols else []
    return " · ".join(parts)

"""Why an order was refused: every reject of the log explained by replay to its record.

find  ─▶ record ─▶ replay ─▶ port reads, all checks are asked ─▶ search ─▶ Explanation
"""

from venue.explain.answer import Change, Explanation, Market, Objection, Rate, Request, Rule, Scope, SmallestChange
from venue.explain.replay import explain

__all__ = [
    "Change",
    "Explanation",
    "Market",
    "Objection",
    "Rate",
    "Request",
    "Rule",
    "Scope",
    "SmallestChange",
    "explain",
]

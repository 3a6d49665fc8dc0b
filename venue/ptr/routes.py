"""The calls that change Post-Trade Risk: rows of the table of operations, which the APIs of its users send on."""

from __future__ import annotations

from venue.calls import Body
from venue.clients import ClientRemoved
from venue.ptr.calls import break_report, decide, kill, permit, report_trade, report_trades, set_limits
from venue.ptr.subscriptions import (
    SubscriptionBody,
    SubscriptionChange,
    SubscriptionList,
    SubscriptionSecret,
    SubscriptionsQuery,
    SubscriptionView,
    change,
    grant,
    renew,
    revoke,
    show_subscriptions,
)
from venue.ptr.terms import (
    DecideBody,
    Decided,
    KillBody,
    Killed,
    LimitsSet,
    Permission,
    PermitBody,
    ReportBroken,
    SetLimitsBody,
    TradeBody,
    TradeReported,
    TradesBody,
    TradesReported,
)
from venue.route import Route

TRADE = {"reporting": "INET", "contra": "AKAM", "side": "B", "symbol": "AAPL", "quantity": 100, "price": "200.0000"}
PTR_ROUTES = (
    Route(
        *("POST", "trf/trades", TradeBody, TradeReported, "Report a trade that was made elsewhere"),
        serve=report_trade,
        problems=(422,),
        examples=(TRADE,),
    ),
    Route(
        *("POST", "trf/batches", TradesBody, TradesReported, "Report trades, all of them or none"),
        serve=report_trades,
        problems=(422,),
        examples=({"trades": [TRADE]},),
    ),
    Route(
        *("POST", "trf/trades/{tradeId}/bust", Body, ReportBroken, "Take back a trade that was reported today"),
        serve=break_report,
        problems=(404, 409),
        examples=({},),
    ),
    Route(
        *("PUT", "clearing/{correspondent}/limits", SetLimitsBody, LimitsSet, "Set limits of a correspondent"),
        serve=set_limits,
        problems=(404, 422),
        examples=({"settingType": "BOTH", "limits": {"aggregateBuy": 50_000_000, "killOnBreach": True}},),
    ),
    Route(
        *("PUT", "clearing/{correspondent}/counterparties/{counterparty}", PermitBody, Permission),
        "Let a counterparty see a correspondent, or not",
        serve=permit,
        problems=(404, 422),
        examples=({"permitted": False},),
    ),
    Route(
        *("POST", "clearing/{correspondent}/kill", KillBody, Killed, "Kill a correspondent's further trades, or not"),
        serve=kill,
        problems=(404, 422),
        examples=({"on": True},),
    ),
    Route(
        *("POST", "clearing/held/{tradeId}/decision", DecideBody, Decided, "Let a held trade be cleared, or not"),
        serve=decide,
        problems=(404, 409, 422),
        examples=({"allow": True},),
    ),
    Route(
        *("POST", "ptr/subscriptions", SubscriptionBody, SubscriptionSecret),
        "Grant a subscription to Post-Trade Risk; its secret is told once",
        serve=grant,
        problems=(409, 422),
        examples=(
            {
                "id": "workx-acme",
                "userTypes": {"clearing": ["CLRG", "INET"], "correspondent": ["AKAM"]},
                "networks": ["203.0.113.0/24"],
            },
        ),
    ),
    Route(
        *("PUT", "ptr/subscriptions/{id}", SubscriptionChange, SubscriptionView, "Change a subscription"),
        serve=change,
        problems=(404, 409, 422),
        examples=({"networks": ["203.0.113.7"]},),
    ),
    Route(
        *("POST", "ptr/subscriptions/{id}/secret", Body, SubscriptionSecret, "Give a subscription a new secret"),
        serve=renew,
        problems=(404, 409, 422),
        examples=({},),
    ),
    Route(
        *("DELETE", "ptr/subscriptions/{id}", None, ClientRemoved, "Revoke a subscription"),
        serve=revoke,
        problems=(404, 409),
    ),
    Route(
        *("GET", "ptr/subscriptions", None, SubscriptionList, "List subscriptions"),
        look=show_subscriptions,
        query=SubscriptionsQuery,
        problems=(422,),
    ),
)
"""Its rows. Who may look at held trades and reports is told by the second process, which knows them."""

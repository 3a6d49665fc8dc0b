"""What changes rules, as rows of a table of calls: over REST and over engine.sock under the same paths."""

from __future__ import annotations

from typing import Any

from engine.rule_instructions import HARD_TO_BORROW, RESTRICTED_STOCK
from venue.eqrc.alerts import change_alert, make_alert, remove_alert
from venue.eqrc.calls import change_rule, changing_list, delete_rule, make_rule, unbreach
from venue.eqrc.switch import throw_switch
from venue.eqrc.terms import (
    Alert,
    AlertBody,
    AlertChange,
    AlertIdQuery,
    AlertKey,
    AlertRemoved,
    Effect,
    ListBody,
    ListView,
    RuleBody,
    RuleChange,
    RuleDeleted,
    RuleView,
    SwitchBody,
    Switched,
    UnbreachBody,
    Unbreached,
)
from venue.route import Route

ENTITY: dict[str, Any] = {"exchange": "NASDAQ", "mpid": "INET"}
ALERT = "rules-api/alert/configuration"
RESTRICTED, SHORT_SALE = "rules-api/lists/restricted", "rules-api/lists/short-sale"
LISTED = ENTITY | {"symbols": ["AMD", "TSLA"]}
STATE = (404, 409, 422)

RULE_ROUTES = (
    Route(
        *("POST", "rules-api/rules", RuleBody, RuleView, "Make a rule, for the next trading day"),
        serve=make_rule,
        problems=STATE,
        examples=(
            ENTITY | {"type": "max-shares", "settings": {"limit": 5000}},
            ENTITY | {"type": "order-rate", "port": "IN19T6", "settings": {"maxPortMessages": 100, "portWindow": 1}},
            ENTITY | {"copyOf": "rule-1207", "port": "IN24T4"},
        ),
    ),
    Route(
        *("PUT", "rules-api/rules/{id}", RuleChange, RuleView, "Change a rule"),
        serve=change_rule,
        query=Effect,
        problems=STATE,
        examples=({"settings": {"limit": 4000}},),
    ),
    Route(
        *("DELETE", "rules-api/rules/{id}", None, RuleDeleted, "Delete a rule"),
        serve=delete_rule,
        query=Effect,
        problems=STATE,
    ),
    *(
        Route(
            *(verb, path, ListBody, ListView, summary),
            serve=changing_list(rule_type, adds=verb == "POST"),
            problems=STATE,
            examples=(LISTED,),
        )
        for path, rule_type, name in (
            (RESTRICTED, RESTRICTED_STOCK, "the restricted stock list"),
            (SHORT_SALE, HARD_TO_BORROW, "the short sale list"),
        )
        for verb, summary in (("POST", f"Put symbols on {name}"), ("DELETE", f"Take symbols off {name}"))
    ),
    Route(
        *("POST", "rules-api/safety-switch", SwitchBody, Switched, "End open orders, close or open ports"),
        serve=throw_switch,
        problems=STATE,
        examples=(
            ENTITY | {"port": "IN19T6", "cancelAction": "ALL", "portAction": "DISABLE"},
            ENTITY | {"portAction": "ENABLE"},
        ),
    ),
    Route(
        *("POST", "rules-api/unbreach", UnbreachBody, Unbreached, "Lift a breach"),
        serve=unbreach,
        problems=STATE,
        examples=(ENTITY | {"type": "gross-exposure"},),
    ),
    Route(
        *("POST", ALERT, AlertBody, Alert, "Have breaches told by mail"),
        serve=make_alert,
        problems=STATE,
        examples=(ENTITY | {"ruleType": "gross-exposure", "emails": ["risk@inet.example"]},),
    ),
    Route(
        *("PUT", ALERT, AlertChange, Alert, "Change who is told by mail"),
        serve=change_alert,
        problems=STATE,
        examples=({"id": "alert-1207", "enabled": False},),
    ),
    Route(
        *("DELETE", ALERT, AlertKey, AlertRemoved, "Have nobody told any more"),
        serve=remove_alert,
        query=AlertIdQuery,
        problems=STATE,
    ),
)
"""The rows; those that only look are served by the second process (`venue.sidecar.rest.rules`)."""

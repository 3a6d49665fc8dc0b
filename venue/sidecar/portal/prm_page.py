"""The PRM page: an account's status, counters and limits, and what its member may change for today.

Whoever has `prm-write` asks as the member does over the PRM protocol: for today, and lifting no block of operations;
who has the role `operations` asks as those. Each change takes two steps, the second of which shows the old and the new
value, and is refused where somebody else has changed it in between.

Source: PRM guide, Appendix II.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from venue.looks import Look as LookInside
from venue.prm_calls import AccountView, show_account
from venue.problem import Problem
from venue.roles import OPERATIONS, PRM_READ, PRM_WRITE
from venue.sidecar.auth.identity import Identity
from venue.sidecar.portal.page import Look, Page, Region, Route
from venue.sidecar.portal.prm_view import (
    COUNTERS,
    HELP,
    LEVEL_WORDS,
    LEVELS,
    LIMITS,
    ORDER_LIMITS,
    QUANTITIES,
    REPEATED,
    SETTINGS,
    SWITCHES,
    currencies_of,
    money_of,
    row_of,
    status_of,
    used,
    value_of_limit,
)
from venue.sidecar.portal.visit import Visit, attached, new_key, refusal, some
from venue.sidecar.rest.endpoints import Reply
from wire.csv_text import written

if TYPE_CHECKING:
    from venue.sidecar.context import Sidecar

ROLES = frozenset((OPERATIONS, PRM_READ, PRM_WRITE))
NONE = "0"
"""The threshold that is none."""
EXPORTED = ("MPID", "PrmAccount", "Item", "Currency", "Value")
BLOCKS: dict[str, tuple[str, dict[str, Any] | None, str]] = {
    "cancel": ("block", {"cancel": True}, "Blocked, and open orders cancelled"),
    "keep": ("block", {}, "Blocked"),
    "unblock": ("release", {"what": "block"}, "Unblocked"),
    "orders": ("cancel", None, "Open orders cancelled"),
}
"""What may be done to an account as a whole: the operation, its body, and what is said of it."""


def accounts_of(sidecar: Sidecar, identity: Identity) -> list[str]:
    """Give the names of the accounts that somebody may see."""
    accounts = sidecar.replica.machine.engine.prm.accounts
    return [name for name, account in accounts.items() if identity.sees(account.entry.mpid)]


def account_of(sidecar: Sidecar, identity: Identity, name: str) -> AccountView:
    """Give an account that somebody may see; one of another's is as missing as one that there is not."""
    machine = sidecar.replica.machine
    if name not in accounts_of(sidecar, identity):
        raise Problem(404, f"there is no account {name[:40]}", "account")
    view = show_account(LookInside(machine, {"account": name}, None))
    assert isinstance(view, AccountView)
    return view


def may_write(identity: Identity, view: AccountView) -> bool:
    """Whether somebody may change an account."""
    return identity.may((OPERATIONS, PRM_WRITE), view.mpid)


async def accounts_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give the list of all accounts, with what is nearest to its threshold in each."""
    chosen = look.arguments[0] if look.arguments else ""
    names = accounts_of(sidecar, look.identity)
    rows = [row_of(account_of(sidecar, look.identity, name)) for name in names]
    return {"rows": rows, "chosen": chosen, "words": LEVEL_WORDS}


async def account_content(sidecar: Sidecar, look: Look) -> Mapping[str, Any]:
    """Give an account's state: arguments are its name, the currencies, `1` where unlimited ones show too."""
    if len(look.arguments) != 3:
        raise Problem(404, "an account is named with its currencies", "part")
    name, chosen, unlimited = look.arguments
    view = account_of(sidecar, look.identity, name)
    machine = sidecar.replica.machine
    known = currencies_of(machine)
    shown = some(chosen.split(","), known)
    books = {name: book.entry for name, book in machine.engine.securities.items() if book.entry is not None}
    return {
        "view": view,
        "key": ":".join((look.region, *look.arguments)),
        "status": status_of(view),
        "monies": [money_of(view, currency, unlimited=unlimited == "1") for currency in shown],
        "hidden": [one for one in used(view, known) if one not in shown],
        "unlimited": unlimited == "1",
        "is_writable": may_write(look.identity, view),
        "is_desk": OPERATIONS in look.identity.roles,
        "record": machine.number,
        "words": LEVEL_WORDS,
        "counters": COUNTERS,
        "settings": SETTINGS,
        "switches": SWITCHES,
        "repeated": REPEATED,
        "help": HELP,
        "values": {key: value_of_limit(view.today, key) for key in SETTINGS},
        "rate_book": books[view.rate_locked].symbol if view.rate_locked in books else view.rate_locked,
    }


def first_of(sidecar: Sidecar, identity: Identity, names: list[str]) -> str:
    """Give the account that is nearest to a threshold, locked or blocked; of equal ones the first."""
    rows = (row_of(account_of(sidecar, identity, name)) for name in names)
    return max(rows, key=lambda row: (LEVELS.index(row.level), Decimal(row.percent))).account


async def show(visit: Visit) -> web.StreamResponse:
    """Show the page, with the account that the query names, or the one that needs a look first."""
    names = accounts_of(visit.sidecar, visit.identity)
    if not names:
        return visit.show("prm_none.html")
    name = visit.query.get("account") or first_of(visit.sidecar, visit.identity, names)
    view = account_of(visit.sidecar, visit.identity, name)
    known = currencies_of(visit.sidecar.replica.machine)
    asked = visit.request.query.getall("currency", [])
    chosen = some(asked, known) if "chosen" in visit.query else used(view, known)
    unlimited = "1" if visit.query.get("unlimited") == "1" else "0"
    look = Look("prm-account", (name, ",".join(chosen), unlimited), visit.identity)
    return visit.show(
        "prm.html",
        names=names,
        known=known,
        chosen=chosen,
        account=await account_content(visit.sidecar, look),
        accounts=await accounts_content(visit.sidecar, Look("prm-accounts", (name,), visit.identity)),
    )


def writable(visit: Visit) -> AccountView:
    """Give the account of the path, which its visitor may change; raises `Problem`."""
    view = account_of(visit.sidecar, visit.identity, visit.path["account"])
    visit.require(OPERATIONS, PRM_WRITE, mpid=view.mpid)
    return view


async def change(visit: Visit, verb: str, target: str, body: dict[str, Any] | None, key: str) -> Reply:
    """Have a change made: by the account's member, unless operations ask."""
    if body is not None and OPERATIONS not in visit.identity.roles:
        body |= {"byMember": True}
    return await visit.change(verb, f"prm/accounts/{visit.path['account']}{target}", {} if body is None else body, key)


# Blocks, locks, open orders.


async def ask_action(visit: Visit) -> web.StreamResponse:
    """Ask whether an account shall be blocked, unblocked, or its orders cancelled."""
    action = visit.path["action"]
    if action not in {"block", "unblock", "orders"}:
        raise Problem(404, f"there is nothing called {action[:40]} to do")
    return visit.show("prm_action.html", view=writable(visit), action=action, key=new_key())


async def act(visit: Visit) -> web.StreamResponse:
    """Block or unblock an account, or cancel its orders."""
    view, form = writable(visit), await visit.form()
    known = BLOCKS.get(form.get("action", ""))
    if known is None:
        raise Problem(422, "choose what is to be done", "action")
    operation, body, said = known
    await change(visit, "POST", f"/{operation}", None if body is None else dict(body), form.get("key", ""))
    return visit.done(f"{view.account}: {said}.")


async def ask_unlock(visit: Visit) -> web.StreamResponse:
    """Ask whether a lock shall be lifted."""
    view = writable(visit)
    currency = visit.path["currency"]
    counters = view.counters.get(currency)
    locked = [] if counters is None else counters.locked
    if not (locked or currency == "RATE"):
        raise Problem(409, f"{view.account} is not locked in {currency[:3]}")
    again = [
        COUNTERS[key]
        for key in COUNTERS
        if counters is not None
        and (limit := value_of_limit(view.today.limits.get(currency), key)) is not None
        and Decimal(value_of_limit(counters, key)) >= Decimal(limit)
    ]
    return visit.show(
        "prm_unlock.html", view=view, currency=currency, locked=locked, again=again, names=COUNTERS, key=new_key()
    )


async def unlock(visit: Visit) -> web.StreamResponse:
    """Lift an account's lock in a currency, or by its rate."""
    view, form, currency = writable(visit), await visit.form(), visit.path["currency"]
    if currency == "RATE":
        visit.require(OPERATIONS)
        await change(visit, "POST", "/release", {"what": "symbol-rate"}, form.get("key", ""))
    else:
        await change(visit, "POST", "/release", {"what": "lock", "currency": currency}, form.get("key", ""))
    return visit.done(f"{view.account}: unlocked{'' if currency == 'RATE' else ' in ' + currency}.")


# Limits and settings, in two steps.


def present_value(view: AccountView, currency: str, limit: str) -> str:
    """Give a limit or a setting as forms have it: `0` for none."""
    if limit in LIMITS and currency != "-":
        found = value_of_limit(view.today.limits.get(currency), limit)
        return NONE if found is None else plain(str(found))
    if limit in SETTINGS and currency == "-":
        found = value_of_limit(view.today, limit)
        return {True: "true", False: "false", None: NONE}.get(found, str(found))
    raise Problem(404, f"there is no setting {limit[:40]}")


def plain(text: str) -> str:
    """Write a number as forms have it: without the zeros that say nothing, so that equal ones are the same text."""
    whole, _, decimals = text.partition(".")
    whole, decimals = whole.lstrip("0") or "0", decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def named(visit: Visit) -> tuple[str, str, str]:
    """Give the currency and the limit of a path, and what the guide's page calls it."""
    currency, limit = visit.path["currency"], visit.path["limit"]
    if currency != "-" and currency not in currencies_of(visit.sidecar.replica.machine):
        raise Problem(404, f"no order book is in {currency[:3]}", "currency")
    return currency, limit, (LIMITS | SETTINGS).get(limit, "")


async def ask_limit(visit: Visit) -> web.StreamResponse:
    """Ask for a new value."""
    view = writable(visit)
    currency, limit, name = named(visit)
    present = present_value(view, currency, limit)
    return limit_form(visit, view, (currency, limit, name), present, present, "")


def limit_form(
    visit: Visit, view: AccountView, what: tuple[str, str, str], present: str, value: str, trouble: str
) -> web.StreamResponse:
    """Show the form, with what is wrong with the value that it has."""
    currency, limit, name = what
    return visit.show(
        "prm_limit.html",
        view=view,
        currency=currency,
        limit=limit,
        name=name,
        present=present,
        value=value,
        trouble=trouble,
        is_switch=limit in SWITCHES,
        is_quantity=limit in QUANTITIES or limit == REPEATED,
        help=HELP.get(limit, ""),
    )


async def review_limit(visit: Visit) -> web.StreamResponse:
    """Show the old value and the new one, or what is wrong with it."""
    view, form = writable(visit), await visit.form()
    currency, limit, name = named(visit)
    present = present_value(view, currency, limit)
    value = form.get("value", "").strip().replace(",", "").replace(" ", "")
    if limit in SWITCHES:
        value = "true" if form.get("on") == "1" else "false"
    elif form.get("on") != "1":
        value = NONE
    trouble = wrong_with(value, limit)
    if not trouble and limit not in SWITCHES:
        value = plain(value)
    if not trouble and value == present:
        trouble = "That is the value it has."
    if trouble:
        return limit_form(visit, view, (currency, limit, name), present, value, trouble)
    return visit.show(
        "prm_confirm.html",
        view=view,
        currency=currency,
        limit=limit,
        name=name,
        old=present,
        new=value,
        key=new_key(),
    )


def wrong_with(value: str, limit: str) -> str:
    """Say what is wrong with a value, before the call itself looks at it."""
    if limit in SWITCHES:
        return "" if value in {"true", "false"} else "Choose on or off."
    whole, dot, decimals = value.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 15):
        return "Type a number, such as 88888."
    if dot and (limit in QUANTITIES or limit == REPEATED):
        return "Give a whole number."
    if dot and not (decimals.isascii() and decimals.isdigit() and len(decimals) <= 4):
        return "Give at most four decimals."
    return ""


async def set_limit(visit: Visit) -> web.StreamResponse:
    """Make the change that was confirmed, or show the form again with why it is not made."""
    view, form = writable(visit), await visit.form()
    currency, limit, name = named(visit)
    present, value = present_value(view, currency, limit), form.get("new", "")
    trouble = wrong_with(value, limit)
    if not trouble and present != form.get("old"):
        trouble = "It has changed in between: look at it again."
    if not trouble:
        try:
            await change(visit, "PUT", "", body_of(currency, limit, value), form.get("key", ""))
        except Problem as problem:
            trouble = refusal(problem)
    if trouble:
        return limit_form(visit, view, (currency, limit, name), present, value, trouble)
    return visit.done(f"{name}{'' if currency == '-' else ', ' + currency}: {form.get('old')} is now {value}.")


def body_of(currency: str, limit: str, value: str) -> dict[str, Any]:
    """Give the body that sets a limit or a setting to a value that `wrong_with` has looked at."""
    body: dict[str, Any] = {"effective": "today"}
    if limit in SETTINGS:
        return body | {"settings": {limit: value == "true" if limit in SWITCHES else int(value)}}
    return body | {"currency": currency, "limits": {limit: int(value) if limit in QUANTITIES else value}}


async def export(visit: Visit) -> web.StreamResponse:
    """Give the persistent configuration and limits as a file; today's may be others."""
    view = account_of(visit.sidecar, visit.identity, visit.path["account"])
    rows: list[tuple[object, ...]] = []
    for currency, limits in view.next_day.limits.items():
        for key, name in (ORDER_LIMITS | COUNTERS).items():
            rows.append((name, currency, value_of_limit(limits, key) or "N/A"))
        rows.append(("Blow Through Protection", currency, "NY"[limits.blow_through]))
    for key, name in SETTINGS.items():
        value = value_of_limit(view.next_day, key)
        rows.append((name, "N/A", "NY"[value] if isinstance(value, bool) else value or 0))
    content = written(EXPORTED, ((view.mpid, view.account, *row) for row in rows))
    return attached(f"PRM_Parameters_{view.account}.csv", content)


PAGE = Page(
    key="prm",
    title="PRM",
    summary="Accounts, limits and counters of Nordic members",
    icon="shield",
    roles=ROLES,
    show=show,
    routes=(
        Route("GET", "{account}/ask/{action}", ask_action),
        Route("POST", "{account}/act", act),
        Route("GET", "{account}/unlock/{currency}", ask_unlock),
        Route("POST", "{account}/unlock/{currency}", unlock),
        Route("GET", "{account}/limit/{currency}/{limit}", ask_limit),
        Route("POST", "{account}/limit/{currency}/{limit}/review", review_limit),
        Route("POST", "{account}/limit/{currency}/{limit}", set_limit),
        Route("GET", "{account}/export", export),
    ),
    regions=(
        Region("prm-accounts", "prm_accounts.html", accounts_content, ROLES),
        Region("prm-account", "prm_account.html", account_content, ROLES),
    ),
)

"""What a search found, as an answer shows it, and the one sentence that says it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from venue.explain.answer import Change, Objection, Outcome, SmallestChange
from venue.explain.describe import Describer, told
from venue.explain.dialect import UNSOUND, Finding, Key
from venue.explain.reader import Reader
from venue.explain.request import Request
from venue.explain.search import Changes, Search

if TYPE_CHECKING:
    from venue.explain.replay import Look


def propose(reader: Reader, request: Request, found: list[Finding], describer: Describer) -> SmallestChange:
    """Search the smallest change of a refused message."""
    if not found:
        return SmallestChange()
    solution = Search(reader, request, found).solve()
    smallest, *others = solution.changes or ((),)
    return SmallestChange(
        fields=shown(request, smallest, solution.choices),
        outside=list(dict.fromkeys(describer.outside(finding) for finding in solution.waived)),
        alternatives=[shown(request, changes, {}) for changes in others],
    )


def shown(request: Request, changes: Changes, choices: dict[Key, tuple[Any, ...]]) -> list[Change]:
    """Give changes as an answer shows them; an appendage is shown as the bytes that it would have."""
    dialect = request.dialect
    return [
        Change(
            field=dialect.name_of(key),
            sent=dialect.show(key, request.get(key)),
            value=dialect.codec.pack_options(request.options).hex() if key == UNSOUND else dialect.show(key, value),
            choices=[dialect.show(key, choice) for choice in choices.get(key, ())],
        )
        for key, value in changes
    ]


def summarize(look: Look, outcome: Outcome, deciding: Objection | None) -> str:
    """Say what happened, and what would have passed, so that a trader understands it at once."""
    if outcome == "rejected" and deciding is not None:
        return f"Rejected with {deciding.code} ({deciding.code_name}): {deciding.detail}. {remedy(look.change)}".strip()
    if outcome == "rejected" and look.refusal is not None:
        code, words = look.endpoint.code_of(look.refusal.reason)
        return f"Rejected with {code} ({words}): the message cannot be read."
    if outcome == "original-canceled":
        why = "" if deciding is None else f": {deciding.detail}"
        return f"Not a reject: the Replace canceled its original{why}. {remedy(look.change)}".strip()
    if outcome == "ignored":
        return f"Not a reject: the message was ignored, {look.ignored}."
    if outcome == "silent":
        why = f": {look.silent}" if look.silent else ", since it had no effect"
        return f"Not a reject: the venue kept silent{why}."
    if outcome == "accepted":
        return f"Not a reject: the order was {'replaced' if look.said[0][:1] == b'U' else 'accepted'}."
    return "Not a reject: the message was carried out."


def remedy(change: SmallestChange) -> str:
    """Say in a sentence what would pass."""
    changes = " and ".join(change_in_words(one) for one in change.fields)
    outside = ", and ".join(change.outside)
    if changes and outside:
        return f"{outside[0].upper()}{outside[1:]}; then with {changes} it would pass."
    if changes:
        return f"With {changes} it would pass."
    if outside:
        return f"No change of the order helps: {outside}."
    return "No change was found that would pass."


def change_in_words(change: Change) -> str:
    """Give one change."""
    if change.field == UNSOUND:
        return "an appendage without what may not stand in it"
    if change.value is None:
        return f"{change.field} left out"
    return f"{change.field} {' or '.join(told(value) for value in (change.value, *change.choices))}"

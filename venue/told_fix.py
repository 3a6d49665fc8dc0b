"""FIX messages as people read them: by the names of types and fields, passwords left out."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from fix import tags
from fix.codec import parse
from fix.dictionary import dictionaries

SECRETS: Final = frozenset({tags.PASSWORD, tags.NEW_PASSWORD, tags.RAW_DATA})
"""Fields that may hold a password."""
ENVELOPE: Final = frozenset(
    {
        *(tags.BEGIN_STRING, tags.BODY_LENGTH, tags.MSG_TYPE, tags.CHECK_SUM),
        *(tags.SENDER_COMP_ID, tags.TARGET_COMP_ID),
    }
)
"""Fields that say nothing beside the port and the message's name."""
SOURCES: Final = (("FIX.4.2", "inet"), ("FIX.4.2", "nordic"), ("FIX.4.4", "standard"), ("FIXT.1.1", "standard"))
"""Where names are looked up: the first that knows one gives it."""


@cache
def names() -> tuple[dict[bytes, str], dict[bytes, str]]:
    """Give the names of types, and those of fields."""
    types: dict[bytes, str] = {}
    fields: dict[bytes, str] = {}
    for version, dialect in SOURCES:
        for dictionary in dictionaries(version, dialect):
            for msg_type, kind in dictionary.types.items():
                types.setdefault(msg_type, kind.name)
            for tag in dictionary.tags():
                fields.setdefault(tag, dictionary.field(tag).name)
    return types, fields


def told(frame: bytes) -> dict[str, Any]:
    """Give a message by names, fields that come more than once as lists; what has no name goes by its number."""
    parsed = parse(frame)
    if parsed is None:
        return {"message": "undecodable", "why": "a field without = or a tag that is no number", "bytes": frame.hex()}
    types, fields = names()
    entry: dict[str, Any] = {"message": types.get(parsed.msg_type) or f"35={_text(parsed.msg_type)}"}
    for tag, value in parsed.fields:
        if tag in ENVELOPE:
            continue
        name = fields.get(tag) or _text(tag)
        text = "***" if tag in SECRETS else _text(value)
        if name not in entry:
            entry[name] = text
        elif isinstance(entry[name], list):
            entry[name].append(text)
        else:
            entry[name] = [entry[name], text]
    return entry


def _text(data: bytes) -> str:
    return data.decode("latin-1")

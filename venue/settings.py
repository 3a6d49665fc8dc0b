"""What every table of the configuration file is made of: the struct, and the types that several modules need."""

from __future__ import annotations

from typing import Annotated

import msgspec

Name6 = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{1,6}\Z")]
Symbol = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9.+=$^#@*~-]{1,8}( [A-Z0-9]{1,6})?\Z", max_length=8)]
Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Mpid = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{4}\Z")]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the configuration file."""

"""What every table of the configuration file is made of: the struct, and the types that several modules need."""

from __future__ import annotations

from typing import Annotated

import msgspec

Mpid = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{4}\Z")]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the configuration file."""

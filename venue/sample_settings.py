"""`[sample_flow]`: between whom the portal's sample flow trades, and which account's counter it moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from venue.access import Fault
from venue.settings import AccountName, Name6, Settings

if TYPE_CHECKING:
    from venue.config import Config

User = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{1,6}\Z")]
OrderBookText = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,8}\Z")]


class SampleFlowSettings(Settings, frozen=True):
    """Ports of Nordic OUCH that nobody else needs, a user for each, and the account that covers the first."""

    port: Name6
    user: User
    counterparty: Name6
    counterparty_user: User
    account: AccountName
    book: OrderBookText


def sample_flow_fault(config: Config) -> Fault | None:
    """Say what is wrong with the sample flow: what it names has to be there, and its passwords known."""
    settings = config.sample_flow
    if settings is None:
        return None
    nordic = {service.key for service in config.service if service.protocol == "ouch-5.0-nordic"}
    ports = {port.name for port in config.port if port.service in nordic and port.password is not None}
    known = {
        "port": ports,
        "counterparty": ports,
        "account": {account.name for account in config.account},
        "book": {str(book.order_book) for book in config.book},
    }
    for key, names in known.items():
        given = getattr(settings, key)
        if given not in names:
            what = f"there is no {key} {given}" if key in {"account", "book"} else f"{given} is no Nordic OUCH port"
            return f"sample_flow.{key}", what + (", or has no password here" if names is ports else "")
    return None

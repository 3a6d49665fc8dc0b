"""The extension of the PRM protocol as tables, PRM-X 1.0: lists, limits, counters, restrictions, events, audit.

All its types are lower-case letters, so they meet none of the base protocol's, and the host sends none until the client
has said hello. A query carries a number of the client's own, which its answers repeat: entries, then one End of Reply.
"""

from prmproto.codes import (
    AccountLock,
    BlockCause,
    CancelScope,
    CheckId,
    CheckScope,
    CounterMode,
    ErrorCode,
    EventKind,
    Level,
    LimitId,
    Listing,
    Origin,
    RestrictionKind,
    Role,
    Scope,
    Status,
    Switch,
    YesNo,
)
from wire.record import (
    Direction,
    alpha,
    code,
    i32,
    i64,
    message,
    number,
    price,
    timestamp,
    u8,
    u16,
    u32,
    u64,
)

IN, OUT = Direction.IN, Direction.OUT
REQUEST = "Any number; the answers repeat it."
OF_QUERY = "Of the query."
ACCOUNT = "PRM account."
ONE_OR_ALL = "PRM account; blank is every one."


@message("h", section="", direction=IN)
class Hello:
    """Begin the extension. Answered by Hello Response, or by Extension Reject where the major version is another."""

    request: int = u32(REQUEST)
    major: int = u8("Major version, 1.")
    minor: int = u8("Minor version, 0. A higher one's messages may be longer; what is beyond is passed over.")
    features: int = u32("What is asked for: 1 queries, 2 subscriptions, 4 events, 8 audit, 16 changes.")


@message("a", section="", direction=IN)
class AccountList:
    """List accounts."""

    request: int = u32(REQUEST)
    account: str = alpha(6, ONE_OR_ALL)


@message("u", section="", direction=IN)
class UserList:
    """List the users of accounts."""

    request: int = u32(REQUEST)
    account: str = alpha(6, ONE_OR_ALL)


@message("k", section="", direction=IN)
class CheckList:
    """List the checks of accounts."""

    request: int = u32(REQUEST)
    account: str = alpha(6, ONE_OR_ALL)


@message("l", section="", direction=IN)
class LimitList:
    """List limits."""

    request: int = u32(REQUEST)
    account: str = alpha(6, ONE_OR_ALL)
    currency: str = alpha(3, "ISO currency; blank is every one.")


@message("v", section="", direction=IN)
class CounterList:
    """List counters, once or whenever they change."""

    request: int = u32(REQUEST)
    account: str = alpha(6, ONE_OR_ALL)
    currency: str = alpha(3, "ISO currency; blank is every one.")
    mode: CounterMode = code(CounterMode, "How.")
    interval: int = u32("Least time between two messages about one counter, milliseconds.")


@message("o", section="", direction=IN)
class RestrictionList:
    """List restrictions."""

    request: int = u32(REQUEST)
    account: str = alpha(6, ONE_OR_ALL)
    kind: RestrictionKind = code(RestrictionKind, "Of order books, segments, or both.")


@message("x", section="", direction=IN)
class CancelOrders:
    """Cancel open orders without a block. Its number is of the base protocol's sequence."""

    user_ref_num: int = u32("New number, the next one expected or above it.")
    account: str = alpha(6, ACCOUNT)
    scope: CancelScope = code(CancelScope, "All, or those in one order book.")
    order_book: int = u32("The order book's number, or 0.")


@message("s", section="", direction=IN)
class SubscribeEvents:
    """Ask to be told of events; a mask of 0 ends it."""

    request: int = u32(REQUEST)
    account: str = alpha(6, ONE_OR_ALL)
    mask: int = u32(
        "1 warnings, 2 breaches and locks, 4 unlocks, 8 blocks, 16 restrictions, 32 rates, 64 Drop, "
        "128 changes, 256 rejected orders."
    )


@message("d", section="", direction=IN)
class AuditList:
    """List what was changed, breached and rejected today."""

    request: int = u32(REQUEST)
    account: str = alpha(6, ONE_OR_ALL)
    first: int = u64("From this number on.")


@message("h", section="", direction=OUT)
class HelloResponse:
    """The extension begins."""

    request: int = u32(OF_QUERY)
    major: int = u8("Major version.")
    minor: int = u8("Minor version.")
    features: int = u32("What was granted.")
    mpid: str = alpha(4, "The member.")
    role: Role = code(Role, "What the login may do.")
    trading_date: int = u32("As YYYYMMDD.")
    accounts: int = u16("How many accounts the login administers.")
    next_user_ref_num: int = u32("The number expected next.")


@message("e", section="", direction=OUT)
class EndOfReply:
    """All entries of an answer were sent."""

    request: int = u32(OF_QUERY)
    count: int = u32("How many entries.")
    status: ErrorCode = number(ErrorCode, "What became of the query.")


@message("j", section="", direction=OUT)
class ExtensionReject:
    """A request of the extension could not be read or carried out."""

    refused_kind: str = alpha(1, "Whose number follows: `Q` a query's, `M` a change's.")
    refused: int = u32("The number, 0 where it could not be read.")
    error: ErrorCode = number(ErrorCode, "Why.")
    offset: int = u16("Offset of the field to blame, or 0.")


@message("a", section="", direction=OUT)
class AccountEntry:
    """An account."""

    request: int = u32(OF_QUERY)
    account: str = alpha(6, ACCOUNT)
    mpid: str = alpha(4, "The member.")
    status: Status = code(Status, "Whether it is blocked.")
    lock: AccountLock = code(AccountLock, "Whether it is locked as a whole.")
    block_cause: BlockCause = code(BlockCause, "Why it is blocked.")
    scope: Scope = code(Scope, "Whom it covers.")
    sponsored: YesNo = code(YesNo, "Whether it is of sponsored access.")
    repeated_orders: int = i32("Limit of repeated orders.")
    restrict_on_repeated: Switch = code(Switch, "Whether repeated orders restrict their symbol.")
    market_order_prevention: Switch = code(Switch, "Market order restriction in auctions.")
    fat_finger_in_auctions: Switch = code(Switch, "Fat finger in auctions.")
    market_order_protection: Switch = code(Switch, "Market order protection in calls.")
    users: int = u16("How many users it lists.")
    currencies: int = u16("How many currencies have settings.")
    currencies_locked: int = u16("How many of them are locked.")
    last_change: int = timestamp()


@message("u", section="", direction=OUT)
class UserEntry:
    """A user of an account."""

    request: int = u32(OF_QUERY)
    account: str = alpha(6, ACCOUNT)
    user: str = alpha(6, "The user.")
    listing: Listing = code(Listing, "How the account lists the user.")


@message("k", section="", direction=OUT)
class CheckEntry:
    """A check of an account."""

    request: int = u32(OF_QUERY)
    account: str = alpha(6, ACCOUNT)
    check: CheckId = code(CheckId, "The check.")
    enabled: YesNo = code(YesNo, "Whether it is on.")
    scope: CheckScope = code(CheckScope, "Of what it is.")
    editable: YesNo = code(YesNo, "Whether it can be changed here.")
    mandatory: YesNo = code(YesNo, "Whether sponsored access keeps it on.")
    parameter_1: int = u32("See the list of checks.")
    parameter_2: int = u64("See the list of checks.")


@message("l", section="", direction=OUT)
class LimitEntry:
    """A limit of a currency."""

    request: int = u32(OF_QUERY)
    account: str = alpha(6, ACCOUNT)
    currency: str = alpha(3, "ISO currency.")
    limit: LimitId = code(LimitId, "The limit.")
    enabled: YesNo = code(YesNo, "Whether it is on.")
    today: int = price("Today's value, of quantities shares; 0 is none.", signed=True)
    persistent: int = price("The value that the next day begins with.", signed=True)
    changed: YesNo = code(YesNo, "Whether today's is another.")


@message("v", section="", direction=OUT)
class CounterEntry:
    """A counter of an account in a currency."""

    request: int = u32("Of the query; 0: by subscription.")
    timestamp: int = timestamp()
    account: str = alpha(6, ACCOUNT)
    currency: str = alpha(3, "ISO currency.")
    counter: LimitId = code(LimitId, "The counter.")
    current: int = price("Its value.", signed=True)
    limit: int = price("Its limit, 0 is none.", signed=True)
    percent: int = u32("Value by limit in 1/100 of a percent.")
    level: Level = code(Level, "How near it is.")
    locked: YesNo = code(YesNo, "Whether the account is locked in the currency.")
    reserved: str = alpha(1, "Blank.")


@message("o", section="", direction=OUT)
class RestrictionEntry:
    """What restricts an order book or a segment, an entry for each origin."""

    request: int = u32(OF_QUERY)
    account: str = alpha(6, ACCOUNT)
    kind: RestrictionKind = code(RestrictionKind, "Order book or segment.")
    restricted: int = u32("Its number.")
    name: str = alpha(16, "Its symbol or name.")
    origin: Origin = code(Origin, "Where it comes from.")
    state: str = alpha(1, "`A` it holds, `I` it is masked for now.")
    since: int = timestamp()
    reserved: int = u64("0.")


@message("x", section="", direction=OUT)
class CancelOrdersResponse:
    """Open orders are being canceled."""

    user_ref_num: int = u32("Of the request.")
    timestamp: int = timestamp()
    account: str = alpha(6, ACCOUNT)
    count: int = u32("How many orders.")


@message("b", section="", direction=OUT)
class Event:
    """Something happened."""

    number: int = u64("From 1, of the port and the day.")
    timestamp: int = timestamp()
    account: str = alpha(6, ACCOUNT)
    kind: EventKind = code(EventKind, "What.")
    subject: str = alpha(1, "Letter of the limit or check, or blank.")
    currency: str = alpha(3, "ISO currency, or blank.")
    order_book: int = u32("The order book, or 0.")
    user: str = alpha(6, "The user, or blank.")
    port: str = alpha(10, "The port, or blank.")
    current: int = i64("The value that was reached.")
    limit: int = i64("Its limit.")
    reason: int = u32("Why an order was rejected, by the numbers of Nordic OUCH 5, or 0.")
    reserved: int = u16("0.")


@message("d", section="", direction=OUT)
class AuditEntry:
    """A row of the day's audit."""

    request: int = u32(OF_QUERY)
    number: int = u64("From 1, of the member and the day.")
    timestamp: int = timestamp()
    mpid: str = alpha(4, "The member.")
    account: str = alpha(6, ACCOUNT)
    action: str = alpha(20, "What was done.")
    item: str = alpha(60, "To what.")
    currency: str = alpha(3, "ISO currency, or `N/A`.")
    old: str = alpha(20, "What it was, or `N/A`.")
    new: str = alpha(20, "What it is, or `N/A`.")


INBOUND = (
    Hello,
    AccountList,
    UserList,
    CheckList,
    LimitList,
    CounterList,
    RestrictionList,
    CancelOrders,
    SubscribeEvents,
    AuditList,
)
OUTBOUND = (
    HelloResponse,
    EndOfReply,
    ExtensionReject,
    AccountEntry,
    UserEntry,
    CheckEntry,
    LimitEntry,
    CounterEntry,
    RestrictionEntry,
    CancelOrdersResponse,
    Event,
    AuditEntry,
)

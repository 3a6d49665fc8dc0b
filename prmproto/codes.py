"""The letters and numbers that fields of the PRM protocol may hold, each with its meaning.

They belong to the tables in `messages.py` and `extension.py`; run `python -m prmproto.generate` after every change
here. In a request `?` keeps the present value; an answer never holds it.
"""

from wire.record import Code, NumberCode

# The base protocol.


class Switch(Code):
    """Whether something is on."""

    ON = "Y", "on"
    OFF = "N", "off"
    KEEP = "?", "as it is; in requests only"


class Block(Code):
    """What to do with an account, and in an answer what was done with it last."""

    BLOCK = "B", "blocked: new orders are rejected, open ones stay"
    UNBLOCK = "U", "not blocked"
    BLOCK_AND_CANCEL = "C", "blocked, and all open orders canceled"
    KEEP = "?", "as it is; in requests only"


class Restriction(Code):
    """Whether an order book or a segment is restricted."""

    ACTIVE = "A", "restricted: orders are rejected"
    INACTIVE = "I", "not restricted"
    KEEP = "?", "as it is; in requests only"


class LockState(Code):
    """What a rate breach does to an account."""

    LOCKED = "A", "locked"
    FREE = "I", "free again"


class RejectReason(Code):
    """Why a request of the base protocol was refused."""

    INVALID_CURRENCY = "C", "invalid currency"
    INVALID_ACCOUNT = "A", "invalid PRM account"
    NO_SETTING = "N", "no setting present, or a value out of range"
    UNAUTHORIZED = "U", "unauthorized"


# The extension.


class Role(Code):
    """What a login may do."""

    ADMIN = "A", "look and change"
    READ_ONLY = "R", "look only"


class Status(Code):
    """The status of an account."""

    ACTIVE = "A", "active"
    BLOCKED = "B", "blocked"
    BLOCKED_AND_CANCELED = "C", "blocked, and its orders canceled"


class AccountLock(Code):
    """What locks an account as a whole."""

    NONE = "-", "none"
    SYMBOL_RATE = "S", "its order rate in a symbol; the venue's operations release it"


class BlockCause(Code):
    """Why an account is blocked."""

    NONE = "-", "it is not"
    MANUAL = "M", "somebody blocked it"
    DROP = "D", "the safeguard of a Drop port"
    OPERATIONS = "O", "the venue's operations"


class Scope(Code):
    """Whom an account covers."""

    INCLUSION = "I", "the users listed"
    EXCLUSION = "E", "all users of the member but those listed"
    ALL = "*", "all users of the member"


class Listing(Code):
    """How an account lists a user."""

    INCLUDED = "I", "as included"
    EXCLUDED = "E", "as excluded"


class YesNo(Code):
    """Yes or no."""

    YES = "Y", "yes"
    NO = "N", "no"


class CheckId(Code):
    """The checks that an account may have."""

    FAT_FINGER = "1", "fat finger in continuous trading; parameters: aggressive and passive multiplier, percent"
    AUCTION_FAT_FINGER = "2", "fat finger in auctions"
    MAXIMUM_QUANTITY = "3", "maximum order quantity"
    MAXIMUM_VALUE = "4", "maximum order value"
    ACCUMULATED = "5", "daily accumulated values"
    RESTRICTED_SYMBOLS = "6", "restricted symbols; parameter 1: how many"
    RESTRICTED_SEGMENTS = "7", "restricted segments; parameter 1: how many"
    DROP = "8", "safeguard of Drop ports; parameter 1: how many ports"
    BLOW_THROUGH = "9", "blow-through protection"
    PORT_RATE = "A", "orders a second on a port; the limit is not shown"
    SYMBOL_RATE = "B", "orders a second in a symbol; the limit is not shown"
    REPEATED_ORDER = "C", "repeated orders; parameter 1: the limit"
    MAIL = "D", "e-mail notification; the recipients are not shown"
    FILE_LIST = "E", "restricted symbols by file"
    MARKET_ORDER_PREVENTION = "F", "market order restriction in auctions"
    MARKET_ORDER_PROTECTION = "G", "market order protection in calls"


class CheckScope(Code):
    """Of what a check is."""

    ACCOUNT = "A", "of the account"
    PORT = "P", "of a port"
    MEMBER = "M", "of the member"


class LimitId(Code):
    """The limits of a currency, and the counters that some of them are for."""

    MAXIMUM_QUANTITY = "Q", "maximum order quantity, shares"
    MAXIMUM_VALUE = "V", "maximum order value"
    MAXIMUM_QUANTITY_AUCTION = "q", "maximum order quantity in auctions, shares"
    MAXIMUM_VALUE_AUCTION = "w", "maximum order value in auctions"
    TOTAL_RISK = "R", "total risk value"
    TOTAL_TRADED = "T", "total traded value"
    TOTAL_OPEN = "O", "total open orders value"
    TRADED_BUY = "b", "traded buy value"
    TRADED_SELL = "s", "traded sell value"
    OPEN_BUY = "B", "open orders buy value"
    OPEN_SELL = "S", "open orders sell value"


class CounterMode(Code):
    """How counters are asked for."""

    SNAPSHOT = "S", "once, now"
    SUBSCRIBE = "U", "now, and whenever they change"
    UNSUBSCRIBE = "X", "no longer"


class Level(Code):
    """How near a counter is to its limit."""

    UNUSED = "0", "there is no limit"
    BELOW = "1", "under 80 percent"
    WARNING = "2", "80 to under 100 percent"
    BREACHED = "3", "100 percent or more"


class RestrictionKind(Code):
    """What is restricted."""

    ORDER_BOOK = "O", "order books"
    SEGMENT = "S", "market segments"
    ALL = "*", "both; in requests only"


class Origin(Code):
    """Where a restriction comes from."""

    PERSISTENT = "P", "the account's own settings"
    FILE = "F", "the member's file"
    MANUAL = "M", "this protocol, today"
    REPEATED = "R", "repeated orders"


class CancelScope(Code):
    """Which open orders to cancel."""

    ALL = "A", "all of the account"
    ORDER_BOOK = "O", "those in one order book"


class EventKind(Code):
    """What happened."""

    WARNING = "W", "a counter or a rate reached 80 percent of its limit"
    BREACH = "B", "a limit was breached: locked"
    UNLOCK = "U", "unlocked"
    BLOCK = "K", "blocked"
    UNBLOCK = "N", "unblocked"
    RESTRICTED = "R", "an order book or segment was restricted"
    RELEASED = "r", "it was released"
    RATE = "T", "a rate was exceeded"
    DROP = "D", "a Drop port lost its connection: blocked and canceled"
    CHANGE = "C", "a limit or setting was changed"
    REJECT = "J", "an order was rejected"


class ErrorCode(NumberCode):
    """Why a request of the extension was refused, and what became of a query."""

    OK = 0, "done"
    MALFORMED = 1, "malformed: length, letter or number"
    VERSION = 2, "another major version"
    UNKNOWN_MESSAGE = 3, "no such message"
    NO_SUCH_ACCOUNT = 4, "no such account"
    NOT_AUTHORIZED = 5, "not authorized for this account"
    NO_SUCH_CURRENCY = 6, "no such currency"
    NO_SETTING = 7, "no setting"
    NO_SUCH_BOOK = 8, "no such order book or segment"
    OUT_OF_RANGE = 9, "value out of range"
    MANDATORY = 10, "mandatory for sponsored access"
    NOT_EDITABLE = 11, "cannot be changed here during the day"
    OPERATIONS_ONLY = 12, "for the venue's operations only"
    SEQUENCE_GAP = 13, "the number is above the next one expected"
    RATE_EXCEEDED = 14, "too many requests within a second"
    HELLO_REQUIRED = 15, "say hello first"
    READ_ONLY = 16, "the login may look only"
    INTERNAL = 99, "internal error"

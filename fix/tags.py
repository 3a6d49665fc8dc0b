"""Tags by the names that the FIX standard gives the fields, as they stand on the wire."""

from __future__ import annotations

from typing import Final

# Header and trailer.
BEGIN_STRING: Final = b"8"
BODY_LENGTH: Final = b"9"
CHECK_SUM: Final = b"10"
MSG_SEQ_NUM: Final = b"34"
MSG_TYPE: Final = b"35"
POSS_DUP_FLAG: Final = b"43"
SENDER_COMP_ID: Final = b"49"
SENDER_SUB_ID: Final = b"50"
SENDING_TIME: Final = b"52"
TARGET_COMP_ID: Final = b"56"
TARGET_SUB_ID: Final = b"57"
POSS_RESEND: Final = b"97"
ON_BEHALF_OF_COMP_ID: Final = b"115"
ON_BEHALF_OF_SUB_ID: Final = b"116"
ORIG_SENDING_TIME: Final = b"122"
DELIVER_TO_COMP_ID: Final = b"128"
DELIVER_TO_SUB_ID: Final = b"129"
SENDER_LOCATION_ID: Final = b"142"
TARGET_LOCATION_ID: Final = b"143"
ON_BEHALF_OF_LOCATION_ID: Final = b"144"
DELIVER_TO_LOCATION_ID: Final = b"145"
LAST_MSG_SEQ_NUM_PROCESSED: Final = b"369"
APPL_VER_ID: Final = b"1128"

# The session's own messages.
BEGIN_SEQ_NO: Final = b"7"
END_SEQ_NO: Final = b"16"
NEW_SEQ_NO: Final = b"36"
REF_SEQ_NUM: Final = b"45"
TEXT: Final = b"58"
RAW_DATA_LENGTH: Final = b"95"
RAW_DATA: Final = b"96"
ENCRYPT_METHOD: Final = b"98"
HEART_BT_INT: Final = b"108"
TEST_REQ_ID: Final = b"112"
GAP_FILL_FLAG: Final = b"123"
RESET_SEQ_NUM_FLAG: Final = b"141"
REF_TAG_ID: Final = b"371"
REF_MSG_TYPE: Final = b"372"
SESSION_REJECT_REASON: Final = b"373"
BUSINESS_REJECT_REASON: Final = b"380"
USERNAME: Final = b"553"
PASSWORD: Final = b"554"
NEXT_EXPECTED_MSG_SEQ_NUM: Final = b"789"
NEW_PASSWORD: Final = b"925"
DEFAULT_APPL_VER_ID: Final = b"1137"

# Application messages.
CL_ORD_ID: Final = b"11"

HEADER_AND_TRAILER: Final = frozenset(
    (
        *(
            BEGIN_STRING,
            BODY_LENGTH,
            MSG_TYPE,
            MSG_SEQ_NUM,
            POSS_DUP_FLAG,
            POSS_RESEND,
            SENDING_TIME,
            ORIG_SENDING_TIME,
        ),
        *(SENDER_COMP_ID, SENDER_SUB_ID, SENDER_LOCATION_ID, TARGET_COMP_ID, TARGET_SUB_ID, TARGET_LOCATION_ID),
        *(ON_BEHALF_OF_COMP_ID, ON_BEHALF_OF_SUB_ID, ON_BEHALF_OF_LOCATION_ID),
        *(DELIVER_TO_COMP_ID, DELIVER_TO_SUB_ID, DELIVER_TO_LOCATION_ID),
        *(LAST_MSG_SEQ_NUM_PROCESSED, APPL_VER_ID, b"1129", b"1156"),
        *(b"90", b"91", b"212", b"213", b"347", b"370", b"627", b"628", b"629", b"630"),
        *(b"89", b"93", CHECK_SUM),
    )
)
"""The fields that are not of a message's body."""

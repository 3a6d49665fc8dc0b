"""Passwords in FIX messages are overwritten before anything is written down."""

import pytest

from fix.codec import Framer, frame, parse
from fix.masking import masked, may_tell_secrets, msg_type_of

HEAD = b"35=A\x0134=1\x0149=X\x0152=20261121-10:00:00\x0156=INET\x01"


@pytest.mark.parametrize(
    "fields",
    [
        b"553=ME\x01554=SECRET\x01",
        b"554=SECRET\x01925=SECRET\x01",
        b"554=SECRET\x01554=SECRET\x01",
        b"1402=SECRET\x011404=SECRET\x01",
        b"95=6\x0196=SECRET\x01",
        b"95=3\x0196=SECRET\x01",
        b"96=SECRET\x01",
        b"95=13\x0196=SECRET\x01SECRET\x01",
        b"95=99999\x0196=SECRET\x01108=30\x01",
    ],
)
def test_a_password_is_overwritten_in_its_length_and_the_sum_made_anew(fields):
    whole = frame(b"FIX.4.4", HEAD + fields)
    hidden = masked(whole)
    assert may_tell_secrets(whole)
    assert b"SECRET" not in hidden
    assert len(hidden) == len(whole)
    assert Framer().receive(hidden) == [hidden]
    assert parse(hidden) is not None


@pytest.mark.parametrize(
    "broken", [b"\x01nonsense\x01554=SECRET\x01", b"554=SECRET\x01=\x01", b"x=1\x01554=SECRET\x01"]
)
def test_a_message_that_cannot_be_read_keeps_none_either(broken):
    assert b"SECRET" not in masked(frame(b"FIX.4.4", HEAD + broken))


def test_what_holds_no_password_stays_as_it_came():
    order = frame(b"FIX.4.2", b"35=D\x0134=2\x0111=1\x01")
    assert not may_tell_secrets(order)
    assert masked(order) == order
    assert (msg_type_of(order), msg_type_of(b"")) == (b"D", b"")

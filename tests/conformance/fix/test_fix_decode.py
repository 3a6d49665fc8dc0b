"""`portcullis decode` on FIX: raw bytes, hexadecimal text, log lines, captures, and what is damaged."""

import struct

import pytest

from conformance.decode import decode
from conformance.fix.frames import compose

ORDER = compose(
    [
        *((8, "FIX.4.2"), (35, "D"), (34, "2"), (49, "INFX01"), (52, "20261121-18:00:00.000"), (56, "INET")),
        *((11, "A1"), (54, "5"), (9140, "N"), (7777, "X")),
    ]
)
REPORT = compose([(8, "FIX.4.2"), (35, "8"), (34, "2"), (49, "INET"), (56, "INFX01"), (150, "4"), (22204, "38")])


def lines_of(data, form=None, layer=None):
    lines, is_sound = decode(data, form, layer, None, None)
    return "\n".join(" ".join(line.split()) for line in lines), is_sound


def captured(*segments):
    """Make a capture of raw IP frames, each with one TCP segment: (is the client's, bytes)."""
    whole = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    sent = {True: 1, False: 1}
    for is_client, data in segments:
        ports = (40000, 7401) if is_client else (7401, 40000)
        tcp = struct.pack(">HHIIBBHHH", *ports, sent[is_client], 0, 5 << 4, 24, 1024, 0, 0) + data
        sent[is_client] += len(data)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + tcp
        whole += struct.pack("<IIII", 0, 0, len(ip), len(ip)) + ip
    return whole


def test_a_message_is_printed_a_line_a_field_with_names_and_meanings():
    text, is_sound = lines_of(ORDER)
    assert is_sound
    assert f"NewOrderSingle, {len(ORDER)} bytes, FIX.4.2" in text
    assert "54 Side 5 sell short" in text
    assert "9140 DisplayInst N not displayed" in text
    assert "7777 (no name) X" in text


@pytest.mark.parametrize("separator", [b"|", b"^A", b"\\x01"])
def test_a_log_is_read_whatever_stands_for_soh(separator):
    lines = b"".join(b"18:00:00 out " + each.replace(b"\x01", separator) + b"\n" for each in (ORDER, REPORT))
    text, is_sound = lines_of(lines[len(b"18:00:00 out ") :])
    assert is_sound
    assert "NewOrderSingle" in text
    assert "150 ExecType 4 canceled" in text


def test_a_log_line_may_begin_with_anything():
    text, _ = lines_of(b"18:00:00 out " + ORDER.replace(b"\x01", b"|"))
    assert "NewOrderSingle" in text


def test_hexadecimal_text_is_fix_too():
    text, is_sound = lines_of(ORDER.hex().encode())
    assert is_sound
    assert text.startswith("hexadecimal text")
    assert "22204 ExtendedReasonCode" not in text


def test_a_capture_is_told_by_direction():
    text, is_sound = lines_of(captured((True, ORDER[:40]), (True, ORDER[40:]), (False, REPORT)))
    assert is_sound
    assert text.index("127.0.0.1:40000 > 127.0.0.1:7401") < text.index("NewOrderSingle")
    assert "22204 ExtendedReasonCode 38 fat finger" in text


def test_what_is_damaged_is_said_and_the_rest_is_read():
    text, is_sound = lines_of(ORDER[:-4] + b"000\x01" + REPORT + ORDER[:30])
    assert not is_sound
    assert "!! CheckSum is 000, not " in text
    assert "ExecutionReport" in text
    assert "!! a message is cut off after 30 bytes" in text


def test_bytes_that_are_no_fix_may_be_taken_for_it():
    text, is_sound = lines_of(b"\x00\x01\x02", layer="fix")
    assert not is_sound
    assert "!! a message is cut off" in text

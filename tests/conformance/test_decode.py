"""`portcullis decode`: what the input is is found out, every byte is shown, and nothing that comes in makes it fall."""

import random
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.capture import hexadecimal
from conformance.decode import decode

ENTER = bytes.fromhex(
    "0030554f0000000142000000644141504c2020202000000000001cdba23059504e4e434c2d30303031202020202020200000"
)
CANCEL = bytes.fromhex("000a55580000000400000000")
LOGIN = bytes.fromhex(
    "002f4c4649524d303173656372657420202020202020202020202020202020202020202020202020202020202020202031"
)
ACCEPTED_LOGIN = bytes.fromhex("001f41202020205345535330312020202020202020202020202020202020202031")
EXECUTED = bytes.fromhex("0025534500001f1ad635bd15000000010000002800000000001cdba24100000000000023290000")
CANCELED = bytes.fromhex("0018534300001f1ad635bd1500000002000001f4490003021c05")


def lines_of(data, form=None, layer=None, dialect=None, direction=None):
    return decode(data, form, layer, dialect, direction)


def fields(lines):
    """Offset, length, name and the rest of each field's line."""
    found = []
    for line in lines:
        parts = line.split(None, 3)
        if len(parts) == 4 and parts[0].isdigit() and parts[1].isdigit():
            found.append((int(parts[0]), int(parts[1]), parts[2], parts[3]))
    return found


@pytest.mark.section("OUCH 5.0", "Layouts")
def test_a_packet_is_a_line_a_field_with_offset_length_name_value_and_meaning():
    lines, is_sound = lines_of(ENTER)
    assert is_sound
    assert lines[0] == "raw bytes: 50 bytes"
    assert fields(lines) == [
        (0, 2, "PacketLength", "48"),
        (2, 1, "PacketType", "U  UnsequencedData"),
        (3, 1, "Type", "O  EnterOrder"),
        (4, 4, "UserRefNum", "1"),
        (8, 1, "Side", "B  buy"),
        (9, 4, "Quantity", "100"),
        (13, 8, "Symbol", "'AAPL    '"),
        (21, 8, "Price", "189.1234"),
        (29, 1, "TimeInForce", "0  day"),
        (30, 1, "Display", "Y  visible"),
        (31, 1, "Capacity", "P  principal"),
        (32, 1, "InterMarketSweep", "N  no"),
        (33, 1, "CrossType", "N  continuous market"),
        (34, 14, "ClOrdID", "'CL-0001       '"),
        (48, 2, "AppendageLength", "0"),
    ]


def test_options_and_the_time_of_day_are_told():
    text = "\n".join(lines_of(CANCELED)[0])
    assert "34200123456789  09:30:00.123456789" in text
    assert "I  immediate or cancel" in text
    assert "option tag             28  UserRefIdx" in text
    assert "UserRefIdx             5" in text


XXD = (
    subprocess.run(["xxd"], input=ENTER + CANCEL, capture_output=True, check=False).stdout
    if Path("/usr/bin/xxd").exists()
    else (
        b"00000000: 0030 554f 0000 0001 4200 0000 6441 4150  .0UO....B...dAAP\n"
        b"00000010: 4c20 2020 2000 0000 0000 1cdb a230 5950  L    ........0YP\n"
        b"00000020: 4e4e 434c 2d30 3030 3120 2020 2020 2020  NNCL-0001       \n"
        b"00000030: 0000 000a 5558 0000 0004 0000 0000       ....UX........\n"
    )
)
DUMP = (
    b"00000000  00 30 55 4f 00 00 00 01  42 00 00 00 64 41 41 50  |.0UO....B...dAAP|\n"
    b"00000010  4c 20 20 20 20 00 00 00  00 00 1c db a2 30 59 50  |L    ........0YP|\n"
    b"00000020  4e 4e 43 4c 2d 30 30 30  31 20 20 20 20 20 20 20  |NNCL-0001       |\n"
    b"00000030  00 00 00 0a 55 58 00 00  00 04 00 00 00 00        |....UX........|\n"
    b"0000003e\n"
)


@pytest.mark.parametrize(
    "text",
    [
        (ENTER + CANCEL).hex().encode(),
        (ENTER + CANCEL).hex(" ").encode().upper(),
        (ENTER + CANCEL).hex(":").encode(),
        b" ".join(b"0x%02x" % byte for byte in ENTER + CANCEL),
        ENTER.hex().encode() + b"  # an order\n\n" + CANCEL.hex().encode() + b"\n",
        ENTER[:30].hex().encode() + b"\n" + (ENTER[30:] + CANCEL).hex().encode(),
        XXD,
        DUMP,
    ],
    ids=["plain", "spaces", "colons", "0x", "a packet a line", "wrapped", "xxd", "hexdump -C"],
)
def test_hexadecimal_text_is_read_in_every_shape(text):
    assert b"".join(hexadecimal.read(text)) == ENTER + CANCEL
    lines, is_sound = lines_of(text)
    assert is_sound
    assert lines[0] == "hexadecimal text: 62 bytes"
    assert fields(lines) == fields(lines_of(ENTER + CANCEL)[0])


def test_a_dump_with_half_a_byte_is_no_dump():
    lines, is_sound = lines_of(b"00000000: 003 554f 00  .0UO")
    assert not is_sound
    assert lines[0].startswith("raw bytes")


def test_bare_messages_may_stand_one_a_line():
    text = b"580000000400000000\n5100001f1ad635bd1500000009\n"
    lines, is_sound = lines_of(text)
    assert is_sound
    assert "CancelOrder, 9 bytes to the server" in lines[1]
    assert "AccountQueryResponse, 13 bytes from the server" in "\n".join(lines)


def test_a_bare_message_is_known_by_its_letter_and_length():
    lines, is_sound = lines_of(EXECUTED[3:])
    assert is_sound
    assert "Executed, 36 bytes from the server, OUCH 5.0 (Nasdaq US)" in lines[1]


def test_the_direction_may_be_said():
    lines, is_sound = lines_of(EXECUTED[3:], direction="in")
    assert not is_sound
    assert "EnableOrderEntry" in lines[1]
    assert lines_of(EXECUTED[3:], direction="out")[1]


def test_the_dialect_is_found_out():
    nordic = bytes.fromhex(
        "4f00000001420000006400000065000f42404750323955310000000300000007000000013d3248" + "0003021931"
    )
    packet = struct.pack(">HB", 1 + len(nordic), ord("U")) + nordic
    lines, is_sound = lines_of(packet)
    assert is_sound
    assert "INET Nordic OUCH 5" in lines[4]
    lines, is_sound = lines_of(packet, dialect="ouch-us")
    assert not is_sound
    assert "OUCH 5.0 (Nasdaq US)" in "\n".join(lines)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (ENTER[:20], "!! a packet is cut off after 20 of 50 bytes"),
        (CANCEL + b"\0\0\0\0", "!! a Packet Length of 0"),
        (bytes.fromhex("000a5558000000040000000000"), "!! a packet is cut off after 1"),
        (bytes.fromhex("0003557a00"), "!! no message to the server has this letter"),
        (CANCEL + bytes.fromhex("0002480000023e00"), "!! more bytes than the packet has"),
        (b"", "!! no bytes"),
        (bytes.fromhex("00024a58"), "!! not a listed value"),
    ],
)
def test_bad_bytes_are_shown_with_the_place_where_it_went_wrong(data, said):
    lines, is_sound = lines_of(data, form="raw")
    assert not is_sound
    assert said in "\n".join(lines)


def test_text_that_is_not_hexadecimal_is_said_to_be_none():
    lines, is_sound = lines_of(b"hello there", form="hex")
    assert (lines, is_sound) == (["!! not hexadecimal text: line 1: 'hello' is not hexadecimal"], False)


ADDED = bytes.fromhex("41002a00001f29f883071500000000000003e9420000012c454d554c20202020000f7314")
MOLD = bytes.fromhex("454d553030303030303100000000000001f50001") + len(ADDED).to_bytes(2, "big") + ADDED


def test_a_message_of_itch_is_found_out_in_a_packet_of_soupbintcp():
    lines, is_sound = lines_of(struct.pack(">HB", 1 + len(ADDED), ord("S")) + ADDED)
    assert is_sound
    text = "\n".join(lines)
    assert "AddOrder, 36 bytes from the server, TotalView-ITCH 5.0" in text
    assert "34265123456789  09:31:05.123456789" in text
    assert "101.2500" in text


def test_a_packet_of_moldudp64_is_found_out_and_told_block_by_block():
    lines, is_sound = lines_of(MOLD)
    assert is_sound
    assert fields(lines)[:5] == [
        (0, 10, "Session", "'EMU0000001'"),
        (10, 8, "SequenceNumber", "501"),
        (18, 2, "MessageCount", "1"),
        (20, 2, "BlockLength", "36"),
        (22, 1, "Type", "A  AddOrder"),
    ]
    for head, meaning in ((b"\0\0", "a heartbeat"), (b"\xff\xff", "the end of the session")):
        lines, is_sound = lines_of(MOLD[:18] + head)
        assert is_sound
        assert lines[-1].endswith(meaning)
    lines, is_sound = lines_of(MOLD[:-1], layer="mold")
    assert not is_sound
    assert "!! a block is cut off" in lines[-1]


# ------------------------------------------------------------------------------------------------------------ captures

CLIENT, SERVER = ("10.0.0.1", 40_000), ("10.0.0.2", 7_400)


def tcp(source, target, sequence, data, flags=0x18):
    header = struct.pack(">HHIIBBHHH", source[1], target[1], sequence & 0xFFFFFFFF, 0, 0x50, flags, 1024, 0, 0)
    return header + data


def ipv4(source, target, payload, protocol=6):
    parts = [bytes(map(int, end[0].split("."))) for end in (source, target)]
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, *parts) + payload


def udp(source, target, data):
    return struct.pack(">HHHH", source[1], target[1], 8 + len(data), 0) + data


def ipv6(source, target, payload):
    ends = [bytes(15) + bytes([int(end[0][-1])]) for end in (source, target)]
    return struct.pack(">IHBB16s16s", 0x6 << 28, len(payload), 6, 64, *ends) + payload


LINKS = {
    "ethernet": (1, lambda packet: bytes(12) + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\0") + packet),
    "vlan": (1, lambda packet: bytes(12) + b"\x81\0\0\7" + b"\x08\0" + packet),
    "loopback": (0, lambda packet: b"\2\0\0\0" + packet),
    "raw": (101, lambda packet: packet),
    "cooked": (113, lambda packet: bytes(14) + b"\x08\0" + packet),
    "cooked 2": (276, lambda packet: b"\x08\0" + bytes(18) + packet),
}


def pcap(frames, link, order="<"):
    head = struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, link)
    return head + b"".join(struct.pack(f"{order}IIII", 0, 0, len(one), len(one)) + one for one in frames)


def pcapng(frames, link, order="<"):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        size = 12 + len(body)
        return struct.pack(f"{order}II", kind, size) + body + struct.pack(f"{order}I", size)

    head = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    head += block(1, struct.pack(f"{order}HHI", link, 0, 65_535))
    return head + b"".join(block(6, struct.pack(f"{order}IIIII", 0, 0, 0, len(one), len(one)) + one) for one in frames)


def conversation(network=ipv4, link=lambda packet: packet):
    start = 0xFFFF_FFF0  # so that the numbers pass zero on the way
    inward, outward = LOGIN + ENTER + CANCEL, ACCEPTED_LOGIN + EXECUTED
    segments = [
        tcp(CLIENT, SERVER, start - 1, b"", 2),
        tcp(SERVER, CLIENT, 99, b"", 0x12),
        tcp(CLIENT, SERVER, start, inward[:20]),
        tcp(CLIENT, SERVER, start + 60, inward[60:]),  # out of order
        tcp(CLIENT, SERVER, start + 20, inward[20:60]),
        tcp(CLIENT, SERVER, start + 20, inward[20:70]),  # again, and longer
        tcp(SERVER, CLIENT, 100, outward),
    ]
    ends = [(CLIENT, SERVER)] * 1 + [(SERVER, CLIENT)] + [(CLIENT, SERVER)] * 4 + [(SERVER, CLIENT)]
    return [link(network(*end, segment)) for end, segment in zip(ends, segments, strict=True)]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("write", [pcap, pcapng])
@pytest.mark.parametrize("name", LINKS)
def test_a_capture_is_put_together_by_stream_and_direction(name, write, order):
    number, link = LINKS[name]
    lines, is_sound = lines_of(write(conversation(link=link), number, order))
    assert is_sound
    assert lines[0] == "10.0.0.1:40000 > 10.0.0.2:7400: 111 bytes"
    answer = lines.index("10.0.0.2:7400 > 10.0.0.1:40000: 72 bytes")
    assert fields(lines[:answer]) == fields(lines_of(LOGIN + ENTER + CANCEL)[0])
    assert fields(lines[answer:]) == fields(lines_of(ACCEPTED_LOGIN + EXECUTED)[0])


def test_packets_of_moldudp64_are_read_out_of_a_capture_and_other_datagrams_passed_over():
    link = LINKS["ethernet"][1]
    frames = [link(ipv4(SERVER, CLIENT, udp(SERVER, CLIENT, data), 17)) for data in (MOLD, b"of another kind", MOLD)]
    lines, is_sound = lines_of(pcap([*conversation(link=link), *frames], 1))
    assert is_sound
    assert lines.count("10.0.0.2:7400 > 10.0.0.1:40000: 58 bytes") == 2


def test_ipv6_is_read_too():
    lines, is_sound = lines_of(pcap(conversation(ipv6, LINKS["ethernet"][1]), 1))
    assert is_sound
    assert lines[0].startswith("[0000:0000:0000:0000:0000:0000:0000:0001]:40000 > ")


def test_a_gap_in_a_stream_is_said():
    frames = conversation()
    lines, is_sound = lines_of(pcap([frames[0], frames[1], frames[2], frames[3]], 101))
    assert not is_sound
    assert any("40 bytes before them are missing" in line for line in lines)


def test_new_connections_on_old_ports_are_streams_of_their_own():
    again = [
        ipv4(CLIENT, SERVER, tcp(CLIENT, SERVER, 5_000, b"", 2)),
        ipv4(CLIENT, SERVER, tcp(CLIENT, SERVER, 5_001, LOGIN)),
    ]
    lines, _ = lines_of(pcap(conversation() + again, 101))
    assert [line for line in lines if line.startswith("10.0.0.1:40000 >")] == [
        "10.0.0.1:40000 > 10.0.0.2:7400: 111 bytes",
        "10.0.0.1:40000 > 10.0.0.2:7400: 49 bytes",
    ]


# ------------------------------------------------------------------------------------------------------- whatever comes


@given(
    st.binary(max_size=300),
    st.sampled_from([None, "raw", "hex", "pcap"]),
    st.sampled_from([None, "soup", "message"]),
    st.sampled_from([None, "ouch-us", "ouch-nordic", "prm"]),
    st.sampled_from([None, "in", "out"]),
)
def test_any_bytes_give_lines_and_never_an_exception(data, form, layer, dialect, direction):
    lines, is_sound = decode(data, form, layer, dialect, direction)
    assert lines or (form == "pcap" and not is_sound)
    assert not any(line is None for line in lines)


CAPTURE = pcapng(conversation(link=LINKS["ethernet"][1]), 1)
SOUND = LOGIN + ENTER + CANCEL + ACCEPTED_LOGIN + EXECUTED + CANCELED


@given(st.sampled_from([CAPTURE, pcap(conversation(), 101), SOUND, DUMP]), st.randoms(use_true_random=False))
def test_spoiled_bytes_give_lines_and_never_an_exception(data, chance: random.Random):
    spoiled = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
    lines, _ = decode(bytes(spoiled[: chance.randint(1, len(spoiled))]), None, None, None, None)
    assert lines


@given(st.binary(min_size=1, max_size=200))
def test_every_byte_of_a_message_is_shown_once(data):
    packet = struct.pack(">HB", 1 + len(data), ord("U")) + data
    lines, _ = decode(packet, "raw", "soup", "ouch-us", "in")
    shown = [(offset, length) for offset, length, *_ in fields(lines)]
    assert sum(length for _, length in shown) == len(packet)


def test_the_command_reads_standard_input_and_says_by_its_exit_code_whether_all_was_sound(command, tmp_path):
    sound = command("decode", "-", given=CANCEL)
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "CancelOrder" in sound.stdout
    file = tmp_path / "half.bin"
    file.write_bytes(CANCEL[:5])
    half = command("decode", file)
    assert half.returncode == 1
    assert "!! a packet is cut off" in half.stdout
    assert command("decode", tmp_path / "no").returncode == 2

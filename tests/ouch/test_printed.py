"""The codec against bytes that others wrote down: worked examples and other projects' vectors, typed in by hand.

The packets' three bytes of SoupBinTCP header are left off. What stands here owes nothing to our declarations.
"""

import pytest

from ouch import codec
from ouch.messages import IN, OUCH, OUT, CancelReason, RejectReason, Side, decode

NS = 34_200_123_456_789  # 09:30:00.123456789
LLE = 34_200_000_000_123
FMM = 34_200_000_000_456

# direction, message, bytes, fields in wire order, options
PRINTED = [
    # worked examples, in full
    (
        IN,
        "enter_order",
        "4f0000000142000000644141504c2020202000000000001cdba23059504e4e434c2d30303031202020202020200000",
        (1, b"B", 100, b"AAPL    ", 1_891_234, b"0", b"Y", b"P", b"N", b"N", b"CL-0001       "),
        {},
    ),
    (
        IN,
        "enter_order",
        (
            "4f0000000254000001f44d5346542020202000000000003ea328334e414e4e434c2d3030303220202020202020001b"
            "050241424344050300000064020c4e021959051a4c4f4342021c05"
        ),
        (2, b"T", 500, b"MSFT    ", 4_105_000, b"3", b"N", b"A", b"N", b"N", b"CL-0002       "),
        {2: b"ABCD", 3: 100, 12: b"N", 25: b"Y", 26: b"LOCB", 28: 5},
    ),
    (
        IN,
        "enter_order",
        "4f0000000342000000c85445535420202020000000007fffffff3359414e4f434c2d30303033202020202020200000",
        (3, b"B", 200, b"TEST    ", 2_147_483_647, b"3", b"Y", b"A", b"N", b"O", b"CL-0003       "),
        {},
    ),
    (
        IN,
        "replace_order",
        "5500000001000000040000009600000000001cdb8030594e434c2d30303034202020202020200000",
        (1, 4, 150, 1_891_200, b"0", b"Y", b"N", b"CL-0004       "),
        {},
    ),
    (IN, "cancel_order", "580000000400000000", (4, 0), {}),
    (
        IN,
        "mass_cancel",
        "43000000064142434420202020202020200007021b4203180007",
        (6, b"ABCD", b"        "),
        {27: b"B", 24: 7},
    ),
    (
        OUT,
        "order_accepted",
        (
            "4100001f1ad635bd150000000142000000644141504c2020202000000000001cdba230590000000000001e61504e4e4c"
            "434c2d30303031202020202020200000"
        ),
        (NS, 1, b"B", 100, b"AAPL    ", 1_891_234, b"0", b"Y", 7777, b"P", b"N", b"N", b"L", b"CL-0001       "),
        {},
    ),
    (
        OUT,
        "order_executed",
        "4500001f1ad635bd15000000010000002800000000001cdba24100000000000023290000",
        (NS, 1, 40, 1_891_234, b"A", 9001),
        {},
    ),
    (OUT, "order_canceled", "4300001f1ad635bd1500000002000001f4490003021c05", (NS, 2, 500, b"I"), {28: 5}),
    (
        OUT,
        "rejected",
        "4a00001f1ad635bd15000000050030434c2d3030303520202020202020",
        (NS, 5, 0x30, b"CL-0005       "),
        {},
    ),
    # the other messages
    (IN, "modify_order", "4d000000045400000032", (4, b"T", 50), {}),
    (IN, "disable_order_entry", "4400000007414243440000", (7, b"ABCD"), {}),
    (IN, "enable_order_entry", "4500000008414243440000", (8, b"ABCD"), {}),
    (IN, "account_query", "51", (), {}),
    (OUT, "system_event", "5300001f1ad635bd1553", (NS, b"S"), {}),
    (
        OUT,
        "order_replaced",
        (
            "5500001f1ad635bd150000000100000004420000006e4141504c2020202000000000001cdb8030590000000000001e62"
            "504e4e4c434c2d30303034202020202020200000"
        ),
        (NS, 1, 4, b"B", 110, b"AAPL    ", 1_891_200, b"0", b"Y", 7778, b"P", b"N", b"N", b"L", b"CL-0004       "),
        {},
    ),
    (OUT, "order_canceled", "4300001f1ad635bd15000000040000006e55", (NS, 4, 110, b"U"), {}),
    (
        OUT,
        "aiq_canceled",
        "4400001f1ad635bd15000000090000000a510000000a00000000001cdb805244",
        (NS, 9, 10, b"Q", 10, 1_891_200, b"R", b"D"),
        {},
    ),
    (
        OUT,
        "mass_cancel_response",
        "5800001f1ad635bd15000000064142434420202020202020200007021b4203180007",
        (NS, 6, b"ABCD", b"        "),
        {27: b"B", 24: 7},
    ),
    (OUT, "disable_order_entry_response", "4700001f1ad635bd1500000007414243440000", (NS, 7, b"ABCD"), {}),
    (OUT, "enable_order_entry_response", "4b00001f1ad635bd1500000008414243440000", (NS, 8, b"ABCD"), {}),
    (OUT, "account_query_response", "5100001f1ad635bd1500000009", (NS, 9), {}),
    (
        OUT,
        "order_restated",
        "5200001f1ad635bd150000000152001005160000006409010000000000001e63",
        (NS, 1, b"R"),
        {22: 100, 1: 7779},
    ),
    (OUT, "cancel_pending", "5000001f1ad635bd1500000003", (NS, 3), {}),
    (OUT, "cancel_reject", "4900001f1ad635bd1500000003", (NS, 3), {}),
    (
        OUT,
        "order_priority_update",
        "5400001f1ad635bd150000000100000000001cdb80590000000000001e64",
        (NS, 1, 1_891_200, b"Y", 7780),
        {},
    ),
    (OUT, "order_modified", "4d00001f1ad635bd15000000045400000032", (NS, 4, b"T", 50), {}),
    (
        OUT,
        "broken_trade",
        "4200001f1ad635bd1500000001000000000000232945434c2d3030303120202020202020",
        (NS, 1, 9001, b"E", b"CL-0001       "),
        {},
    ),
    # the "lle" exchange project
    (
        IN,
        "enter_order",
        "4f0000000142000000644141504c20202020000000000016f0a83059414e4e434c4f52443120202020202020200003021c05",
        (1, b"B", 100, b"AAPL    ", 1_503_400, b"0", b"Y", b"A", b"N", b"N", b"CLORD1        "),
        {28: 5},
    ),
    (
        IN,
        "enter_order",
        "4f0a0b0c0d45000f423f42524b2041202020000000007fffffff334e50594f49442d31202020202020202020200000",
        (0x0A0B0C0D, b"E", 999_999, b"BRK A   ", 0x7FFFFFFF, b"3", b"N", b"P", b"Y", b"O", b"ID-1          "),
        {},
    ),
    (
        IN,
        "replace_order",
        "550000000100000002000001f4000000000016f10c36414e5245504c2d3220202020202020200009050f00000e1002194e",
        (1, 2, 500, 1_503_500, b"6", b"A", b"N", b"REPL-2        "),
        {15: 3600, 25: b"N"},
    ),
    (IN, "cancel_order", "580000004d000000190003021c07", (77, 25), {28: 7}),
    (IN, "modify_order", "4d0000000354000000320009021959051a4c435442", (3, b"T", 50), {25: b"Y", 26: b"LCTB"}),
    (
        IN,
        "mass_cancel",
        "430000000a4649524d2020202020202020000703180007021b53",
        (10, b"FIRM", b"        "),
        {24: 7, 27: b"S"},
    ),
    (IN, "enable_order_entry", "450000000c46524d410003021c01", (12, b"FRMA"), {28: 1}),
    (
        OUT,
        "order_accepted",
        (
            "4100001f1aced9f07b0000000142000000644141504c20202020000000000016f0a8305a00000000075bcd15414e434c"
            "434c4f5244312020202020202020001505024649524d02064c050e52544531021232021c05"
        ),
        (LLE, 1, b"B", 100, b"AAPL    ", 1503400, b"0", b"Z", 123456789, b"A", b"N", b"C", b"L", b"CLORD1        "),
        {2: b"FIRM", 6: b"L", 14: b"RTE1", 18: b"2", 28: 5},
    ),
    (
        OUT,
        "order_executed",
        "4500001f1aced9f07b0000000100000064000000000016f0a841000000003ade68b10000",
        (LLE, 1, 100, 1_503_400, b"A", 987_654_321),
        {},
    ),
    (
        OUT,
        "rejected",
        "4a00001f1aced9f07b00000009001d4241445058202020202020202020",
        (LLE, 9, 0x1D, b"BADPX         "),
        {},
    ),
    (
        OUT,
        "aiq_canceled",
        "4400001f1aced9f07b0000000400000064510000003c000000000016f0a8524f",
        (LLE, 4, 100, b"Q", 60, 1_503_400, b"R", b"O"),
        {},
    ),
    (
        OUT,
        "order_restated",
        "5200001f1aced9f07b0000000852001009010000000000000309051600000064",
        (LLE, 8, b"R"),
        {1: 777, 22: 100},
    ),
    # the FastMM project
    (
        IN,
        "enter_order",
        (
            "4f0000000253000000324141504c2020202000000000001ce0943359504e4e666d30303031303030303030303200090503"
            "00000032020c50"
        ),
        (2, b"S", 50, b"AAPL    ", 1_892_500, b"3", b"Y", b"P", b"N", b"N", b"fm000100000002"),
        {3: 50, 12: b"P"},
    ),
    (
        OUT,
        "order_accepted",
        (
            "4100001f1aced9f1c80000000253000000324141504c2020202000000000001ce09433590000000000001e64504e4e4c"
            "666d3030303130303030303030320003021c05"
        ),
        (FMM, 2, b"S", 50, b"AAPL    ", 1_892_500, b"3", b"Y", 7780, b"P", b"N", b"N", b"L", b"fm000100000002"),
        {28: 5},
    ),
    # j-stach/slouch
    (
        IN,
        "enter_order",
        "4f00000001420000000053544f4e4b53202000000000000088b93059414e4f546f20546865204d6f6f6e2020200000",
        (1, b"B", 0, b"STONKS  ", 35_001, b"0", b"Y", b"A", b"N", b"O", b"To The Moon   "),
        {},
    ),
]
IDS = [f"{direction}-{name}-{i}" for i, (direction, name, *_) in enumerate(PRINTED)]


@pytest.mark.section("OUCH 5.0", "10 Worked examples")
@pytest.mark.parametrize(("direction", "name", "text", "fields", "options"), PRINTED, ids=IDS)
def test_printed_message_is_read_and_written_as_printed(direction, name, text, fields, options):
    data = bytes.fromhex(text)

    table = codec.UNPACK_INBOUND if direction is IN else codec.UNPACK_OUTBOUND
    assert data[0] == getattr(codec, name.upper())
    unpacked = table[data[0]](data)
    if name == "system_event":
        assert unpacked == fields
        assert codec.pack_system_event(*fields) == data
        return
    assert unpacked[:-1] == fields
    appendage = unpacked[-1]
    assert codec.unpack_options(appendage, getattr(codec, f"{name.upper()}_OPTIONS")) == options
    assert getattr(codec, f"pack_{name}")(*fields, appendage) == data
    if list(options) == sorted(options):
        assert codec.pack_options(options) == appendage


@pytest.mark.section("OUCH 5.0", "10 Worked examples")
@pytest.mark.parametrize(("direction", "name", "text", "fields", "options"), PRINTED, ids=IDS)
def test_printed_message_reads_as_a_record(direction, name, text, fields, options):
    data = bytes.fromhex(text)

    record = decode(direction, data)

    assert record.layout.title.lower().replace(" ", "_") == name
    shown = [getattr(record, f.name) for f in record.layout.fields]
    # text without its padding, numbers as they are
    assert shown == [f.decode().rstrip() if isinstance(f, bytes) else f for f in fields]
    expected = {tag: value.decode() if isinstance(value, bytes) else value for tag, value in options.items()}
    assert getattr(record, "options", {}) == expected
    if list(options) == sorted(options):
        assert OUCH.encode(record) == data


@pytest.mark.section("OUCH 5.0", "4.17 Account Query Response")
def test_explicit_empty_appendage_of_a_conditional_message_is_read():
    data = bytes.fromhex("5100001f1aced9f1c80000002a0000")
    assert codec.unpack_account_query_response(data) == (FMM, 42, b"")
    assert decode(OUT, data).next_user_ref_num == 42


def test_letters_become_members_in_a_record():
    assert decode(OUT, bytes.fromhex("4300001f1ad635bd15000000040000006e55")).reason is CancelReason.USER_REQUESTED
    assert decode(IN, bytes.fromhex("4d000000045400000032")).side is Side.SELL_SHORT
    rejected = decode(OUT, bytes.fromhex("4a00001f1ad635bd15000000050030434c2d3030303520202020202020"))
    assert rejected.reason is RejectReason.RISK_SINGLE_ORDER_NOTIONAL

"""The kit's own eyes: vectors typed in from documents and from other projects, field by field and back to bytes."""

import pytest

from conformance.declarations import soup
from conformance.declarations.itch import ITCH
from conformance.declarations.message import Appendage, build, build_option, dissect
from conformance.declarations.nordic import NORDIC
from conformance.declarations.us import US
from itchproto import messages

LABEL = "CL-0001       "
PACKETS = [
    (
        "002f4c4649524d303173656372657420202020202020202020202020202020202020202020202020202020202020202031",
        "LoginRequest",
        {"Username": "FIRM01", "Password": "secret    ", "Session": " " * 10, "Sequence": 1},
    ),
    (
        "00344c4649524d3031736563726574202020202020202020202020202020202020202020202020202020202020202020313135303030",
        "LoginRequest410",
        {"Username": "FIRM01", "Sequence": 1, "HeartbeatTimeout": 15000},
    ),
    (
        "002f4c6e6f757365726e6f70617373776f726473657373696f6e2020203120202020202020202020202020202020202020",
        "LoginRequest",
        {"Username": "nouser", "Password": "nopassword", "Session": "session   ", "Sequence": 1},
    ),
    (
        "001f41202020205345535330312020202020202020202020202020202020202031",
        "LoginAccepted",
        {"Session": "    SESS01", "Sequence": 1},
    ),
    (
        "001f41202020202020204142432020202020202020202020202020202020203432",
        "LoginAccepted",
        {"Session": "       ABC", "Sequence": 42},
    ),
    ("00024a41", "LoginRejected", {"Reason": "A"}),
    ("00024a53", "LoginRejected", {"Reason": "S"}),
    ("000148", "ServerHeartbeat", {}),
    ("000152", "ClientHeartbeat", {}),
    ("00014f", "LogoutRequest", {}),
    ("00015a", "EndOfSession", {}),
    ("00062b68656c6c6f", "Debug", {}),
]
NOON = 34_200_123_456_789
THEIRS = 0x1F1ACED9F07B
IN, OUT = True, False
US_MESSAGES = [
    (
        IN,
        "4f0000000142000000644141504c2020202000000000001cdba23059504e4e434c2d30303031202020202020200000",
        "EnterOrder",
        {
            "UserRefNum": 1,
            "Side": "B",
            "Quantity": 100,
            "Symbol": "AAPL    ",
            "Price": 1_891_234,
            "TimeInForce": "0",
            "Display": "Y",
            "Capacity": "P",
            "InterMarketSweep": "N",
            "CrossType": "N",
            "ClOrdID": LABEL,
        },
        {},
    ),
    (
        IN,
        (
            "4f0000000254000001f44d5346542020202000000000003ea328334e414e4e434c2d3030303220202020202020001b050241424344"
            "0503000000640"
            "20c4e021959051a4c4f4342021c05"
        ),
        "EnterOrder",
        {"Side": "T", "Quantity": 500, "Price": 4_105_000, "Display": "N"},
        {
            "Firm": "ABCD",
            "MinQty": 100,
            "PostOnly": "N",
            "SharesLocated": "Y",
            "LocateBroker": "LOCB",
            "UserRefIdx": 5,
        },
    ),
    (
        IN,
        "4f0000000342000000c85445535420202020000000007fffffff3359414e4f434c2d30303033202020202020200000",
        "EnterOrder",
        {"Price": 0x7FFFFFFF, "CrossType": "O", "TimeInForce": "3"},
        {},
    ),
    (
        IN,
        "5500000001000000040000009600000000001cdb8030594e434c2d30303034202020202020200000",
        "ReplaceOrder",
        {"OrigUserRefNum": 1, "UserRefNum": 4, "Quantity": 150, "Price": 1_891_200},
        {},
    ),
    (
        IN,
        "550000000100000002000001f4000000000016f10c36414e5245504c2d3220202020202020200009050f00000e1002194e",
        "ReplaceOrder",
        {"Quantity": 500, "TimeInForce": "6", "Display": "A"},
        {"ExpireTime": 3600, "SharesLocated": "N"},
    ),
    (IN, "580000000400000000", "CancelOrder", {"UserRefNum": 4, "Quantity": 0}, None),
    (IN, "580000004d000000190003021c07", "CancelOrder", {"UserRefNum": 77, "Quantity": 25}, {"UserRefIdx": 7}),
    (IN, "4d000000045400000032", "ModifyOrder", {"UserRefNum": 4, "Side": "T", "Quantity": 50}, None),
    (
        IN,
        "4d0000000354000000320009021959051a4c435442",
        "ModifyOrder",
        {"UserRefNum": 3},
        {"SharesLocated": "Y", "LocateBroker": "LCTB"},
    ),
    (
        IN,
        "43000000064142434420202020202020200007021b4203180007",
        "MassCancel",
        {"UserRefNum": 6, "Firm": "ABCD", "Symbol": " " * 8},
        {"Side": "B", "GroupID": 7},
    ),
    (IN, "4400000007414243440000", "DisableOrderEntry", {"UserRefNum": 7, "Firm": "ABCD"}, {}),
    (IN, "450000000c46524d410003021c01", "EnableOrderEntry", {"UserRefNum": 12, "Firm": "FRMA"}, {"UserRefIdx": 1}),
    (IN, "51", "AccountQuery", {}, None),
    (OUT, "5300001f1ad635bd1553", "SystemEvent", {"Timestamp": NOON, "Event": "S"}, None),
    (
        OUT,
        (
            "4100001f1ad635bd150000000142000000644141504c2020202000000000001cdba230590000000000001e61504e4e4c434c2d3030"
            "3031202020202020200000"
        ),
        "Accepted",
        {"UserRefNum": 1, "OrderReferenceNumber": 7777, "OrderState": "L", "ClOrdID": LABEL},
        {},
    ),
    (
        OUT,
        (
            "4100001f1aced9f07b0000000142000000644141504c20202020000000000016f0a8305a00000000075bcd15414e434c434c4f5244"
            "312020202020202020001505024649524d02064c050e52544531021232021c05"
        ),
        "Accepted",
        {"Timestamp": THEIRS, "Display": "Z", "CrossType": "C", "OrderReferenceNumber": 123_456_789},
        {"Firm": "FIRM", "PriceType": "L", "Route": "RTE1", "BBOWeightIndicator": "2", "UserRefIdx": 5},
    ),
    (
        OUT,
        (
            "5500001f1ad635bd150000000100000004420000006e4141504c2020202000000000001cdb8030590000000000001e62504e4e4c43"
            "4c2d30303034202020202020200000"
        ),
        "Replaced",
        {"OrigUserRefNum": 1, "UserRefNum": 4, "Quantity": 110, "OrderReferenceNumber": 7778},
        {},
    ),
    (
        OUT,
        "4300001f1ad635bd1500000002000001f4490003021c05",
        "Canceled",
        {"UserRefNum": 2, "Quantity": 500, "Reason": "I"},
        {"UserRefIdx": 5},
    ),
    (OUT, "4300001f1ad635bd15000000040000006e55", "Canceled", {"Quantity": 110, "Reason": "U"}, None),
    (
        OUT,
        "4400001f1ad635bd15000000090000000a510000000a00000000001cdb805244",
        "AIQCanceled",
        {"Decrement": 10, "Reason": "Q", "Prevented": 10, "ExecutionPrice": 1_891_200, "Strategy": "D"},
        None,
    ),
    (
        OUT,
        "4500001f1ad635bd15000000010000002800000000001cdba24100000000000023290000",
        "Executed",
        {"Quantity": 40, "Price": 1_891_234, "Liquidity": "A", "MatchNumber": 9001},
        {},
    ),
    (
        OUT,
        "4200001f1ad635bd1500000001000000000000232945434c2d3030303120202020202020",
        "BrokenTrade",
        {"MatchNumber": 9001, "Reason": "E", "ClOrdID": LABEL},
        None,
    ),
    (
        OUT,
        "4a00001f1ad635bd15000000050030434c2d3030303520202020202020",
        "Rejected",
        {"UserRefNum": 5, "Reason": 0x30},
        None,
    ),
    (OUT, "5000001f1ad635bd1500000003", "CancelPending", {"UserRefNum": 3}, None),
    (OUT, "4900001f1ad635bd1500000003", "CancelReject", {"UserRefNum": 3}, None),
    (
        OUT,
        "5400001f1ad635bd150000000100000000001cdb80590000000000001e64",
        "PriorityUpdate",
        {"Price": 1_891_200, "Display": "Y", "OrderReferenceNumber": 7780},
        None,
    ),
    (OUT, "4d00001f1ad635bd15000000045400000032", "Modified", {"Side": "T", "Quantity": 50}, None),
    (
        OUT,
        "5200001f1ad635bd150000000152001005160000006409010000000000001e63",
        "Restated",
        {"Reason": "R"},
        {"DisplayQuantity": 100, "SecondaryOrdRefNum": 7779},
    ),
    (
        OUT,
        "5800001f1ad635bd15000000064142434420202020202020200007021b4203180007",
        "MassCancelResponse",
        {"UserRefNum": 6, "Firm": "ABCD"},
        {"Side": "B", "GroupID": 7},
    ),
    (OUT, "4700001f1ad635bd1500000007414243440000", "DisableResponse", {"Firm": "ABCD"}, {}),
    (OUT, "4b00001f1ad635bd1500000008414243440000", "EnableResponse", {"Firm": "ABCD"}, {}),
    (OUT, "5100001f1ad635bd1500000009", "AccountQueryResponse", {"NextUserRefNum": 9}, None),
    (OUT, "5100001f1aced9f1c80000002a0000", "AccountQueryResponse", {"NextUserRefNum": 42}, {}),
]
LENGTHS = {
    "EnterOrder": 45,
    "ReplaceOrder": 38,
    "CancelOrder": 9,
    "ModifyOrder": 10,
    "MassCancel": 17,
    "DisableOrderEntry": 9,
    "EnableOrderEntry": 9,
    "AccountQuery": 1,
    "SystemEvent": 10,
    "Accepted": 62,
    "Replaced": 66,
    "Canceled": 18,
    "AIQCanceled": 32,
    "Executed": 34,
    "BrokenTrade": 36,
    "Rejected": 29,
    "CancelPending": 13,
    "CancelReject": 13,
    "PriorityUpdate": 30,
    "Modified": 18,
    "Restated": 14,
    "MassCancelResponse": 25,
    "DisableResponse": 17,
    "EnableResponse": 17,
    "AccountQueryResponse": 13,
}
NORDIC_LENGTHS = {
    "EnterOrder": 39,
    "ReplaceOrder": 23,
    "CancelOrder": 15,
    "AccountQuery": 1,
    "MarketMakerInstruction": 21,
    "SystemEvent": 10,
    "Accepted": 55,
    "Replaced": 44,
    "Canceled": 18,
    "CancelPending": 14,
    "ReplacePending": 18,
    "Executed": 36,
    "BrokenTrade": 21,
    "Rejected": 15,
    "CancelRejected": 15,
    "Restated": 14,
    "RefreshRequest": 18,
    "AccountQueryResponse": 13,
    "GTCCancelled": 23,
    "MarketMakerResponse": 30,
    "PendingOrder": 14,
    "StreamStatus": 16,
}


@pytest.mark.section("SoupBinTCP", "Packets")
@pytest.mark.parametrize(("text", "name", "values"), PACKETS, ids=[name for _, name, _ in PACKETS])
def test_a_packet_is_read_as_it_is_printed(text, name, values):
    data = bytes.fromhex(text)
    (packet,) = soup.cut(data)
    found = soup.dissect(packet)
    assert (found.name, found.faults) == (name, [])
    assert {key: found.values[key] for key in values} == values
    assert packet.data == data


@pytest.mark.section("OUCH 5.0", "Layouts")
@pytest.mark.parametrize(
    ("inbound", "text", "name", "values", "options"),
    US_MESSAGES,
    ids=[f"{row[2]}-{row[1][:20]}" for row in US_MESSAGES],
)
def test_a_message_is_read_as_it_is_printed_and_put_together_again(inbound, text, name, values, options):
    data = bytes.fromhex(text)
    found = dissect(US, data, inbound=inbound)
    assert (found.name, found.faults, found.options) == (name, [], options)
    assert {key: found.values[key] for key in values} == values
    assert b"".join(cell.raw for cell in found.cells) == data
    appendage = (
        None
        if options is None
        else b"".join(build_option(US.options_by_name[key.lower()], value) for key, value in found.options.items())
    )
    assert build(found.message, found.values, appendage) == data


@pytest.mark.parametrize(("dialect", "lengths"), [(US, LENGTHS), (NORDIC, NORDIC_LENGTHS)], ids=["US", "Nordic"])
def test_every_message_has_the_length_of_its_table(dialect, lengths):
    declared = [*dialect.inbound.values(), *dialect.outbound.values()]
    assert {message.name: message.size for message in declared} == lengths


def test_the_longest_enter_order_has_140_bytes_and_the_longest_replace_123():
    sizes = {
        name: message.size + 2 + sum(2 + US.options[tag].kind.size for tag in message.options)
        for name, message in US.inbound.items()
    }
    assert (sizes["O"], sizes["U"]) == (140, 123)


@pytest.mark.parametrize(
    ("inbound", "text", "fault"),
    [
        (IN, "7a", "no message to the server has this letter"),
        (IN, "", "an empty message"),
        (IN, "4f00000001", "0 of 1 bytes, then the message ends"),
        (IN, "58000000040000000000", "1 of 2 bytes"),
        (IN, "580000000400000000000902ff", "9, but 2 bytes follow"),
        (IN, "5800000004000000000003021c0501", "3, but 4 bytes follow"),
        (IN, "58000000040000000000020000", "an option of no length"),
        (IN, "58000000040000000000020502", "an option of 5 bytes, of which 1 came"),
        (IN, "580000000400000000000302c801", "no option has this tag"),
        (IN, "5800000004000000000003020c4e", "may not stand in CancelOrder"),
        (IN, "58000000040000000000" + "06021c05021c05", "stands twice"),
        (IN, "580000000400000000" + "0004031c0505", "2 bytes of value, not 1"),
        (OUT, "5300001f1ad635bd1558", "not a listed value"),
        (OUT, "5300001f1ad635bd155300", "more bytes than the message has"),
        (OUT, "4500001f1ad635bd15000000010000002800000000001cdba2410000000000002329", "missing"),
    ],
)
def test_what_is_wrong_with_bytes_is_said_and_nothing_is_raised(inbound, text, fault):
    found = dissect(US, bytes.fromhex(text), inbound=inbound)
    assert fault in found.faults[0]


def test_a_login_accepted_is_padded_on_the_left():
    (packet,) = soup.cut(bytes.fromhex("001f41746573742020202020203220202020202020202020202020202020202020"))
    assert len(soup.dissect(packet).faults) == 2


def test_the_option_tables_are_those_of_the_documents():
    assert sorted(US.options) == [1, 2, 3, 4, 5, 6, 7, *range(9, 19), *range(22, 31)]
    assert sorted(NORDIC.options) == list(range(1, 35))
    assert US.outbound["C"].appendage is Appendage.CONDITIONAL
    assert US.outbound["E"].appendage is Appendage.ALWAYS


@pytest.mark.section("Nordic OUCH 5", "Layouts")
def test_a_nordic_order_has_a_book_of_four_bytes_and_a_price_of_four():
    enter = NORDIC.inbound["O"]
    values = {
        "UserRefNum": 1,
        "Side": "B",
        "Quantity": 100,
        "OrderBook": 101,
        "Price": 1_000_000,
        "User": "GP29U1",
        "ExecutionWithinFirm": 3,
        "InvestmentDecision": 7,
        "ClientID": 1,
        "PartyRoleQualifier": 0x3D,
        "Capacity": "2",
        "Algo": "H",
    }
    data = build(enter, values, build_option(NORDIC.options[25], "1"))
    assert data.hex() == ("4f00000001420000006400000065000f42404750323955310000000300000007000000013d32480003021931")
    found = dissect(NORDIC, data, inbound=True)
    assert (found.faults, found.values, found.options) == ([], values, {"TimeInForce": "1"})
    meanings = {cell.name: cell.meaning for cell in found.cells}
    assert meanings["PartyRoleQualifier"] == "client LEI or firm, investment person, execution person"
    assert meanings["ExecutionWithinFirm"] == "NORE"


@pytest.mark.section("TotalView-ITCH 5.0", "Message formats")
def test_every_message_of_itch_has_the_length_of_its_table_and_the_fields_that_the_server_writes():
    lengths = "S12 R39 H25 Y20 L26 V35 W12 K28 J35 h21 A36 F40 E31 C36 X23 D19 U35 P44 Q40 B19 I50 N20 O48 G21"
    assert " ".join(f"{letter}{message.size}" for letter, message in ITCH.outbound.items()) == lengths
    for layout in messages.ITCH.messages:
        sizes = [kind.size for kind in ITCH.outbound[layout.letter].fields.values()]
        assert sizes == [field.kind.size for field in layout.fields]

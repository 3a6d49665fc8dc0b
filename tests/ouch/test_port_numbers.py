"""UserRefNum and UserRefIdx: what uses a number up, what is stale, what a channel keeps apart, what a query tells."""

import pytest

NUMBERS = pytest.mark.section("OUCH 5.0", "2.3 UserRefNum")
CHANNELS = pytest.mark.section("OUCH 5.0", "2.3 UserRefIdx")
QUERY = pytest.mark.section("OUCH 5.0", "3.8 Account Query")

ACCEPTED = "accepted {}: buy 100 ZWZZT at 10.00"


# Numbers rise.


@NUMBERS
def test_the_day_starts_at_1(venue):
    assert venue.query() == ["next 1"]
    assert venue.enter(number=1) == [ACCEPTED.format(1)]


@NUMBERS
def test_numbers_rise_and_gaps_are_fine(venue):
    for number in (1, 2, 10, 11, 5_000_000, 4_294_967_295):
        assert venue.enter(number=number) == [ACCEPTED.format(number)]


@NUMBERS
def test_number_0_is_never_new(venue):
    assert venue.enter(number=0) == []
    assert venue.query() == ["next 1"]


@NUMBERS
@pytest.mark.parametrize("number", [9, 8, 1, 0])
def test_an_order_whose_number_is_not_above_the_last_is_met_with_silence(venue, number):
    venue.enter(number=9)
    before = venue.machine.hash()
    assert venue.enter("sell", 100, "10.00", number=number) == []
    assert venue.machine.hash() == before
    assert venue.query() == ["next 10"]


@NUMBERS
def test_a_stale_order_is_not_refused_whatever_is_wrong_with_it(venue):
    venue.enter(number=9)
    assert venue.enter("buy", 0, 0, "NOSUCH", number=9, display="?", min_qty=7) == []


@NUMBERS
def test_what_was_sent_again_is_not_done_again(venue):
    venue.enter("sell", 100, "10.00", by=venue.OTHER)
    assert len(venue.enter("buy", 60, "10.00", number=1)) == 2
    assert venue.said(venue.OTHER) == ["executed 1: 60 at 10.00 A, trade 1"]
    assert venue.enter("buy", 60, "10.00", number=1) == []
    assert venue.silent()


@NUMBERS
@pytest.mark.parametrize("fault", [{"quantity": 0}, {"symbol": "NOSUCH"}, {"side": "?"}, {"min_qty": 150}])
def test_a_refused_order_burns_its_number(venue, fault):
    assert venue.enter(**fault, number=5)[0].startswith("rejected 5: ")
    assert venue.enter(number=5) == []
    assert venue.query() == ["next 6"]


@NUMBERS
def test_each_port_has_numbers_of_its_own(venue):
    venue.enter(number=100)
    assert venue.enter(number=1, by="IN24T4") == [ACCEPTED.format(1)]
    assert venue.query(by="IN24T4") == ["next 2"]
    assert venue.query() == ["next 101"]


@NUMBERS
def test_labels_need_not_be_unique(venue):
    assert venue.enter(label="SAME") == [ACCEPTED.format(1)]
    assert venue.enter(label="SAME") == [ACCEPTED.format(2)]


# What uses a number up: the request, with number 7, and the next free number afterwards.

REQUESTS = [
    ("enter", {"number": 7}, "next 8"),
    ("replace", {"original": 1, "number": 7}, "next 8"),
    ("mass_cancel", {"number": 7}, "next 8"),
    ("mass_cancel", {"number": 7, "symbol": "NOSUCH"}, "next 8"),
    ("mass_cancel", {"number": 7, "firm": "AKAM"}, "next 8"),
    ("mass_cancel", {"number": 7, "side": "?"}, "next 8"),
    ("disable", {"number": 7}, "next 8"),
    ("disable", {"number": 7, "firm": "AKAM"}, "next 8"),
    ("enable", {"number": 7}, "next 8"),
    ("enable", {"number": 7, "firm": "AKAM"}, "next 8"),
    ("cancel", {"number": 7}, "next 2"),
    ("cancel", {"number": 1}, "next 2"),
    ("modify", {"number": 7, "side": "buy"}, "next 2"),
    ("modify", {"number": 1, "side": "buy"}, "next 2"),
    ("query", {}, "next 2"),
]


@NUMBERS
@pytest.mark.parametrize(("request_", "fields", "answer"), REQUESTS)
def test_which_messages_use_a_number_up(venue, request_, fields, answer):
    venue.enter(number=1)
    getattr(venue, request_)(**fields)
    assert venue.query() == [answer]


@NUMBERS
@pytest.mark.parametrize(
    ("request_", "fields"),
    [(request, fields) for request, fields, answer in REQUESTS if answer == "next 8" and request != "enter"],
)
def test_a_stale_request_is_met_with_silence_whatever_it_asks(venue, request_, fields):
    venue.enter(number=1)
    venue.enter(number=7)
    before = venue.machine.hash()
    assert getattr(venue, request_)(**fields) == []
    assert venue.machine.hash() == before
    assert venue.ignored == [], "what is stale is expected, not noted"


@NUMBERS
def test_a_cancel_does_not_make_the_next_number_stale(venue):
    venue.enter(number=1)
    venue.cancel(1_000)
    assert venue.enter(number=2) == [ACCEPTED.format(2)]


# Channels.


@CHANNELS
@pytest.mark.parametrize("idx", [1, 2, 127, 255])
def test_each_channel_has_numbers_of_its_own(venue, idx):
    venue.enter(number=100)
    assert venue.query(idx=idx) == [f"next 1 28={idx}"]
    assert venue.enter(number=1, idx=idx) == [f"{ACCEPTED.format(1)} 28={idx}"]
    assert venue.enter(number=1, idx=idx) == []
    assert venue.query(idx=idx) == [f"next 2 28={idx}"]
    assert venue.query(idx=idx % 255 + 1) == [f"next 1 28={idx % 255 + 1}"]
    assert venue.query() == ["next 101"]


@CHANNELS
def test_channel_0_is_the_plain_sequence(venue):
    assert venue.enter(number=1, idx=0) == [f"{ACCEPTED.format(1)} 28=0"]
    assert venue.enter(number=1) == []
    assert venue.query(idx=0) == ["next 2"]
    assert venue.cancel(1) == ["canceled 1: 100 U"]


@CHANNELS
def test_all_256_sequences_run_side_by_side(venue):
    for idx in range(256):
        assert venue.enter("buy", 1 + idx, number=1, idx=idx)[0].startswith(f"accepted 1: buy {1 + idx} ")
    for idx in range(256):
        assert venue.cancel(1, idx=idx)[0].startswith(f"canceled 1: {1 + idx} U")


@CHANNELS
@pytest.mark.parametrize("request_", ["mass_cancel", "disable", "enable", "enter"])
def test_a_request_with_a_channel_uses_a_number_of_that_channel(venue, request_):
    getattr(venue, request_)(number=7, idx=5)
    assert venue.query() == ["next 1"]
    assert venue.query(idx=5) == ["next 8 28=5"]


@CHANNELS
@pytest.mark.parametrize(("entered", "asked"), [(5, None), (5, 0), (5, 6), (None, 5), (0, 5)])
def test_an_order_is_found_only_through_the_channel_that_entered_it(venue, entered, asked):
    inside = {} if entered is None else {"idx": entered}
    outside = {} if asked is None else {"idx": asked}
    venue.enter("sell", 100, "10.00", number=1, **inside)
    assert venue.cancel(1, **outside) == []
    assert venue.modify(1, "short", 50, **outside) == []
    assert venue.replace(1, 50, "10.01", number=9, **outside) == []
    assert venue.query(**outside)[0].startswith("next 1"), "a replacement of nothing uses no number"
    assert venue.cancel(1, **inside)[0].startswith("canceled 1: 100 U")


@CHANNELS
def test_the_same_number_names_another_order_in_each_channel(venue):
    venue.enter("buy", 100, "10.00", number=1)
    venue.enter("buy", 200, "9.00", number=1, idx=5)
    assert venue.replace(1, 250, "9.01", number=2, idx=5) == ["replaced 1 by 2: buy 250 ZWZZT at 9.01 28=5"]
    assert venue.cancel(2, idx=5) == ["canceled 2: 250 U 28=5"]
    assert venue.cancel(1) == ["canceled 1: 100 U"]


@CHANNELS
def test_a_refused_order_burns_its_number_in_its_channel_only(venue):
    assert venue.enter("buy", 0, number=1, idx=5) == ["rejected 1: 0x0013 28=5"]
    assert venue.enter(number=1, idx=5) == []
    assert venue.enter(number=1) == [ACCEPTED.format(1)]


# Account Query.


@QUERY
def test_a_query_changes_nothing(venue):
    venue.enter(number=3)
    assert venue.query() == venue.query() == ["next 4"]
    assert venue.enter(number=4) == [ACCEPTED.format(4)]


@QUERY
def test_after_the_highest_number_there_is_no_next_one_and_a_query_does_no_harm(venue):
    venue.enter(number=0xFFFF_FFFF)
    venue.query()
    assert venue.enter(number=0xFFFF_FFFF) == []
    assert venue.enter(number=1, by="IN24T4") == [ACCEPTED.format(1)]


# A stale Replace and its twins stand with Replace.


@NUMBERS
@pytest.mark.section("OUCH 5.0", "4.1 System Event")
def test_the_next_day_starts_at_1_again_in_every_channel(venue):
    venue.enter(number=100)
    venue.enter(number=50, idx=5)
    venue.day("2026-11-23")
    assert venue.said()[-1] == "start of day"
    assert venue.query() == ["next 1"]
    assert venue.query(idx=5) == ["next 1 28=5"]
    assert venue.enter(number=1, idx=5) == [f"{ACCEPTED.format(1)} 28=5"]

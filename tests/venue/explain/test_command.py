"""`portcullis explain`: readable lines, JSON, and what it says where there is nothing to explain."""

import json
import time

import pytest

from ouch import codec
from venue.explain.command import records_of
from venue.explain.replay import explain
from venue.explain.text import lines


@pytest.fixture
def venue(host):
    return host()


@pytest.fixture
def refused(venue, connect):
    """A venue on which orders of IN30T1 were refused, accepted, and met with silence."""
    client = connect(venue, name="IN30T1")
    client.enter(1, cl_ord_id="GOOD")
    client.enter(2, quantity=5_001, price=1_999_900, cl_ord_id="LARGE")
    client.enter(3, symbol="AMD", price=3_000_000, cl_ord_id="3")
    client.send(client.replacement(1, 4, quantity=0))
    client.settle()
    venue.wait_for_disk()
    return venue


def test_the_answer_is_a_few_aligned_lines(refused, portcullis):
    result = portcullis("explain", "IN30T1", "2", "--data", refused.data)
    assert (result.returncode, result.stderr) == (0, "")
    head, *rest = result.stdout.splitlines()
    assert head.startswith("R")
    assert "IN30T1 (INET) at NASDAQ" in head
    assert {line[:9].strip() for line in rest} >= {"asked", "refused", "rule", "holds for", "also", "passes", "market"}
    assert all(line[9:10] == " " and len(line) < 120 for line in rest)
    text = result.stdout
    for fact in ("buy 5,001 AAPL at 199.9900", "ClOrdID LARGE", "0x0031", "MAXIMUM_SHARES", "config-1-max-shares"):
        assert fact in text
    assert "passes    with quantity 5,000\n" in text
    assert "MPID INET · port IN30T1" in text


def test_json_is_the_whole_explanation(refused, portcullis):
    result = portcullis("explain", "IN30T1", "LARGE", "--json", "--data", refused.data)
    explanation = json.loads(result.stdout)
    assert (result.returncode, explanation["check"], explanation["observed"]) == (0, "MAXIMUM_SHARES", 5_001)
    again = portcullis("explain", "IN30T1", explanation["id"], "--json", "--data", refused.data)
    assert json.loads(again.stdout) == explanation


def test_a_label_that_is_a_number_needs_its_option(refused, portcullis):
    plain = portcullis("explain", "IN30T1", "3", "--json", "--data", refused.data)
    label = portcullis("explain", "IN30T1", "3", "--cl-ord-id", "--json", "--data", refused.data)
    assert json.loads(plain.stdout) == json.loads(label.stdout)
    missing = portcullis("explain", "IN30T1", "33", "--data", refused.data)
    assert missing.returncode == 1
    assert "--cl-ord-id" in missing.stderr


def test_a_replace_that_canceled_its_original_is_told_as_such(refused, portcullis):
    result = portcullis("explain", "IN30T1", "4", "--data", refused.data)
    assert result.returncode == 0
    assert "the original was canceled" in result.stdout
    assert "INVALID_QUANTITY" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("IN30T1", "1"), "was accepted"),
        (("IN30T1", "GOOD"), "was accepted"),
        (("IN30T1", "77"), "no order 77 of IN30T1"),
        (("NOBODY", "1"), "no port NOBODY"),
        (("IN30T1", "R1"), "an operation"),
        (("IN30T1", "R99999"), "no record 99999 yet"),
        (("IN30T1", "0"), "from 1 to"),
        (("IN30T1", "1", "--day", "2020-01-01"), "no trading day 2020-01-01"),
    ],
    ids=" ".join,
)
def test_where_there_is_nothing_to_explain_one_line_says_why(refused, portcullis, arguments, says):
    result = portcullis("explain", *arguments, "--data", refused.data)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("portcullis: ")
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_record_is_of_its_port(refused, portcullis):
    result = portcullis("explain", "IN30T1", "2", "--json", "--data", refused.data)
    id_told = json.loads(result.stdout)["id"]
    other = portcullis("explain", "AK01T1", id_told, "--data", refused.data)
    assert other.returncode == 1
    assert f"{id_told} is of IN30T1" in other.stderr


def test_a_directory_without_a_log_is_told_what_to_do(tmp_path, portcullis):
    result = portcullis("explain", "IN30T1", "1", "--data", tmp_path)
    assert result.returncode == 1
    assert "no log" in result.stderr
    assert "memory" in result.stderr


def test_in_memory_mode_the_second_process_has_the_log(tmp_path):
    assert records_of(tmp_path) is None
    for run in ("1-1", "2-1"):
        (tmp_path / "sidecar" / run / "log").mkdir(parents=True)
    assert records_of(tmp_path) == tmp_path / "sidecar" / "2-1"
    (tmp_path / "log").mkdir()
    assert records_of(tmp_path) == tmp_path


def test_a_venue_that_keeps_no_log_is_explained_from_its_second_process(launch, connect, portcullis):
    venue = launch("--durability", "memory", sidecar=True)
    client = connect(venue, name="IN30T1")
    client.enter(1, quantity=5_001)
    client.settle()
    end = time.monotonic() + 30
    while (result := portcullis("explain", "IN30T1", "1", "--data", venue.data)).returncode:
        assert time.monotonic() < end, result.stderr
    assert "MAXIMUM_SHARES" in result.stdout


def test_a_damaged_log_ends_with_its_own_exit_code(refused, portcullis):
    refused.stop()
    (day,) = (refused.data / "log").glob("*.db")
    day.write_bytes(b"")
    result = portcullis("explain", "IN30T1", "2", "--data", refused.data)
    assert result.returncode == 5
    assert "damaged" in result.stderr


def test_usage_is_told_with_examples(portcullis):
    result = portcullis("explain", "--help")
    assert result.returncode == 0
    assert "portcullis explain IN30T1 R123" in result.stdout
    assert portcullis("explain", "IN30T1").returncode == 2
    assert portcullis("explain", "IN30T1", "1", "--channel", "256").returncode == 2


def test_every_kind_of_answer_has_its_lines(venue, connect):
    client = connect(venue, name="IN30T1")
    client.enter(1)
    client.send(
        client.order(2, quantity=0, options=codec.pack_options({codec.TAG_MIN_QTY: 7})),
        client.order(2),
        b"O",
        client.cancel(9),
        client.order(3, symbol="AMD", price=3_000_000),
        *[client.QUERY] * 100,
        client.order(4, quantity=6_000),
    )
    client.take(104)
    venue.wait_for_disk()
    outcomes = set()
    for number in range(1, venue.venue.machine.number + 1):
        try:
            explanation = explain(venue.data, number)
        except Exception:  # noqa: BLE001 - a login or an operation, which other tests look at
            continue
        outcomes.add(explanation.outcome)
        text = list(lines(explanation))
        assert len(text) >= 3
        assert not any("None" in line or "{" in line for line in text), text
    assert outcomes == {"accepted", "rejected", "silent", "ignored", "other"}

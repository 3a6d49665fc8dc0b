"""The file of restricted symbols: which bytes are a list, and which rows of one are skipped."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftpdrop.formats import BYTES_MAX, ROWS_MAX, BadFile, Row, Skipped, is_list, read, result_name
from ftpdrop.loader import COLUMNS, BookName, Books, answer, load

FILES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")
HEADER = "OrderBookId,Symbol,MIC\n"
BOOKS = Books([BookName("101", "ERIC B", "XSTO"), BookName("201", "NOKIA", "XHEL"), BookName("301", "NOVO B", "XCSE")])


def rows(text):
    return read((HEADER + text).encode())


def restricted(text):
    return load(rows(text), BOOKS).order_books


def fate(line):
    """What becomes of one row."""
    loaded = load(rows(f"{line}\n"), BOOKS)
    return loaded.answers[0][2]


@FILES
def test_a_book_is_named_by_its_id_or_its_symbol_and_mic_or_both():
    assert rows(",ERIC B,XSTO\n24271,,\n301,NOVO B,XCSE\n") == [
        Row(2, "", "ERIC B", "XSTO"),
        Row(3, "24271", "", ""),
        Row(4, "301", "NOVO B", "XCSE"),
    ]


@FILES
@pytest.mark.parametrize(
    "text",
    [
        "OrderBookId,Symbol,MIC\n101,,\n,NOKIA,XHEL\n",
        "OrderBookId,Symbol,MIC\r\n101,,\r\n,NOKIA,XHEL\r\n",
        "OrderBookId,Symbol,MIC\n101,,\n,NOKIA,XHEL",
        "\ufeffOrderBookId,Symbol,MIC\n# Nordic\n\n  \n101,,\n,NOKIA,XHEL\n",
        'OrderBookId,Symbol,MIC\n"101","",""\n,"NOKIA","XHEL"\n',
        "OrderBookId,Symbol,MIC\n0101, ERIC B , XSTO\n,NOKIA,XHEL\n",
    ],
)
def test_lines_end_and_cells_are_quoted_as_one_likes(text):
    assert load(read(text.encode()), BOOKS).order_books == ("101", "201")


@FILES
def test_a_list_with_a_header_alone_is_empty():
    assert read(HEADER.encode()) == []
    assert read(HEADER.strip().encode()) == []


@FILES
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty"),
        (b"\n", "its header is ''"),
        (b"101,,\n", "its header is '101,,'"),
        (b"orderbookid,symbol,mic\n", "its header is"),
        (b"OrderBookId;Symbol;MIC\n", "its header is"),
        (b"OrderBookId,Symbol,MIC,\n", "its header is"),
        (b"OrderBookId,Symbol,MI", "its header is"),
        (b"OrderBookId,Symbol,MIC\r101,,\r", "its header is"),
        (HEADER.encode("utf-16"), "it is not UTF-8 text"),
        (HEADER.encode() + b",\xc5,XSTO\n", "it is not UTF-8 text: invalid continuation byte at byte 24"),
        (HEADER.encode() + b"1,,\n" * (ROWS_MAX + 1), "it has more than 20,000 rows"),
        (bytes(BYTES_MAX + 1), "all there may be"),
        (b"\0" * 30, "its header is"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused_as_a_whole(data, why):
    with pytest.raises(BadFile, match=r".") as refused:
        read(data)
    assert why in str(refused.value)


@FILES
def test_a_list_may_have_twenty_thousand_rows():
    assert len(read(HEADER.encode() + b"1,,\n" * ROWS_MAX)) == ROWS_MAX


@FILES
@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("101,,", "restricted"),
        ("999,,", "skipped: there is no order book 999"),
        (",ERIC A,XSTO", "skipped: there is no order book ERIC A at XSTO"),
        (",ERIC B,XHEL", "skipped: there is no order book ERIC B at XHEL"),
        ("201,ERIC B,XSTO", "skipped: order book 201 is NOKIA at XHEL"),
        ("999,ERIC B,XSTO", "skipped: there is no order book 999"),
        ("101,ERIC B,", "skipped: a symbol and a MIC go together"),
        (",,XSTO", "skipped: a symbol and a MIC go together"),
        (",,", "skipped: it names neither an order book id nor a symbol and MIC"),
        ("101", "skipped: it has 1 columns, not 3"),
        ("101,,,", "skipped: it has 4 columns, not 3"),
        ("-1,,", "skipped: '-1' is no order book id"),
        ("1e3,,", "skipped: '1e3' is no order book id"),
        ("\u0661\u0660\u0661,,", "skipped: '\u0661\u0660\u0661' is no order book id"),
        ("99999999999,,", "skipped: '99999999999' is no order book id"),
        ('"101,,', "skipped: it cannot be read: unexpected end of data"),
        ('"101"x,,', "skipped: it cannot be read: ',' expected after '\"'"),
        ("101\0,,", "skipped: it has characters that cannot be printed"),
        ("101,\t,", "skipped: it has characters that cannot be printed"),
    ],
)
def test_a_row_that_names_no_book_is_skipped(line, becomes):
    assert fate(line) == becomes


@FILES
def test_the_other_rows_hold_where_one_is_skipped_or_stands_twice():
    assert restricted('999,,\n301,,\n"\n,NOVO B,XCSE\n,ERIC B,XSTO\n') == ("301", "101")
    loaded = load(rows("301,,\n,NOVO B,XCSE\n"), BOOKS)
    assert loaded.answers[1][2] == "skipped: order book 301 stands in line 2 already"
    assert loaded.skipped == 1


@FILES
def test_the_answer_says_what_became_of_each_row_and_defuses_what_a_spreadsheet_would_run():
    loaded = load(rows('101,,\n=1+1,,\n"=HYPERLINK(1),,\n'), BOOKS)
    assert answer("taken", loaded).decode().splitlines() == [
        ",".join(COLUMNS),
        ",,,,taken",
        "2,101,ERIC B,XSTO,restricted",
        "3,'=1+1,,,skipped: '=1+1' is no order book id",
        '4,"""=HYPERLINK(1),,",,,skipped: it cannot be read: unexpected end of data',
    ]
    assert answer("=refused", None).decode().splitlines()[1] == ",,,,'=refused"


@FILES
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GP29PR_RestrictedSymbols.csv", True),
        ("whatever.csv", True),
        ("GP29PR_RestrictedSymbols.result.csv", False),
        ("GP29PR_RestrictedSymbols.csv.tmp", False),
        (".GP29PR_RestrictedSymbols.csv", False),
        ("notes.txt", False),
    ],
)
def test_a_list_is_told_from_answers_and_uploads_by_its_name(name, expected):
    assert is_list(name) is expected
    assert not is_list(result_name(name))


LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(["101,,", ",ERIC B,XSTO", "301,NOVO B,XCSE", '"', "#", "", "\r", "201,,,"]),
    ),
    max_size=12,
)


@FILES
@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.binary(max_size=80), LINES.map(lambda lines: (HEADER + "\n".join(lines)).encode("utf-8", "replace")))
)
def test_any_bytes_are_a_list_of_books_that_there_are_or_refused(data):
    try:
        found = read(data)
    except BadFile:
        return
    assert all(isinstance(row, (Row, Skipped)) for row in found)
    loaded = load(found, BOOKS)
    assert set(loaded.order_books) <= set(BOOKS.by_id)
    assert len(set(loaded.order_books)) == len(loaded.order_books)
    assert len(loaded.answers) == len(found)
    told = list(csv.reader(answer("taken", loaded).decode().splitlines(), strict=True))
    assert len(told) == len(found) + 2
    assert not any(cell.startswith(tuple("=+-@")) for row in told for cell in row)

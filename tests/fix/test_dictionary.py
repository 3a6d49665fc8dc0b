"""The tables of the standard's versions, and the language that they and the dialects are written in."""

import pytest

from fix.codec import DATA_TAGS
from fix.dictionary import FIXT, VERSIONS, Dictionary, dictionaries
from fix.formats import FORMATS
from fix.shape import every_tag

SESSION = {"0", "1", "2", "3", "4", "5", "A"}
ORDER_ENTRY = {"D", "F", "G", "8", "9"}


def both(version):
    return set(dictionaries(version))


def tags(*numbers):
    return [b"%d" % number for number in numbers]


def small(text, version="FIX.4.2"):
    dictionary = Dictionary()
    dictionary.add(text, version)
    return dictionary


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_the_sessions_messages_and_those_of_order_entry(version):
    session, application = dictionaries(version)
    assert {name.encode() for name in SESSION} <= set(session.types)
    assert all(session.types[name.encode()].is_admin for name in SESSION)
    assert {name.encode() for name in ORDER_ENTRY} <= set(application.types)
    assert not any(application.types[name.encode()].is_admin for name in ORDER_ENTRY)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dialect", ["inet", "flite", "nordic"])
def test_every_message_of_a_dialect_is_made_of_fields_that_there_are_in_that_version(dialect, version):
    session, application = dictionaries(version, dialect)
    assert every_tag(session.header) | every_tag(session.trailer) <= set(session.tags())
    for dictionary in (session, application):
        for msg_type in dictionary.types:
            assert every_tag(dictionary.composition(msg_type)) <= set(dictionary.tags()), msg_type


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_is_made_of_fields_that_the_version_has_of_types_that_have_a_check(version):
    session, application = dictionaries(version)
    for dictionary in (session, application):
        header = every_tag(session.header) | every_tag(session.trailer)
        assert header <= set(session.tags())
        for msg_type in dictionary.types:
            assert every_tag(dictionary.composition(msg_type)) <= set(dictionary.tags()), msg_type
        for tag in dictionary.tags():
            said = dictionary.field(tag)
            assert said.name.isidentifier()
            assert all(FORMATS[said.kind](value) for value in said.values), said


@pytest.mark.parametrize("version", VERSIONS)
def test_no_tag_is_both_in_the_header_and_in_a_body(version):
    session, application = dictionaries(version)
    edges = every_tag(session.header) | every_tag(session.trailer)
    for dictionary in (session, application):
        for msg_type in dictionary.types:
            assert not edges & set(dictionary.composition(msg_type).fields), msg_type


@pytest.mark.parametrize(
    ("version", "required"),
    [
        ("FIX.4.0", (11, 21, 38, 40, 54, 55)),
        ("FIX.4.1", (11, 21, 40, 54, 55)),
        ("FIX.4.2", (11, 21, 40, 54, 55, 60)),
        ("FIX.4.4", (11, 40, 54, 55, 60)),
        (FIXT, (11, 40, 54, 60)),
    ],
)
def test_what_a_new_order_must_have_differs_by_version(version, required):
    composition = dictionaries(version)[1].composition(b"D")
    assert sorted((tag for tag, needed in composition.fields.items() if needed), key=int) == tags(*required)


def test_groups_are_known_with_their_members_in_order():
    entry = dictionaries("FIX.4.4")[1].composition(b"D").groups[b"453"]
    assert list(entry.fields) == tags(448, 447, 452, 802)
    assert list(entry.groups[b"802"].fields) == tags(523, 803)


def test_the_header_of_fixt_has_a_group_of_hops():
    assert list(dictionaries(FIXT)[0].header.groups[b"627"].fields) == tags(628, 629, 630)


def test_reject_reasons_of_fix_42_end_at_eleven():
    reasons = dictionaries("FIX.4.2")[0].field(b"373").values
    assert reasons == {b"%d" % number for number in range(12)}


def test_session_and_application_of_fix_50_know_different_fields():
    session, application = dictionaries(FIXT)
    assert session is not application
    assert not session.has_field(b"55")
    assert application.has_field(b"55")


@pytest.mark.parametrize("version", VERSIONS)
def test_raw_data_is_told_from_its_length_in_every_version(version):
    for dictionary in both(version):
        for tag in dictionary.tags():
            if dictionary.field(tag).kind == "DATA" and int(tag) < 700:
                assert tag in DATA_TAGS.values()
            if tag in DATA_TAGS:
                assert dictionary.field(tag).kind == "LENGTH"
                assert dictionary.field(DATA_TAGS[tag]).kind in {"DATA", "XMLDATA"}


# The language.

TABLES = """
# What a test says.
[header]
8! 35! 627(628 629)
[trailer]
10!
[messages]
0 Heartbeat admin 112
D NewOrderSingle app 11! @Instrument! @Parties
  60
[components]
Instrument 55! 65
Parties 453(448! 447
  802(523!))
[fields]
11 ClOrdID STRING/14
54 Side CHAR 1 2
  5 6
[fields FIX.4.4]
60 TransactTime UTCTIMESTAMP
"""


def test_a_line_that_begins_with_a_space_goes_on_with_the_one_before():
    dictionary = small(TABLES)
    assert dictionary.field(b"54").values == {b"1", b"2", b"5", b"6"}
    assert list(dictionary.composition(b"D").fields) == tags(11, 55, 65, 453, 60)


def test_a_component_requires_something_only_where_it_is_required_itself():
    fields = small(TABLES).composition(b"D").fields
    assert [tag for tag, needed in fields.items() if needed] == tags(11, 55)
    assert not small(TABLES.replace("@Instrument!", "@Instrument")).composition(b"D").fields[b"55"]


def test_what_an_entry_requires_is_required_in_every_entry():
    entry = small(TABLES).composition(b"D").groups[b"453"]
    assert entry.fields == {b"448": True, b"447": False, b"802": False}
    assert entry.groups[b"802"].fields == {b"523": True}


def test_a_section_may_be_for_some_versions_only():
    assert not small(TABLES).has_field(b"60")
    assert small(TABLES, "FIX.4.4").has_field(b"60")


def test_a_type_may_bound_the_length():
    assert small(TABLES).field(b"11").length_max == 14
    assert small(TABLES).field(b"54").length_max == 0


def test_later_rows_stand_in_for_earlier_ones_and_a_header_is_added_to():
    dictionary = small(TABLES)
    assert dictionary.composition(b"D").fields[b"11"]
    dictionary.add("[header]\n9303\n[messages]\nD NewOrderSingle app 11\n[fields]\n54 Side CHAR 1\n", "FIX.4.2")
    assert dictionary.composition(b"D").fields == {b"11": False}
    assert dictionary.field(b"54").values == {b"1"}
    assert list(dictionary.header.fields) == tags(8, 35, 627, 9303)
    assert set(dictionary.types) == {b"0", b"D"}


def test_a_section_that_the_language_does_not_have_is_said():
    with pytest.raises(ValueError, match="no section of a dictionary: feilds"):
        small("[feilds]\n1 Account STRING\n")

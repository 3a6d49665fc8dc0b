"""All faults of a configuration file are told in one pass, each with its line; `parse` raises one of them."""

import random

import pytest
from click.testing import CliRunner
from test_config import BAD

from venue import config
from venue.config import ConfigError
from venue.config_commands import config_check
from venue.config_faults import all_faults, lines_of

SAMPLE = config.sample()


def spoiled(*changes):
    """The sample with these changes."""
    text = SAMPLE
    for old, new, _ in changes:
        text = text.replace(old, new, 1) if old else text + new
    return text


def first(text):
    """What `parse` says of it."""
    with pytest.raises(ConfigError) as error:
        config.parse(text)
    return error.value


def test_a_sound_file_has_none():
    assert all_faults(SAMPLE) == []


@pytest.mark.parametrize("part", range(2))
def test_the_fault_that_parse_raises_is_among_them(part):
    for change in BAD[part::8]:
        text = spoiled(change)
        raised = first(text)
        assert (raised.key, str(raised)) in [(fault.key, str(fault)) for _, fault in all_faults(text)], change


def test_the_command_prints_a_line_for_each(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text(spoiled(("port_base = 7400", "port_base = -1", ""), ('key = "bx"', 'key = "nyse"', "")))
    result = CliRunner().invoke(config_check, [str(file)], standalone_mode=False)
    assert result.return_value == 3
    told = result.stderr.splitlines()
    assert [line.split(": ")[3] for line in told] == ["venue.port_base", "market[1].key"]
    assert all(line.startswith(f"portcullis: bad configuration: {file}:") for line in told)


def test_whatever_faults_a_file_has_together_nothing_is_raised_and_each_has_a_line():
    choose = random.Random(5)
    for _ in range(30):
        chosen = choose.sample(BAD, 4)
        text = spoiled(*chosen)
        found = all_faults(text)
        assert found, chosen
        assert all(0 <= line <= len(text.splitlines()) for line, _ in found)


def test_faults_of_values_are_told_for_every_table_and_key():
    text = spoiled(
        ("port_base = 7400", 'port_base = "7400"\nportbase = 1', ""),
        ('durability = "disk"', 'durability = "tape"', ""),
        ('name = "IN19T6"', 'name = "in19t6"', ""),
        ('key = "bx"', 'key = "nyse"', ""),
        ("[account.limits.EUR]", "[account.limit.EUR]", ""),
        ('symbol = "MSFT"', "", ""),
    )
    found = {fault.key: (line, str(fault)) for line, fault in all_faults(text)}
    assert set(found) == {
        "venue.port_base",
        "venue.portbase",
        "venue.durability",
        "port[0].name",
        "market[1].key",
        "account[0].limit",
        "symbol[1].symbol",
    }
    lines = text.splitlines()
    for key, written in (
        ("venue.port_base", "port_base"),
        ("venue.portbase", "portbase"),
        ("port[0].name", 'name = "in19t6"'),
        ("market[1].key", 'key = "nyse"'),
        ("account[0].limit", "[account.limit.EUR]"),
    ):
        assert lines[found[key][0] - 1].startswith(written), key
    assert "did you mean limits?" in found["account[0].limit"][1]
    assert lines[found["symbol[1].symbol"][0] - 1].startswith("[[symbol]]")


def test_faults_between_tables_are_told_together():
    text = spoiled(
        ('service = "ouch.bx"', 'service = "ouch.by"', ""),
        ('luld = ["190.0000", "210.0000"]', 'luld = ["210.0000", "190.0000"]', ""),
        ('timezone = "America/New_York"', 'timezone = "America/New_Yorck"', ""),
        ("restricted_symbols = [301]", "restricted_symbols = [301, 999]", ""),
    )
    keys = [fault.key for _, fault in all_faults(text)]
    assert {"market[0].timezone", "symbol[0].luld", "account[3].restricted_symbols[1]"} <= set(keys)
    assert [key for key in keys if key.endswith(".service")]


def test_what_is_no_toml_is_told_with_its_line():
    ((line, fault),) = all_faults("[venue]\nport_base = = 1\n")
    assert (line, fault.key) == (2, "")
    assert "not TOML" in str(fault)


def test_entries_within_entries_are_counted_by_their_parents():
    text = '[[a]]\nx = 1\n[[a.b]]\ny = 1\n[[a.b]]\n[[a]]\n[[a.b]]\n"y" = 2\n[a.c."D E"]\nz.w = 3\n'
    assert lines_of(text) == {
        "a": 1,
        "a[0]": 1,
        "a[0].x": 2,
        "a[0].b": 3,
        "a[0].b[0]": 3,
        "a[0].b[0].y": 4,
        "a[0].b[1]": 5,
        "a[1]": 6,
        "a[1].b": 7,
        "a[1].b[0]": 7,
        "a[1].b[0].y": 8,
        "a[1].c": 9,
        "a[1].c.DE": 9,
        "a[1].c.DE.z.w": 10,
    }

"""What is generated is what is committed, and it is good code."""

import subprocess
import sys

import pytest

import fix.generate
import itchproto.generate
import ouch.generate
import prmproto.generate
import rash.generate
from itchproto import codes as itch_codes
from ouch import codes, nordic_codes
from ouch.messages import EnterOrder, RejectReason, Side
from prmproto import codes as prm_codes
from rash import codes as rash_codes
from wire.generate_files import ROOT, enumerations

FILES = [
    pytest.param(package.generate.FILES, id=package.__name__) for package in (fix, itchproto, ouch, prmproto, rash)
]
LISTS = {
    "itch-messages": itch_codes,
    "ouch-messages": codes,
    "ouch-nordic-messages": nordic_codes,
    "prm-messages": prm_codes,
    "rash-messages": rash_codes,
    "rash-10-messages": rash_codes,
}


@pytest.mark.parametrize("files", FILES)
def test_committed_files_follow_from_the_declarations(files):
    assert files.stale() == [], f"run `{files.command}`"


@pytest.mark.parametrize("files", FILES)
def test_check_names_the_stale_file_and_writes_nothing(files, tmp_path, capsys):
    assert files.main([], root=tmp_path) == 0
    assert files.main(["--check"], root=tmp_path) == 0
    name = next(iter(files.texts()))
    (tmp_path / name).write_text("# edited by hand\n")
    capsys.readouterr()

    assert files.main(["--check"], root=tmp_path) == 1

    assert capsys.readouterr().out == f"{name} is stale\n"
    assert (tmp_path / name).read_text() == "# edited by hand\n"
    assert files.main([], root=tmp_path) == 0
    assert files.stale(tmp_path) == []


def test_the_command_is_what_the_files_say_it_is():
    command = rash.generate.COMMAND.removeprefix("python ").split()
    assert subprocess.run([sys.executable, *command, "--check"], check=False, cwd=ROOT).returncode == 0


def test_generated_codecs_are_as_the_formatter_leaves_them():
    codecs = [name for param in FILES for name in param.values[0].texts() if name.endswith(".py")]
    assert "ouch/codec.py" in codecs
    command = [sys.executable, "-m", "ruff", "format", "--check", *codecs]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", LISTS)
def test_every_list_of_values_is_on_the_page(name):
    page = (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    for values in enumerations(LISTS[name]):
        assert f"### {values.__name__}\n" in page
        for member in values:
            assert f"`{member.name}`" in page


def test_the_page_of_us_ouch_has_lists_options_and_what_messages_are_for():
    page = (ROOT / "docs/ouch-messages.md").read_text(encoding="utf-8")
    assert {Side, RejectReason} <= set(enumerations(codes))
    assert "| 45     | 2      | `appendage_length`" in page
    assert EnterOrder.__doc__ in page

"""The table of the command line: each command is loaded when it is called, and told of before."""

import subprocess
import sys

import click
import pytest

from venue import cli


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_load_nothing_of_what_a_command_needs(option):
    ours = ("asyncio", "conformance", "engine", "fix", "msgspec", "ouch", "prmproto", "rash", "uvloop", "venue", "wire")
    code = (
        "import sys; from venue import cli\n"
        "try: cli.main()\n"
        "finally: print(*(name for name, module in sys.modules.items() if not hasattr(module, '__path__')"
        f" and name.split('.')[0] in {ours}), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code, option], capture_output=True, text=True, check=True)
    assert run.stdout
    assert set(run.stderr.split()) == {"venue.cli", "venue.build", "venue.exits"}


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_help_names_each_command_with_the_sentence_that_its_own_begins_with(name):
    loaded = cli.cli.get_command(None, name)
    assert loaded.name == name
    said = click.Command(name, help=cli.COMMANDS[name].help)
    assert said.get_short_help_str(1_000) == loaded.get_short_help_str(1_000)

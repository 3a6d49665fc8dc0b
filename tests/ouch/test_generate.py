"""What is generated is what is committed, and it is good code."""

import subprocess
import sys
from pathlib import Path

from ouch import codes, generate
from ouch.messages import EnterOrder, RejectReason, Side
from wire.generate_files import ROOT, enumerations


def test_committed_files_follow_from_the_declarations():
    assert generate.FILES.stale() == [], "run `python -m ouch.generate`"


def test_check_names_the_stale_file_and_writes_nothing(tmp_path, capsys):
    assert generate.FILES.main([], root=tmp_path) == 0
    assert generate.FILES.main(["--check"], root=tmp_path) == 0
    codec = tmp_path / "ouch" / "codec.py"
    codec.write_text("# edited by hand\n")
    capsys.readouterr()

    assert generate.FILES.main(["--check"], root=tmp_path) == 1

    assert capsys.readouterr().out == "ouch/codec.py is stale\n"
    assert codec.read_text() == "# edited by hand\n"
    assert generate.FILES.main([], root=tmp_path) == 0
    assert generate.FILES.stale(tmp_path) == []


def test_generated_codec_is_as_the_formatter_leaves_it():
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", "ouch/codec.py"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_list_of_values_is_on_the_page():
    page = Path(ROOT, "docs/ouch-messages.md").read_text(encoding="utf-8")
    lists = enumerations(codes)
    assert Side in lists
    assert RejectReason in lists
    for values in lists:
        assert f"### {values.__name__}\n" in page
        for member in values:
            assert f"`{member.name}`" in page
    assert "| 45     | 2      | `appendage_length`" in page
    assert EnterOrder.__doc__ in page

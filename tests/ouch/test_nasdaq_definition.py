"""Nasdaq's own client library, fed with our definition, writes what our codec reads and reads what it writes."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ouch import codec
from ouch.messages import IN, OUCH
from wire.generate_files import ROOT

pytest.importorskip("nasdaq_protocols")

GOLDEN = [r for r in json.loads((Path(__file__).parent / "vectors.json").read_text()) if r["case"] != "options"]
WITH_OPTIONS = [r for r in json.loads((Path(__file__).parent / "vectors.json").read_text()) if r["case"] == "options"]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Classes that the library's own generator makes from the definition."""
    folder = tmp_path_factory.mktemp("nasdaq")
    command = Path(sys.executable).with_name("nasdaq-ouch-codegen")
    arguments = ["--spec-file", ROOT / "ouch" / "ouch50.xml", "--app-name", "portcullis", "--op-dir", folder]
    subprocess.run([command, *arguments], check=True, capture_output=True)
    spec = importlib.util.spec_from_file_location("ouch_portcullis", folder / "ouch_portcullis.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def class_name(row):
    return next(m.record.__name__ for m in OUCH.messages if m.title.lower().replace(" ", "_") == row["message"])


def build(library, row):
    """Fill the library's message; its bytes then end in an Appendage Length, be it 0."""
    message = getattr(library, class_name(row))()
    for name, value in row["fields"].items():
        setattr(message, name, value)
    return message


@pytest.mark.parametrize("row", GOLDEN, ids=lambda r: f"{r['message']}-{r['case']}")
def test_library_writes_a_form_that_our_codec_reads(library, row):
    data = bytes.fromhex(row["hex"])
    table = codec.UNPACK_INBOUND if row["direction"] == IN else codec.UNPACK_OUTBOUND

    written = build(library, row).to_bytes()[1]

    assert written in {data, data + b"\0\0"}
    assert table[written[0]](written) == table[data[0]](data)


@pytest.mark.parametrize("row", WITH_OPTIONS, ids=lambda r: r["message"])
def test_library_carries_options_as_the_bytes_of_the_appendage(library, row):
    data = bytes.fromhex(row["hex"])
    appendage = (codec.UNPACK_INBOUND if row["direction"] == IN else codec.UNPACK_OUTBOUND)[data[0]](data)[-1]
    message = build(library, row)
    message.appendage = list(appendage)
    assert message.to_bytes()[1] == data


@pytest.mark.parametrize(
    "row", [r for r in GOLDEN + WITH_OPTIONS if r["direction"] == "out"], ids=lambda r: f"{r['message']}-{r['case']}"
)
def test_library_session_reads_what_our_codec_writes(library, row):
    data = bytes.fromhex(row["hex"])

    _, message = library.ClientSession.decode(data)

    assert type(message).__name__ == class_name(row)
    assert {name: getattr(message, name) for name in row["fields"]} == row["fields"]
    if row["message"] != "system_event":
        assert bytes(message.appendage) == codec.UNPACK_OUTBOUND[data[0]](data)[-1]

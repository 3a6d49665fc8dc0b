"""`portcullis explain`: why an order was refused, from the log of a venue, running or not."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import click
import msgspec

from venue.explain.answer import Explanation
from venue.explain.find import Order, explain_order
from venue.explain.replay import explain as explain_record
from venue.explain.text import lines
from venue.last_started import last_started
from venue.problem import Problem

REJECT_ID = re.compile(r"R[0-9]{1,18}")
FAILED = 1


def records_of(data: Path) -> Path | None:
    """Give where a venue's log lies: in its directory, or in `memory` mode with its second process; None: nowhere."""
    if (data / "log").is_dir():
        return data
    runs = sorted((data / "sidecar").glob("*/log"))
    return runs[-1].parent if runs else None


def ask(records: Path, port: str, ref: str, channel: int, *, is_label: bool, day: date | None) -> Explanation:
    """Explain what PORT and REF name. Raises `Problem`, `LogDamaged`."""
    if not is_label and REJECT_ID.fullmatch(ref):
        explanation = explain_record(records, int(ref[1:]))
        if explanation.port != port:
            raise Problem(404, f"{ref} is of {explanation.port}, not of {port}", "port")
        return explanation
    if is_label or not (ref.isascii() and ref.isdecimal()):
        return explain_order(records, Order(port, cl_ord_id=ref, day=day))
    return explain_order(records, Order(port, int(ref[:18]), channel, day=day))


@click.command("explain")
@click.option("--data", "data", type=click.Path(path_type=Path, file_okay=False), help="The venue's directory.")
@click.option("--json", "as_json", is_flag=True, help="The whole explanation as JSON.")
@click.option("--cl-ord-id", "is_label", is_flag=True, help="REF is a ClOrdID, also where it looks like a number.")
@click.option("--channel", type=click.IntRange(0, 255), default=0, help="The UserRefIdx that the number counts in.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The trading day; without it the newest that has it.")
@click.argument("port")
@click.argument("ref")
def explain(
    data: Path | None,
    port: str,
    ref: str,
    channel: int,
    day: datetime | None,
    *,
    as_json: bool,
    is_label: bool,
) -> int:
    """Say why an order was refused: which check, by how much, and what would pass.

    PORT is the user name; REF is the UserRefNum, a ClOrdID or token, or the id that `portcullis tail` prints.

    \b
    Examples:
      portcullis explain IN30T1 7
      portcullis explain IN30T1 R123
      portcullis explain IN30T1 MYORDER1 --day 2026-11-20
      portcullis explain IN30T1 7 --json --data /tmp/venue
    """
    directory = last_started(data)
    records = records_of(directory)
    if records is None:
        click.echo(
            f"portcullis: there is no log in {directory}; a venue of memory durability keeps one only while its http "
            "service runs",
            err=True,
        )
        return FAILED
    try:
        found = ask(records, port, ref, channel, is_label=is_label, day=day.date() if day else None)
    except Problem as problem:
        hint = "; a ClOrdID that is a number is found with --cl-ord-id" if ref.isdecimal() and not is_label else ""
        click.echo(f"portcullis: {problem}{hint if problem.status == 404 else ''}", err=True)
        return FAILED
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        for line in lines(found):
            click.echo(line)
    return 0

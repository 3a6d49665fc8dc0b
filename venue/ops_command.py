"""The command `portcullis ops`: a call of the operations interface, to a venue of this machine."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from venue.control import Response, Verb, ask
from venue.exits import DATA, FAILED, say
from venue.last_started import last_started


@click.command()
@DATA
@click.option("--verb", type=click.Choice(["GET", "POST", "PUT", "DELETE"]), help="Which call of the path is meant.")
@click.argument("name")
@click.argument("body", required=False, metavar="[JSON]")
def ops(data: Path | None, verb: Verb | None, name: str, body: str | None) -> int:
    """Ask a running venue: NAME is a path with its values filled in; without JSON it looks, with JSON it changes.

    \b
    Examples:
      portcullis ops ports
      portcullis ops 'orders?port=IN19T6'
      portcullis ops books/nasdaq/AAPL
      portcullis ops phase '{"venue": "nasdaq", "book": "AAPL", "phase": "HALT"}'
      portcullis ops books/nasdaq/AAPL/prices '{"last": "201.50", "offer": null}'
      portcullis ops trades/nasdaq/1/bust '{"reason": "E"}'
      portcullis ops ports/IN30T1/release '{}'
      portcullis ops trading-day/next '{}'
      portcullis ops --verb DELETE clients/desk-1
    """
    try:
        decoded = msgspec.UNSET if body is None else msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="JSON") from None
    directory = last_started(data)
    try:
        response: Response = ask(directory, name, decoded, verb or "")
    except (FileNotFoundError, ConnectionRefusedError):
        last = "" if data else " (the one started last; name another with --data)"
        return say(FAILED, f"no venue runs on {directory}{last}")
    click.echo(msgspec.json.format(msgspec.json.encode(response.body), indent=2).decode())
    return 0 if response.status < 400 else FAILED

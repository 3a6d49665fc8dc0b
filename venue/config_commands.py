"""The commands `portcullis config`: a sample, a check, what a file comes to, the hash of a password.

Data goes to stdout, everything else to stderr. What is wrong is raised, for `venue.cli` to say.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec
import tomli_w

from venue import config as configuration
from venue.config_faults import all_faults
from venue.exits import BAD_CONFIGURATION, say
from venue.hints import HINTS
from venue.http_settings import ClientSecret, PersonPassword
from venue.passwords import hash_password
from venue.service_settings import Password
from venue.tls import server_context

LONGEST_LINE = 200
SECRETS: dict[str, tuple[str, Any, str]] = {
    "port": ("password", Password, "password"),
    "client": ("secret", ClientSecret, "client.secret"),
    "person": ("password", PersonPassword, "person.password"),
}
"""What each is called, what it must look like, and where that is said in words."""


@click.group()
def config() -> None:
    """Print a sample configuration, check one, show what it comes to, or hash a password for one.

    \b
    Examples:
      portcullis config init > my.toml
      portcullis config check my.toml
      portcullis config hash
    """


@config.command("init")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def config_init(file: Path | None) -> None:
    """Print a commented configuration, the demo's, or write it to a new FILE.

    \b
    Examples:
      portcullis config init > my.toml
      portcullis config init my.toml
    """
    if file is None:
        click.echo(configuration.sample(), nl=False)
        return
    with file.open("x", encoding="utf-8") as new:
        new.write(configuration.sample())
    click.echo(f"portcullis: wrote {file}; `portcullis serve --config {file}` runs it", err=True)


@config.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def config_check(file: Path | None) -> int:
    """Check a configuration (the demo's without FILE); where it is bad, exit code 3 and each fault by line and key.

    \b
    Example:
      portcullis config check my.toml
    """
    found = all_faults(configuration.read(file) if file else configuration.sample())
    for line, fault in found:
        place = f"{file or 'the demo'}:{line}: " if line else ""
        say(BAD_CONFIGURATION, f"bad configuration: {place}{fault}")
    if found:
        return BAD_CONFIGURATION
    checked = configuration.load(file) if file else configuration.parse(configuration.sample())
    server_context(checked)
    click.echo(
        f"{file or 'the demo'}: fine. {len(checked.service)} services, {len(checked.port)} ports, "
        f"{len(checked.symbol)} symbols, {len(checked.rule)} rules, "
        f"{len(checked.book)} order books, {len(checked.account)} accounts, "
        f"{len(checked.client)} clients, {len(checked.person)} people"
    )
    return 0


@config.command("show")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def config_show(file: Path | None) -> None:
    """Print a configuration (the demo's without FILE) with every default filled in.

    \b
    Example:
      portcullis config show my.toml
    """
    shown = configuration.load(file) if file else configuration.parse(configuration.sample())
    plain = msgspec.to_builtins(shown, builtin_types=(Decimal,))
    click.echo(tomli_w.dumps(_without_nulls(plain)), nl=False)


@config.command("hash")
@click.option(
    "--for",
    "whose",
    type=click.Choice(["port", "client", "person"]),
    default="port",
    help="Whose it is (default port).",
)
def config_hash(whose: str) -> None:
    """Hash a password or secret: asked for at a terminal, else the first line of stdin; never an argument.

    A port's is hashed in upper case, as SoupBinTCP has it; a client's or a person's as it is.

    \b
    Examples:
      portcullis config hash
      portcullis config hash < password.txt
      portcullis config hash --for client < secret.txt
    """
    if sys.stdin is None:
        raise click.UsageError("there is no stdin to read a password from")
    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.buffer.readline(LONGEST_LINE).decode("ascii", "replace").rstrip("\r\n")
    what, type_, hint = SECRETS[whose]
    try:
        msgspec.convert(password, type_)
    except msgspec.ValidationError:
        raise click.UsageError(f"a {what} is {HINTS[hint]}") from None
    click.echo(hash_password(password, exact=whose != "port"))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(part) for part in value]
    return value

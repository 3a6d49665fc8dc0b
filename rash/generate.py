"""Rewrite what follows from the tables of RASHport: `python -m rash.generate`, or `--check` to ask only.

Run it from a source tree; the pages and the vectors lie outside the package.
"""

import argparse
import sys
from pathlib import Path

from rash import codes, messages
from wire import generate
from wire.record import Code, NumberCode

COMMAND = "python -m rash.generate"
ROOT = Path(__file__).resolve().parent.parent


def enumerations() -> tuple[type[Code] | type[NumberCode], ...]:
    """Every list of letters or numbers that the messages use, as they stand in the module of codes."""
    found = [value for value in vars(codes).values() if isinstance(value, type)]
    return tuple(e for e in found if issubclass(e, Code | NumberCode) and e not in {Code, NumberCode})


def texts() -> dict[str, str]:
    """Each generated file, by its path from the root."""
    new, old = messages.RASH, messages.RASH_10
    return {
        "rash/codec.py": generate.codec(new, COMMAND),
        "docs/rash-messages.md": generate.reference(new, COMMAND, enumerations()),
        "tests/rash/vectors.json": generate.vectors(new),
        "rash/codec_10.py": generate.codec(old, COMMAND),
        "docs/rash-10-messages.md": generate.reference(old, COMMAND, enumerations()),
        "tests/rash/vectors_10.json": generate.vectors(old),
    }


def stale(root: Path = ROOT) -> list[str]:
    """Name the generated files that are not as the declarations would have them."""
    return [
        name
        for name, text in texts().items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the stale files, or with `--check` name them and return 1."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Generate what follows from the tables of messages.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
    check = parser.parse_args(arguments).check
    behind = stale(root)
    for name in behind:
        if not check:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(texts()[name], encoding="utf-8")
        print(f"{name} is stale" if check else f"wrote {name}")  # noqa: T201 -- a command's answer
    return 1 if check and behind else 0


if __name__ == "__main__":
    sys.exit(main())

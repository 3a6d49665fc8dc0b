"""What each protocol's `generate.py` does with its texts: find the files that are stale, and write or name them."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from wire.record import Code, NumberCode

ROOT = Path(__file__).resolve().parent.parent
"""The source tree: pages and vectors lie outside the packages."""


def enumerations(module: ModuleType) -> tuple[type[Code] | type[NumberCode], ...]:
    """Every list of letters or numbers that a dialect's messages use, as they stand in its module of codes."""
    found = [value for value in vars(module).values() if isinstance(value, type)]
    return tuple(e for e in found if issubclass(e, Code | NumberCode) and e not in {Code, NumberCode})


class Files(NamedTuple):
    """The files that a command generates: `texts` gives each by its path from the root."""

    command: str
    texts: Callable[[], Mapping[str, str]]

    def stale(self, root: Path = ROOT) -> list[str]:
        """Name the files that are not as the declarations would have them."""
        return [
            name
            for name, text in self.texts().items()
            if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
        ]

    def main(self, arguments: list[str] | None = None, root: Path = ROOT) -> int:
        """Write the stale files, or with `--check` name them and return 1."""
        parser = argparse.ArgumentParser(prog=self.command, description="Generate what follows from the tables.")
        parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is stale")
        check = parser.parse_args(arguments).check
        texts, behind = self.texts(), self.stale(root)
        for name in behind:
            if not check:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(texts[name], encoding="utf-8")
            sys.stdout.write(f"{name} is stale\n" if check else f"wrote {name}\n")
        return 1 if check and behind else 0

"""Rewrite what follows from the tables of ITCH: `python -m itchproto.generate`, or `--check` to ask only.

Run it from a source tree; the page and the vectors lie outside the package.
"""

import sys

from itchproto import codes, messages
from wire import generate
from wire.generate_files import Files, enumerations

COMMAND = "python -m itchproto.generate"


def texts() -> dict[str, str]:
    """Each generated file, by its path from the root."""
    return {
        "itchproto/codec.py": generate.codec(messages.ITCH, COMMAND, is_compiled=False),
        "docs/itch-messages.md": generate.reference(messages.ITCH, COMMAND, enumerations(codes)),
        "tests/itchproto/vectors.json": generate.vectors(messages.ITCH),
    }


FILES = Files(COMMAND, texts)


if __name__ == "__main__":
    sys.exit(FILES.main())

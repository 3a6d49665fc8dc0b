"""Rewrite what follows from the tables of the PRM protocol: `python -m prmproto.generate`, or `--check` to ask only.

Run it from a source tree; the page and the vectors lie outside the package.
"""

import sys

from prmproto import codes, messages
from wire import generate
from wire.generate_files import Files, enumerations

COMMAND = "python -m prmproto.generate"


def texts() -> dict[str, str]:
    """Each generated file, by its path from the root."""
    return {
        "prmproto/codec.py": generate.codec(messages.PRM, COMMAND),
        "docs/prm-messages.md": generate.reference(messages.PRM, COMMAND, enumerations(codes)),
        "tests/prmproto/vectors.json": generate.vectors(messages.PRM),
    }


FILES = Files(COMMAND, texts)


if __name__ == "__main__":
    sys.exit(FILES.main())

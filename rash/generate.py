"""Rewrite what follows from the tables of RASHport: `python -m rash.generate`, or `--check` to ask only.

Run it from a source tree; the pages and the vectors lie outside the package.
"""

import sys

from rash import codes, messages
from wire import generate
from wire.generate_files import Files, enumerations

COMMAND = "python -m rash.generate"


def texts() -> dict[str, str]:
    """Each generated file, by its path from the root."""
    new, old = messages.RASH, messages.RASH_10
    return {
        "rash/codec.py": generate.codec(new, COMMAND),
        "docs/rash-messages.md": generate.reference(new, COMMAND, enumerations(codes)),
        "tests/rash/vectors.json": generate.vectors(new),
        "rash/codec_10.py": generate.codec(old, COMMAND),
        "docs/rash-10-messages.md": generate.reference(old, COMMAND, enumerations(codes)),
        "tests/rash/vectors_10.json": generate.vectors(old),
    }


FILES = Files(COMMAND, texts)


if __name__ == "__main__":
    sys.exit(FILES.main())

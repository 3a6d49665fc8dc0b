"""Rewrite what follows from the tables of both dialects: `python -m ouch.generate`, or `--check` to ask only.

Run it from a source tree; the pages and the vectors lie outside the packages.
"""

import sys

from ouch import codes, messages, nordic_codes, nordic_messages
from wire import generate, generate_xml
from wire.generate_files import Files, enumerations

COMMAND = "python -m ouch.generate"


def texts() -> dict[str, str]:
    """Each generated file, by its path from the root."""
    us, nordic = messages.OUCH, nordic_messages.NORDIC
    return {
        "ouch/codec.py": generate.codec(us, COMMAND),
        "ouch/ouch50.xml": generate_xml.nasdaq_xml(us, COMMAND, enumerations(codes)),
        "docs/ouch-messages.md": generate.reference(us, COMMAND, enumerations(codes)),
        "tests/ouch/vectors.json": generate.vectors(us),
        "ouch/nordic_codec.py": generate.codec(nordic, COMMAND),
        "docs/ouch-nordic-messages.md": generate.reference(nordic, COMMAND, enumerations(nordic_codes)),
        "tests/ouch/nordic_vectors.json": generate.vectors(nordic),
    }


FILES = Files(COMMAND, texts)


if __name__ == "__main__":
    sys.exit(FILES.main())

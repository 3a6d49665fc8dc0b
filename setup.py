"""The compiled build, for who asks for it: with PORTCULLIS_COMPILE=1 mypyc turns the order path into one C extension.

Without it this file does nothing, and an install is plain Python that needs no compiler; all else is in pyproject.toml.
`./compile` is the way to run it: it makes an environment of its own. docs/compiled.md tells what is gained.
"""

import os
import runpy
import sys

from setuptools import Extension, setup

WANTED = os.environ.get("PORTCULLIS_COMPILE", "0") not in {"", "0"}
OPTIMIZATION = os.environ.get("PORTCULLIS_COMPILE_OPTIMIZATION", "3")
"""The C compiler's -O: what the tests ask of a build needs no speed, and 0 takes a fraction of the time.

So does a C file for each module then; else there is one for all, whose modules the compiler sees together.
"""
BUILDS = {"bdist_wheel", "build", "build_ext"}
FLAGS = (
    "-fvisibility=hidden",  # calls inside the extension need not go through a table, and may be inlined
    "-Wno-error",  # mypyc makes warnings errors; another compiler's new warning must not stop a build
)


def extensions() -> list[Extension]:
    """Translate the modules of the order path to C, where this run of setuptools is one that builds."""
    if "editable_wheel" in sys.argv:
        sys.exit("PORTCULLIS_COMPILE: an editable install runs the files of the checkout, uncompiled; run ./compile")
    if not BUILDS & set(sys.argv):
        return []
    try:
        from mypyc.build import mypycify  # noqa: PLC0415 - only a compiled build needs it
    except ImportError:
        sys.exit("PORTCULLIS_COMPILE: mypyc is not in this build's environment; run ./compile")
    names = runpy.run_path("venue/build.py")["COMPILED"]
    files = [name.replace(".", "/") + ".py" for name in names]
    options = ["--config-file=", "--cache-dir=build/mypy"]  # the checks are `mypy`'s business, not this build's
    split = OPTIMIZATION == "0"
    modules = mypycify(
        [*options, *files], group_name="portcullis", opt_level=OPTIMIZATION, debug_level="0", multi_file=split
    )
    for module in modules:
        module.extra_compile_args += FLAGS
    return modules


setup(ext_modules=extensions() if WANTED else [])

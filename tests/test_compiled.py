"""Both builds are one venue: what mypyc makes of the order path passes the same tests and says the same bytes.

The build is the documented one, `./compile`, in a copy of the tree; its modules are put in front of this environment's
by PYTHONPATH. Where there is no compiler that is skipped. What may stand in a compiled module is looked at everywhere.
"""

import ast
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from venue import build

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = 50_000
LETTERS = list("ABCDEGJKMQRSUX")
"""All that a port says in every flow, by letter; T, of a displayed peg that moves, comes in some only."""
C_KEYWORDS = {
    "_asm",
    "_attribute",
    "_complex",
    "_const",
    "_extension",
    "_imag",
    "_inline",
    "_int128",
    "_label",
    "_real",
}
C_KEYWORDS |= {"_restrict", "_signed", "_thread", "_typeof", "_volatile", "_alignof"}
"""Attributes that mypyc would name like a keyword of C, as it puts an underscore in front."""

SUITES = ["tests/engine", "tests/ouch"]


def missing():
    """What a build needs and this machine does not have; empty where it has all."""
    if shutil.which(os.environ.get("CC", "cc")) is None:
        return "there is no C compiler (Debian: gcc)"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "there are no headers of this Python (Debian: python3-dev)"
    return ""


needs_compiler = pytest.mark.skipif(bool(missing()), reason=missing() or "a build needs a C compiler")


@pytest.fixture(scope="session")
def compiled(tmp_path_factory, worker_id):
    """The folder of the compiled modules; the first worker to come builds it, the others wait."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    tree = shared / "compiled-tree"
    with (shared / "compiled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "compiled.done").exists():
            left_out = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
            shutil.copytree(ROOT, tree, ignore=left_out)
            uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
            environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
            environment |= {"UV": uv, "UV_PYTHON": sys.executable, "PORTCULLIS_COMPILE_OPTIMIZATION": "0"}
            made = subprocess.run([tree / "compile"], env=environment, capture_output=True, text=True, check=False)
            assert made.returncode == 0, made.stdout + made.stderr
            assert re.fullmatch(r"portcullis .*, compiled\n", made.stdout), made.stdout
            (shared / "compiled.done").touch()
    (folder,) = tree.glob(".venv-compiled/lib/python*/site-packages")
    return folder


def run(folder, *arguments):
    """Run this Python on the modules of `folder`, or where that is None on what runs the tests."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    if folder is not None:
        environment["PYTHONPATH"] = str(folder)
    return subprocess.run(
        [sys.executable, "-P", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


def flow(folder, seed):
    """What comes of a seeded flow, in a process of its own."""
    done = run(folder, "tests/shared/flow.py", seed, MESSAGES)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_compiler
@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_seeded_flow_gives_equal_state_and_equal_bytes(compiled, seed):
    pure, other = flow(None, seed), flow(compiled, seed)
    assert (pure.pop("build"), other.pop("build")) == ("pure", "compiled")
    assert pure == other
    assert [letter for letter in pure["letters"] if letter != "T"] == LETTERS
    assert pure["slices"]


@needs_compiler
@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_tests_pass_on_compiled_modules(compiled, seed):
    brief = ["-p", "no:cacheprovider", "-m", "not slow", "--hypothesis-profile", "brief", "--timeout", "600"]
    done = run(compiled, "-m", "pytest", *brief, "--seed", seed, *SUITES)
    assert "order path: compiled" in done.stdout
    assert done.returncode == 0, done.stdout[-10_000:]


def test_the_list_names_modules_that_there_are():
    assert not [name for name in build.COMPILED if not (ROOT / (name.replace(".", "/") + ".py")).exists()]


@pytest.mark.parametrize(
    ("compiled", "told"),
    [
        ((), "pure"),
        (build.COMPILED, "compiled"),
        ([name for name in build.COMPILED if name != "engine.book"], "compiled but for engine.book"),
    ],
)
def test_the_version_tells_what_is_loaded(monkeypatch, compiled, told):
    monkeypatch.setattr(
        build, "_origin", lambda name: "x.cpython-311-x86_64-linux-gnu.so" if name in compiled else "x.py"
    )
    monkeypatch.setattr(build, "EXTENSION_SUFFIXES", [".cpython-311-x86_64-linux-gnu.so", ".so"])
    assert build.describe() == told


# ------------------------------------------------------------------------------ what may not stand in a compiled module


def unfit(source):
    """What mypyc would refuse in a module, or worse, take for something else."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(keywords=[_, *_]):
                yield node.lineno, f"{node.name}: mypyc drops the keywords of a class statement"
            case ast.ClassDef() if "Struct" in [ast.unparse(base).rsplit(".", maxsplit=1)[-1] for base in node.bases]:
                yield node.lineno, f"{node.name}: a Struct is none when it is compiled"
            case ast.Attribute(attr=name, value=ast.Name("self")) if name in C_KEYWORDS:
                yield node.lineno, f"{name} becomes a keyword of C"
            case ast.Call(func=ast.Name("slice")):
                yield node.lineno, "bytes take no slice object when it is compiled"


def test_compiled_modules_hold_only_what_mypyc_takes():
    files = {name: ROOT / (name.replace(".", "/") + ".py") for name in build.COMPILED}
    assert not [(name, *found) for name, file in files.items() for found in unfit(file.read_text())]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("class A(Struct, frozen=True):\n    x: int", 1),
        ("class A(msgspec.Struct):\n    x: int", 1),
        ("class A:\n    def f(self):\n        self._thread = 1", 1),
        ("class A(B):\n    def f(self):\n        self.thread = 1", 0),
        ("PLACE = slice(1, 4)", 1),
        ("part = message[1:4]", 0),
    ],
)
def test_a_planted_misfit_is_found(source, found):
    assert len(list(unfit(source))) == found

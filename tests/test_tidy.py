"""The tidy tests: what a reviewer should not have to say twice.

Who may import whom, no clock and no float where orders pass, no leftovers, reasons beside every silenced check, files
short enough to read, and a package, a wheel, a README and a change log that agree with the tree. The rules are data at
the top; each finder is a function from a file's text to complaints, and is itself tried on text with a planted fault.
"""

import ast
import io
import os
import re
import shutil
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# --------------------------------------------------------------------------------------------------------------- rules


class May(NamedTuple):
    """What a package may import besides the standard library."""

    ours: tuple[str, ...]
    others: tuple[str, ...] | None  # None: every dependency that pyproject.toml declares


PLAIN = ("msgspec", "mypy_extensions")
PORT = ("wire", "engine.api", "engine.endpoint", "engine.watch")
MAY_IMPORT = {
    "wire": May(("wire",), PLAIN),
    "engine": May(("engine",), PLAIN),
    "ouch": May(("ouch", *PORT), PLAIN),
    "fix": May(("fix", *PORT), PLAIN),
    "prmproto": May(("prmproto", *PORT, "engine.administration"), PLAIN),
    "ftpdrop": May(("ftpdrop", *PORT), PLAIN),
    "itchproto": May(("itchproto", "wire"), PLAIN),
    "rash": May(("rash", *PORT), PLAIN),
    "venue": May(("venue", "ouch", "fix", "prmproto", "ftpdrop", "itchproto", "rash", "wire", "engine"), None),
    "conformance": May(("conformance",), None),
}
MAY_ALSO_IMPORT = {
    "ouch/nasdaq_client.py": ("nasdaq_protocols",),  # an independent peer, for tests and for conformance
    "venue/calendars/__main__.py": ("exchange_calendars",),  # writes the files that the venue reads
    "ouch/codec.py": ("librt",),  # in the compiled build only
    "ouch/nordic_codec.py": ("librt",),  # the same
    "prmproto/codec.py": ("librt",),  # the same
    "venue/bench/quickfix_acceptor.py": ("quickfix",),  # measured beside us, where somebody has installed it
}
MAY_IMPORT_LAZILY = {"venue/conformance_commands.py": ("conformance",)}  # inside a function: the server never loads it
IMPORTED_BY_NOBODY = ("ouch.nasdaq_client",)

ORDER_PATH = ("wire", "engine", "ouch", "fix", "prmproto", "ftpdrop", "itchproto", "rash")
OFF_THE_ORDER_PATH = ("*/generate.py", "ouch/nasdaq_client.py", "prmproto/client.py", "wire/generate_files.py")
OF_THE_SHELL = (
    *("asyncio", "select", "selectors", "socket", "ssl", "uvloop"),
    *("multiprocessing", "subprocess", "threading"),
    *("random", "secrets", "time", "uuid"),
)

LINES_MAX = 450
GENERATED = (
    *("ouch/codec.py", "ouch/nordic_codec.py", "prmproto/codec.py", "itchproto/codec.py"),
    *("rash/codec.py", "rash/codec_10.py"),
)
LATER = "T" + "ODO"  # in halves, so that this file does not complain of itself
MARKERS = re.compile(rf"\b({LATER}|F[I]XME|X[X]X|H[A]CK)\b")
SKIP = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail)")
TEXTS = (".py", ".toml", ".md", ".sh", ".html", ".txt", "")
SILENCER = re.compile(
    r"(?:ruff:\s*)?\bnoqa\b(?P<rules>:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|\btype:\s*ignore\b(?P<kinds>\[[\w, -]+\])?"
)

START = "python3 -m pip install -q --target .uv uv && .uv/bin/uv run -q --no-dev portcullis demo"
CHECK = "python3 -m pip install -q --target .uv uv && .uv/bin/uv run -q ./check"

# ------------------------------------------------------------------------------------------------------------ the tree


def tree_files() -> Iterator[PurePosixPath]:
    """Every file of the project, by its path from the root, whether git is here or not."""
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(
            name
            for name in inner
            if name == ".ci" or not (name.startswith((".", "__pycache__")) or name.endswith(".egg-info"))
        )
        if Path(folder) == ROOT:
            inner[:] = [name for name in inner if name not in {"build", "dist"}]
        for name in sorted(names):
            if not name.endswith((".pyc", ".so")):
                yield PurePosixPath(Path(folder, name).relative_to(ROOT).as_posix())


FILES = tuple(tree_files())
PACKAGES = sorted(path.parts[0] for path in FILES if len(path.parts) == 2 and path.name == "__init__.py")
IN_PACKAGES = tuple(path for path in FILES if path.parts[0] in PACKAGES)
MODULES = tuple(path for path in IN_PACKAGES if path.suffix == ".py")
PYTHON = (*MODULES, *(path for path in FILES if path.parts[0] == "tests" and path.suffix == ".py"))


def text(path: PurePosixPath) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def complaints(finder, paths: Iterable[PurePosixPath]) -> list[str]:
    return [f"{path}:{line}: {what}" for path in paths for line, what in finder(path, text(path))]


# ------------------------------------------------------------------------------------------------------------- imports


def imports(path: PurePosixPath, source: str) -> Iterator[tuple[int, str, bool]]:
    """Line, dotted name and whether it is inside a function, for each name that `source` imports."""

    def walk(node: ast.AST, lazy: bool) -> Iterator[tuple[int, str, bool]]:
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.Import(names=names):
                    yield from ((child.lineno, alias.name, lazy) for alias in names)
                case ast.ImportFrom(module=module, names=names, level=level):
                    base = [*path.parts[: len(path.parts) - level]] if level else []
                    base += [module] if module else []
                    yield from ((child.lineno, ".".join([*base, alias.name]), lazy) for alias in names)
                case ast.Call(func=ast.Name("__import__") | ast.Attribute(attr="import_module"), args=[what, *_]):
                    yield child.lineno, what.value if isinstance(what, ast.Constant) else "a computed name", lazy
            yield from walk(child, lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef))

    return walk(ast.parse(source), lazy=False)


def within(name: str, modules: Iterable[str]) -> bool:
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


@cache
def declared_dependencies() -> set[str]:
    """The names under which the declared dependencies, extras included, are imported."""

    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "_", name).lower()

    project = PROJECT["project"]
    extras = project.get("optional-dependencies", {}).values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    declared = {plain(re.match(r"[\w.-]+", line)[0]) for line in lines}
    return declared | {
        name for name, owners in packages_distributions().items() if declared & {plain(owner) for owner in owners}
    }


def wrong_imports(path: PurePosixPath, source: str) -> Iterator[tuple[int, str]]:
    may = MAY_IMPORT[path.parts[0]]
    others = declared_dependencies() if may.others is None else may.others
    extra = MAY_ALSO_IMPORT.get(str(path), ())
    for line, name, lazy in imports(path, source):
        top = name.split(".")[0]
        if top in MAY_IMPORT:
            allowed = may.ours
        elif top in sys.stdlib_module_names:
            allowed = (top,)
        else:
            allowed = others
        if lazy:
            allowed = (*allowed, *MAY_IMPORT_LAZILY.get(str(path), ()))
        if within(name, IMPORTED_BY_NOBODY):
            yield line, f"{name} is for nobody to import"
        elif not within(name, (*allowed, *extra)):
            yield line, f"{path.parts[0]} may not import {name}"


def test_every_package_has_its_row_in_the_table_of_imports():
    assert set(PACKAGES) <= set(MAY_IMPORT)
    loose = {path.parts[0] for path in FILES if path.suffix == ".py"} - {*PACKAGES, "tests", "docs", "setup.py"}
    assert not loose, "Python outside the packages"


def test_packages_import_only_what_they_may():
    assert not complaints(wrong_imports, MODULES)


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("wire/soup.py", "import struct, msgspec.json\nfrom wire.record import Code", []),
        ("wire/soup.py", "from engine.api import Order", ["wire may not import engine.api.Order"]),
        ("engine/book.py", "import sortedcontainers", ["engine may not import sortedcontainers"]),
        ("engine/risk/eqrc.py", "from ..api import Order\nfrom . import windows", []),
        ("ouch/port.py", "from engine.api import Order\nfrom engine import api", []),
        ("ouch/port.py", "from engine.book import Book", ["ouch may not import engine.book.Book"]),
        ("ouch/port.py", "from engine.apish import Book", ["ouch may not import engine.apish.Book"]),
        ("ouch/port.py", "import engine", ["ouch may not import engine"]),
        ("ouch/port.py", "def f():\n    from fix import port", ["ouch may not import fix.port"]),
        ("ouch/port.py", "import importlib\nimportlib.import_module('venue')", ["ouch may not import venue"]),
        ("ouch/port.py", "import importlib\nimportlib.import_module(x)", ["ouch may not import a computed name"]),
        ("ouch/port.py", "import nasdaq_protocols", ["ouch may not import nasdaq_protocols"]),
        ("ouch/nasdaq_client.py", "from nasdaq_protocols import ouch, soup", []),
        ("venue/app.py", "from ouch import nasdaq_client", ["ouch.nasdaq_client is for nobody to import"]),
        ("venue/app.py", "import uvloop\nfrom engine.engine import Engine", []),
        ("venue/app.py", "import pytest", ["venue may not import pytest"]),
        ("venue/passwords.py", "from argon2.low_level import verify_secret", []),
        ("engine/engine.py", "import argon2", ["engine may not import argon2"]),
        ("venue/tls.py", "import trustme", ["venue may not import trustme"]),
        ("venue/app.py", "def f():\n    import conformance", ["venue may not import conformance"]),
        ("venue/conformance_commands.py", "def f():\n    import conformance.runner", []),
        ("venue/conformance_commands.py", "import conformance", ["venue may not import conformance"]),
        ("conformance/runner.py", "from wire import soup", ["conformance may not import wire.soup"]),
    ],
)
def test_a_planted_import_is_found(path, source, found):
    assert [what for _, what in wrong_imports(PurePosixPath(path), source)] == found


# ------------------------------------------------------------------------------------------------------ the order path


def named(node: ast.AST) -> str:
    """The last word of a name: `order` in `self.order`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def is_set(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Set | ast.SetComp) or (
        isinstance(node, ast.Call) and named(node.func) in {"set", "frozenset"}
    )


def off_the_rails(path: PurePosixPath, source: str) -> Iterator[tuple[int, str]]:
    """Clocks, chance, sockets, floats, prints, and loops over a set (whose order differs between two runs)."""
    for line, name, _ in imports(path, source):
        if name.split(".")[0] in OF_THE_SHELL:
            yield line, f"{name} belongs to the shell"
    tree = ast.parse(source)
    sets = set()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if is_set(value):
                sets.update(named(target) for target in targets)
            case ast.AnnAssign(target=target, annotation=kind) if ast.unparse(kind).startswith(("set", "frozenset")):
                sets.add(named(target))
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float()) | ast.Name(id="float"):
                yield node.lineno, "a float"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "a division that gives a float"
            case ast.Call(func=ast.Name("print")):
                yield node.lineno, "a print"
            case ast.Call(func=ast.Attribute(value=owner, attr="now" | "utcnow" | "today")) if named(owner) in {
                "datetime",
                "date",
            }:
                yield node.lineno, "reads the wall clock"
            case (
                ast.For(iter=many)
                | ast.comprehension(iter=many)
                | ast.Call(func=ast.Name("list" | "tuple" | "iter" | "enumerate"), args=[many, *_])
            ) if is_set(many) or named(many) in sets:
                yield many.lineno, "iterates over a set"


def test_nothing_on_the_order_path_reads_a_clock_or_counts_in_floats():
    on_path = [path for path in MODULES if path.parts[0] in ORDER_PATH]
    assert not complaints(
        off_the_rails, [path for path in on_path if not any(fnmatch(str(path), skip) for skip in OFF_THE_ORDER_PATH)]
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", "time belongs to the shell"),
        ("def f():\n    from asyncio import sleep", "asyncio.sleep belongs to the shell"),
        ("import datetime\nx = datetime.datetime.now()", "reads the wall clock"),
        ("x = 0.5", "a float"),
        ("x = float(y)", "a float"),
        ("x = y / 2", "a division that gives a float"),
        ("print(x)", "a print"),
        ("for x in {1, 2}: pass", "iterates over a set"),
        ("y = [x for x in set(z)]", "iterates over a set"),
        (
            "class A:\n    def f(self):\n        self.y: set[int] = z\n        return list(self.y)",
            "iterates over a set",
        ),
        ("y = {1}\nfor x in sorted(y): pass\nz = 7 // 2\nassert 1 in y", None),
    ],
)
def test_a_planted_clock_or_float_is_found(source, found):
    assert [what for _, what in off_the_rails(PurePosixPath("engine/book.py"), source)] == ([found] if found else [])


# ----------------------------------------------------------------------------------------------- leftovers and reasons


def leftovers(path: PurePosixPath, source: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.splitlines(), 1):
        if mark := MARKERS.search(line):
            yield number, f"{mark[0]} was left behind"
    if path.suffix != ".py":
        return
    nodes = list(ast.walk(ast.parse(source)))
    explained = {
        id(node.func)
        for node in nodes
        if isinstance(node, ast.Call)
        and (any(word.arg == "reason" for word in node.keywords) or (node.args and named(node.func) == "skip"))
    }
    for node in nodes:
        if isinstance(node, ast.Call) and named(node.func) == "breakpoint":
            yield node.lineno, "a breakpoint was left behind"
        if isinstance(node, ast.Attribute) and id(node) not in explained and SKIP.fullmatch(ast.unparse(node)):
            yield node.lineno, f"{ast.unparse(node)} without a reason"


def unexplained(_path: PurePosixPath, source: str) -> Iterator[tuple[int, str]]:
    """Comments that silence a checker, but name no rule or give no reason on their line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (found := [*SILENCER.finditer(token.string)]):
            if not all(one["rules"] or one["kinds"] for one in found):
                yield token.start[0], "a checker is silenced without naming the rule"
            elif len(re.findall(r"\w+", SILENCER.sub("", token.string))) < 2:
                yield token.start[0], "a checker is silenced without a reason"


def test_nothing_was_left_behind():
    assert not complaints(leftovers, [path for path in FILES if path.suffix in TEXTS and path.name != "LICENSE"])


def test_whoever_silences_a_checker_says_why():
    assert not complaints(unexplained, PYTHON)


@pytest.mark.parametrize(
    ("finder", "source", "found"),
    [
        (leftovers, f"x = 1  # {LATER}: think", [f"{LATER} was left behind"]),
        (leftovers, "breakpoint()", ["a breakpoint was left behind"]),
        (leftovers, "@pytest.mark.skip\ndef f(): pass", ["pytest.mark.skip without a reason"]),
        (leftovers, "pytest.skip()", ["pytest.skip without a reason"]),
        (leftovers, "pytest.mark.skipif(x)", ["pytest.mark.skipif without a reason"]),
        (leftovers, "pytest.skip('no root')\npytest.mark.xfail(x, reason='y')", []),
        (unexplained, "x = 1  # noqa", ["a checker is silenced without naming the rule"]),
        (unexplained, "x = 1  # type: ignore", ["a checker is silenced without naming the rule"]),
        (unexplained, "x = 1  # noqa: S101, E501", ["a checker is silenced without a reason"]),
        (unexplained, "x = 1  # type: ignore[arg-type]", ["a checker is silenced without a reason"]),
        (unexplained, "x = 1  # noqa: T201 -- a command's answer", []),
        (unexplained, "x = 1  # type: ignore[arg-type]  # six letters, as they came", []),
        (unexplained, "x = 'y  # noqa'", []),
    ],
)
def test_a_planted_leftover_is_found(finder, source, found):
    assert [what for _, what in finder(PurePosixPath("tests/test_x.py"), source)] == found


def test_every_module_opens_with_what_it_is():
    assert not [str(path) for path in PYTHON if not ast.get_docstring(ast.parse(text(path)))]


def test_no_module_is_too_long_to_read():
    lengths = {str(path): len(text(path).splitlines()) for path in PYTHON if str(path) not in GENERATED}
    assert not {path: lines for path, lines in lengths.items() if lines > LINES_MAX}


# -------------------------------------------------------------------------------------- package, wheel, README, changes


def test_the_package_takes_in_every_module():
    patterns = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert not [name for name in PACKAGES if not any(fnmatch(name, pattern) for pattern in patterns)]
    folders = {path.parent for path in MODULES}
    assert not [str(folder) for folder in folders if folder / "__init__.py" not in MODULES], "no __init__.py"
    assert set(PROJECT["tool"]["mypy"]["packages"]) == set(PACKAGES), "mypy looks at every package"


def test_the_package_takes_in_every_other_file():
    data = {
        found.relative_to(ROOT).as_posix()
        for package, patterns in PROJECT["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for found in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    assert not {str(path) for path in IN_PACKAGES if path.suffix != ".py"} - data


@pytest.mark.slow
def test_the_wheel_holds_the_packages_and_nothing_else(tmp_path):
    uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    for path in FILES:  # a copy, since a build leaves its own files behind
        target = tmp_path / "tree" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)
    build = [uv, "build", "-q", "--wheel", "--python", sys.executable, "-o", str(tmp_path), str(tmp_path / "tree")]
    subprocess.run(build, check=True, stdin=subprocess.DEVNULL)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if not name.endswith("/")}
        info = {name for name in inside if ".dist-info/" in name}
        (commands,) = (name for name in info if name.endswith("/entry_points.txt"))
        assert "portcullis = venue.cli:main" in archive.read(commands).decode()
    assert inside - info == {str(path) for path in IN_PACKAGES}
    assert any(name.endswith("/licenses/LICENSE") for name in info)


def test_the_readme_and_ci_give_the_two_commands():
    readme = [line.strip() for line in text(PurePosixPath("README.md")).splitlines()]
    assert [line for line in readme if line.startswith("python3 -m pip ")] == [START, CHECK]
    assert text(PurePosixPath(".ci/run")).splitlines()[-1] == CHECK


def test_check_and_ci_can_be_executed():
    assert not [name for name in ("check", "compile", ".ci/run") if not os.access(ROOT / name, os.X_OK)]


def test_the_changes_open_with_this_version_or_what_is_to_come():
    headings = re.findall(r"^## \[?([^\]\s]+)", text(PurePosixPath("CHANGELOG.md")), re.MULTILINE)
    assert headings[0] in {"Unreleased", PROJECT["project"]["version"]}

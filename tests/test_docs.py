"""The documentation is held to the code: what it names exists, and what exists is named.

Every call, configuration key and its default, exit code and reason to refuse stands in its page; every TOML block is a
configuration once it is put into the sample; every link leads somewhere; every command line is one that we have.
"""

import json
import re
import shlex
import tomllib
import typing
from decimal import Decimal
from itertools import takewhile
from pathlib import Path

import click
import msgspec
import pytest
import tomli_w

from engine.api import Reject
from engine.risk import prm
from engine.risk.rule_terms import DEFAULTS, REQUIRED, SETTINGS, rest_name
from ouch import nordic_terms
from ouch.terms import REASONS
from venue import cli, config, exits, gate, journal, operations, problem
from venue.fix_settings import FixPortSettings
from venue.prm_settings import PrmPortSettings
from venue.rash_settings import RashPortSettings
from venue.roles import MEANINGS
from venue.rule_settings import Rule, RuleType
from venue.sidecar.rest.metrics import FAMILIES
from venue.sidecar.rest.tables import ENDPOINTS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = {path.relative_to(ROOT).as_posix(): path for path in sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])}
NAMED = {
    "market": "key",
    "service": "key",
    "port": "name",
    "firm": "mpid",
    "symbol": "symbol",
    "book": "order_book",
    "member": "mpid",
    "account": "name",
    "clearing": "correspondent",
    "client": "id",
    "person": "name",
    "subscriber": "name",
}
"""By what an entry of a configuration's lists is known."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SHELL = (";", "|", "||", "&", "&&", ">", ">>", "<")


def page(name):
    return PAGES[f"docs/{name}"].read_text(encoding="utf-8")


def fences(text, *languages):
    return [body for language, body in FENCE.findall(text) if language in languages]


def prose(text):
    """A page without its blocks."""
    return FENCE.sub("", text)


def section(text, heading):
    """What stands between a heading and the next one."""
    _, rest = re.split(rf"^#+ {re.escape(heading)}$", prose(text), maxsplit=1, flags=re.MULTILINE)
    return HEADING.split(rest, maxsplit=1)[0]


def rows(text):
    """The tables' rows that open with a word of code, by that word."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"]
    assert len({first for first, *_ in cells}) == len(cells), "a row stands twice"
    return {first.strip("`"): rest for first, *rest in cells}


def slug(heading):
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# -------------------------------------------------------------------------------------------------------- operations


@pytest.mark.parametrize("route", operations.ROUTES, ids=lambda route: route.path)
def test_every_call_stands_in_operations_with_all_that_its_body_may_have(route):
    body, does = rows(section(page("operations.md"), "Calls"))[f"{route.verb} {route.path}"]
    assert body.startswith("none") == (route.body is None)
    if route.body is not None:
        assert re.findall(r"`(\w+)`", body) == operations.fields(route)
    assert does


def test_no_call_stands_in_operations_that_there_is_not():
    documented = rows(section(page("operations.md"), "Calls"))
    assert list(documented) == [f"{route.verb} {route.path}" for route in operations.ROUTES]


def test_every_status_of_an_error_stands_in_operations():
    lines = section(page("operations.md"), "Errors").splitlines()
    documented = [line.split(" | ")[:2] for line in lines if line[:3].strip("| ").isdigit()]
    assert documented == [[f"| {status}", title] for status, title in problem.TITLES.items()]


def test_every_exit_code_stands_in_operations():
    codes = {
        0,
        exits.FAILED,
        exits.USAGE,
        exits.BAD_CONFIGURATION,
        exits.PORT_TAKEN,
        exits.LOG_DAMAGED,
        exits.INTERRUPTED,
    }
    lines = section(page("operations.md"), "Exit codes")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", lines, re.MULTILINE)] == sorted(codes)


# ----------------------------------------------------------------------------------------------------- configuration


def struct_of(annotation):
    """The struct within `tuple[Struct, ...]`, bounded or not, or the struct itself."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return next((part for part in typing.get_args(annotation) if part is not Ellipsis), annotation)


def shown(field):
    """A field's default as the tables write it."""
    if field.required:
        return "required"
    if field.default is None:
        return "none"
    if isinstance(field.default, Decimal):
        return f"`{field.default}`"
    return f"`{json.dumps(field.default)}`"


def defaults(*structs):
    """Each key with its default; where several structs have it, the first one's."""
    found = {}
    for struct in structs:
        for field in msgspec.structs.fields(struct):
            found.setdefault(field.encode_name, shown(field) if field.encode_name != "settings" else "required")
    return found


def sections():
    """Each table of the configuration file: its heading in the page, and its keys with their defaults."""
    for field in msgspec.structs.fields(config.Config):
        if field.name != "rule":
            yield field.name, defaults(struct_of(field.type))
    yield "port.fix", defaults(FixPortSettings)
    yield "port.prm", defaults(PrmPortSettings)
    yield "port.rash", defaults(RashPortSettings)
    yield "rule", defaults(Rule)
    for kind in SETTINGS:
        yield kind, settings_of(kind)


def settings_of(kind):
    """Each setting of a type of rule with its default; of what a setting is made of the parts too."""
    given, required = DEFAULTS.get(kind, {}), REQUIRED.get(kind, ())
    found = {}
    for name in SETTINGS[kind]:
        key, _, part = rest_name(name).partition(".")
        found[key] = "required" if name in required else f"`{json.dumps(given[name])}`" if name in given else "none"
        if part:
            found[part] = "none"
    return found | ({"amount": "`0`", "percent": "`0`"} if "ranges" in found else {})


@pytest.mark.parametrize(("heading", "keys"), list(sections()))
def test_every_key_stands_in_configuration_with_its_default(heading, keys):
    documented = rows(section(page("configuration.md"), heading))
    assert {key: default for key, (_, default, _) in documented.items()} == keys


def parsed(name):
    return [pytest.param(block, id=f"{name}-{i}") for i, block in enumerate(fences(page(name), "toml"))]


@pytest.mark.parametrize("block", [*parsed("configuration.md"), *parsed("risk-checks.md")])
def test_every_block_is_a_configuration_once_it_is_put_into_the_sample(block):
    whole = tomllib.loads(config.sample(), parse_float=Decimal)
    for name, value in tomllib.loads(block, parse_float=Decimal).items():
        if isinstance(value, dict):
            whole[name] = whole.get(name, {}) | value
        else:
            known = {entry[NAMED[name]] for entry in value} if name in NAMED else set()
            whole[name] = [entry for entry in whole.get(name, ()) if entry.get(NAMED.get(name)) not in known] + value
    config.parse(tomli_w.dumps(whole))


def test_the_smallest_venue_is_a_configuration_by_itself():
    config.parse(fences(page("configuration.md"), "toml")[0])


def test_the_blocks_of_configuration_show_every_kind_of_rule():
    found = {
        rule["type"]
        for block in fences(page("configuration.md"), "toml")
        for rule in tomllib.loads(block).get("rule", [])
    }
    assert found == set(SETTINGS) == set(typing.get_args(RuleType))


# ------------------------------------------------------------------------------------------------ reasons and bounds


def test_every_reason_stands_in_risk_checks_with_its_code():
    documented = rows(section(page("risk-checks.md"), "All reasons"))
    us = [reject for reject in Reject if reject not in prm.REASONS]
    codes = {reject.name: [f"`0x{REASONS[reject]:04X}`", REASONS[reject].text] for reject in us}
    assert {name: cells[:2] for name, cells in documented.items()} == codes
    assert set(REASONS) == set(Reject)


def test_every_reason_of_nordic_markets_stands_in_risk_checks_in_order_of_precedence():
    documented = rows(section(page("risk-checks.md"), "Nordic reasons"))
    assert set(documented) == {reason.name for reason in prm.REASONS}
    asked = [check.__name__.upper() for check in prm.CHECKS]
    assert list(documented) == [name for name in asked if name in documented]
    codes = {reason.name: f"`0x{nordic_terms.REASONS[reason]:04X}`" for reason in prm.REASONS}
    assert {name: cells[0] for name, cells in documented.items()} == codes


@pytest.mark.parametrize(
    "bound",
    [
        f"{journal.RUN_AHEAD_RECORDS:,} records",
        f"{journal.RUN_AHEAD_BYTES // 2**20} MiB",
        f"{gate.COMMIT_RECORDS:,} records",
        f"{gate.COMMIT_BYTES // 2**20} MiB",
    ],
)
def test_the_bounds_of_the_log_stand_in_durability(bound):
    assert bound in page("durability.md")


# ------------------------------------------------------------------------------------------------------------ security


def test_every_role_stands_in_rest_with_what_it_opens():
    documented = rows(section(page("rest.md"), "Roles"))
    assert {role: opens for role, (opens,) in documented.items()} == MEANINGS


def threats():
    """The rows of the tables of security.md that name tests: the threat, and the tests' cell."""
    for table in page("security.md").split("\n\n"):
        head, *lines = table.strip().splitlines()
        if head == "| threat | the venue | test |":
            for line in lines[1:]:
                threat, _, tests = line.strip("| ").split(" | ")
                yield pytest.param(tests, id=threat)


@pytest.mark.parametrize("tests", list(threats()))
def test_every_threat_has_a_test_that_there_is(tests):
    named = [re.fullmatch(r"`([\w/]+\.py)::(test_\w+)`", test) for test in tests.split(", ")]
    assert all(named)
    for file, test in (found.groups() for found in named):
        assert re.search(rf"def {test}\(", (ROOT / "tests" / file).read_text(encoding="utf-8")), f"{file}::{test}"


def test_every_section_of_the_prm_guide_has_tests_that_there_are():
    lines = page("prm-coverage.md").split("| --- |", 1)[1].splitlines()[1:]
    cells = [line.strip("| ").split(" | ") for line in lines]
    named = {section: set(re.findall(r"`([\w/]+\.py)`", files)) for section, _, files in cells}
    assert all(named.values())
    assert {f"3.{number}" for number in range(1, 22)} <= named.keys()
    assert all((ROOT / "tests" / file).is_file() for file in set().union(*named.values()))
    for path in (ROOT / "tests").rglob("test_*.py"):
        file = path.relative_to(ROOT / "tests").as_posix()
        for section in re.findall(r'section\("PRM", "(3\.\d+|Appendix I+) ', path.read_text(encoding="utf-8")):
            assert file in named[section], f"{file} restates {section}"


# ------------------------------------------------------------------------------------------- links and command lines


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    anchors = {}
    for target in LINK.findall(prose(PAGES[name].read_text(encoding="utf-8"))):
        path, _, anchor = target.partition("#")
        if ":" in path:
            continue
        file = (PAGES[name].parent / path).resolve() if path else PAGES[name]
        assert file.exists(), target
        if anchor:
            text = prose(file.read_text(encoding="utf-8"))
            found = anchors.setdefault(file, {slug(heading) for heading in HEADING.findall(text)})
            assert anchor in found, target


def words(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";|&<>")
    lexer.whitespace_split = True
    return list(lexer)


def command_lines(text):
    """Each `portcullis …` of a page's shell blocks, as words, whatever starts it."""
    for block in fences(text, "sh", "bash", "console"):
        command: list[str] = []
        for line in block.splitlines():
            for word in [*words(line.removeprefix("$ ")), ";"]:
                if word not in SHELL:
                    command.append(word)
                    continue
                if command and Path(command[0]).name in ("portcullis", "uv") and "portcullis" in command:
                    yield command[command.index("portcullis") + 1 :]
                command = []


def all_command_lines():
    return [
        pytest.param(line, id=f"{name}: {' '.join(line)[:60]}")
        for name, path in PAGES.items()
        for line in command_lines(path.read_text(encoding="utf-8"))
    ]


def resolve(line):
    """The command that a line means, and the words that are left for it."""
    command = cli.cli
    while line and isinstance(command, click.Group) and not line[0].startswith("-"):
        named = command.get_command(click.Context(command), line[0])
        assert named is not None, f"no such command: {line[0]}"
        command, line = named, line[1:]
    return command, line


@pytest.mark.parametrize("line", all_command_lines())
def test_every_command_line_is_one_that_we_have(line, monkeypatch):
    command, rest = resolve(line)
    for parameter in command.params:
        if isinstance(parameter.type, click.Path):
            monkeypatch.setattr(parameter.type, "exists", False)  # the reader has these files
    context = command.make_context("portcullis", rest)
    if command.name == "ops":
        path = context.params["name"].partition("?")[0]
        routes = [route for route in operations.ROUTES if operations.match(route.path, path) is not None]
        assert routes, f"no such call: {path}"
        if context.params["body"] is not None:
            (route,) = [route for route in routes if route.body is not None]
            msgspec.convert(json.loads(context.params["body"]), route.body)


@pytest.mark.parametrize("name", PAGES)
def test_every_command_named_in_prose_is_one_that_we_have(name):
    for code in re.findall(r"`portcullis ([^`]+)`", prose(PAGES[name].read_text(encoding="utf-8"))):
        line = list(takewhile(lambda word: word not in SHELL, words(code)))
        command, rest = resolve(line)
        if rest:
            command.make_context("portcullis", rest)


def test_command_lines_are_found():
    block = "```sh\na --b portcullis --c\n.uv/bin/uv run portcullis ops a/b '{}' | jq .x\n```\n"
    assert list(command_lines(block)) == [["ops", "a/b", "{}"]]
    with pytest.raises(AssertionError, match="no such command: fly"):
        resolve(["config", "fly"])


def test_every_json_block_is_json():
    for path in PAGES.values():
        for block in fences(path.read_text(encoding="utf-8"), "json"):
            json.loads(block)


# ------------------------------------------------------------------------------------------------------------ over HTTP


def test_every_figure_stands_in_monitoring():
    documented = rows(section(page("monitoring.md"), "All"))
    assert documented == {
        family.name: [
            family.kind.__name__.removesuffix("MetricFamily").lower(),
            ", ".join(f"`{label}`" for label in family.labels) or "none",
            family.tells,
        ]
        for family in FAMILIES
    }


def test_every_path_over_http_stands_in_rest():
    documented = rows(section(page("rest.md"), "Paths"))
    others = {
        f"{row.verb} {row.path}"
        for row in ENDPOINTS
        if not any(row.path == f"/ops/{route.path}" for route in operations.ROUTES)
    }
    assert others <= set(documented)

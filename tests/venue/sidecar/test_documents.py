"""The page at /docs is made of files in the tree alone, each as its package had it."""

import hashlib
import re
from html.parser import HTMLParser
from importlib import resources

import pytest

from venue.sidecar.rest.documents import FILES, KINDS, PAGE_POLICY

REST = resources.files("venue.sidecar.rest")
OURS = ("index.html", "docs.js", "docs.css")
ABSOLUTE = re.compile(r"(?:https?:)?//[\w.-]+\.\w+")


def listed():
    lines = REST.joinpath("swagger/SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def test_swagger_ui_is_as_its_package_had_it():
    found = {file.name for file in REST.joinpath("swagger").iterdir()} - {"SHA256SUMS", "VERSION"}
    assert found == set(listed())
    for name, digest in listed().items():
        assert hashlib.sha256(REST.joinpath("swagger", name).read_bytes()).hexdigest() == digest, name


def test_its_licence_and_version_come_along():
    assert "Apache License" in REST.joinpath("swagger/LICENSE").read_text()
    assert re.match(r"swagger-ui-dist \d+\.\d+\.\d+", REST.joinpath("swagger/VERSION").read_text())


def test_every_file_of_the_page_is_there_and_has_a_kind():
    for path in FILES.values():
        assert REST.joinpath(path).is_file()
        assert "." + path.rpartition(".")[2] in KINDS


@pytest.mark.parametrize("name", OURS)
def test_our_part_of_the_page_names_no_other_machine(name):
    assert not ABSOLUTE.findall(REST.joinpath("pages", name).read_text())


def test_the_page_loads_only_what_is_served_beside_it():
    loaded = []

    class Page(HTMLParser):
        def handle_starttag(self, tag, attributes):
            assert "style" not in dict(attributes), "the policy forbids it"
            assert tag != "script" or "src" in dict(attributes), "the policy forbids it"
            if tag in {"script", "link", "img"}:
                loaded.extend(value for name, value in attributes if name in {"src", "href"})

    Page().feed(REST.joinpath("pages/index.html").read_text())
    assert len(loaded) == 6
    assert {path.removeprefix("/docs/") for path in loaded} <= set(FILES)


def test_styles_load_nothing():
    for path in FILES.values():
        if path.endswith(".css"):
            targets = re.findall(r"url\(['\"]?([^)'\"]{5})", REST.joinpath(path).read_text())
            assert set(targets) <= {"data:"}, path


def test_the_policy_lets_the_page_ask_nobody_else():
    assert "http" not in PAGE_POLICY
    assert PAGE_POLICY.startswith("default-src 'self';")
    assert "unsafe-eval" not in PAGE_POLICY

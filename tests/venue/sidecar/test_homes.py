"""A member's home: what a path may mean, and what becomes of uploads."""

import os

import pytest

from venue.sidecar import homes
from venue.sidecar.homes import Home

HOMES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")


@pytest.fixture
def home(tmp_path):
    """The home of GP29, with a report, and beside it what it must not reach."""
    home = Home(tmp_path, "GP29")
    for folder in (home.lists, home.reports, Home(tmp_path, "GP30").lists):
        folder.mkdir(parents=True)
    (home.reports / "report.csv").write_text("report")
    (home.lists / "mine.csv").write_text("mine")
    (Home(tmp_path, "GP30").lists / "secret.csv").write_text("secret")
    (tmp_path / "engine.sock").write_text("socket")
    return home


def upload(home, path, data=b"new"):
    descriptor, aside = home.begin(path)
    os.write(descriptor, data)
    os.close(descriptor)
    home.complete(aside, path)


def read(home, path):
    with os.fdopen(home.reader(path), "rb") as file:
        return file.read()


WAYS_OUT = [
    "../GP30/secret.csv",
    "/../../ftp/GP30/secret.csv",
    "/reports/../../GP30/secret.csv",
    "x/../../GP30/secret.csv",
    "//../GP30/secret.csv",
    "folder/file.csv",
    "/reports/folder/file.csv",
    ".upload-0123456789abcdef",
    "mine.csv\0",
    "x" * 201,
]


@HOMES
@pytest.mark.parametrize("path", WAYS_OUT)
def test_no_path_leads_out_of_a_home(home, tmp_path, path):
    for ask in (
        home.status,
        home.reader,
        home.remove,
        home.begin,
        lambda path: home.rename("mine.csv", path, replaces=True),
    ):
        with pytest.raises(OSError, match=r"."):
            ask(path)
    assert (tmp_path / "ftp" / "GP30" / "secret.csv").read_text() == "secret"
    assert (tmp_path / "engine.sock").read_text() == "socket"
    assert [name for name, _ in home.names("/")] == ["reports", "mine.csv"]


@HOMES
@pytest.mark.parametrize("path", ["mine.csv", "/mine.csv", "//mine.csv", "./mine.csv", "/reports/../mine.csv"])
def test_a_path_that_stays_inside_means_what_it_says(home, path):
    assert read(home, path) == b"mine"


@HOMES
def test_links_are_neither_followed_nor_shown(home, tmp_path):
    (home.lists / "link.csv").symlink_to(tmp_path / "engine.sock")
    for ask in (home.status, home.reader, home.remove):
        with pytest.raises(OSError, match=r"."):
            ask("link.csv")
    with pytest.raises(PermissionError):
        home.rename("link.csv", "other.csv", replaces=False)


@HOMES
def test_reports_are_only_to_be_read(home):
    assert read(home, "reports/report.csv") == b"report"
    assert [name for name, _ in home.names("/reports")] == ["report.csv"]
    for ask in (home.remove, home.begin, lambda path: home.rename("mine.csv", path, replaces=True)):
        with pytest.raises(PermissionError):
            ask("reports/report.csv")
    with pytest.raises(PermissionError):
        home.rename("reports/report.csv", "mine.csv", replaces=True)
    assert read(home, "reports/report.csv") == b"report"


@HOMES
def test_an_upload_has_its_name_when_it_is_complete_and_is_forgotten_where_it_never_is(home):
    descriptor, aside = home.begin("mine.csv")
    os.write(descriptor, b"half")
    os.close(descriptor)
    assert read(home, "mine.csv") == b"mine"
    assert [name for name, _ in home.names("/")] == ["reports", "mine.csv"]
    home.clear()
    assert not aside.exists()
    upload(home, "mine.csv")
    assert read(home, "mine.csv") == b"new"


@HOMES
def test_a_rename_takes_a_name_only_where_it_may(home):
    upload(home, "aside.csv.tmp")
    with pytest.raises(FileExistsError):
        home.rename("aside.csv.tmp", "mine.csv", replaces=False)
    home.rename("aside.csv.tmp", "mine.csv", replaces=True)
    assert read(home, "mine.csv") == b"new"
    home.remove("mine.csv")
    assert [name for name, _ in home.names("/")] == ["reports"]


@HOMES
def test_a_home_holds_so_many_files_and_no_more(home, monkeypatch):
    monkeypatch.setattr(homes, "FILES_MAX", 2)
    upload(home, "second.csv")
    with pytest.raises(PermissionError, match="a home holds 2 files"):
        home.begin("third.csv")

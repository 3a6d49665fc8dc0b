"""Files of a member's folder, which may hold anything: links, folders, pipes, files that change while they are read."""

import os

import pytest

from ftpdrop import folder as folders
from ftpdrop.folder import lists, read_list, write_beside
from ftpdrop.formats import BYTES_MAX, BadFile

FILES = pytest.mark.section("PRM", "3.19 FTP list of restricted symbols")
NAME = "GP29PR_RestrictedSymbols.csv"


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "GP29"
    inside.mkdir()
    return inside


@FILES
def test_a_file_is_given_with_the_version_that_was_read(folder):
    (folder / NAME).write_bytes(b"1")
    look, data = read_list(folder, NAME)
    assert data == b"1"
    assert lists(folder) == {NAME: look}
    (folder / NAME).write_bytes(b"12")
    assert lists(folder)[NAME] != look


@FILES
def test_only_lists_are_looked_at(folder):
    for name in (NAME, "other.csv", "GP29PR_RestrictedSymbols.result.csv", f"{NAME}.tmp", ".hidden.csv", "notes.txt"):
        (folder / name).touch()
    assert list(lists(folder)) == [NAME, "other.csv"]


def link(folder):
    (folder.parent / "secret").write_text("secret")
    (folder / NAME).symlink_to(folder.parent / "secret")


def loop(folder):
    (folder / NAME).symlink_to(NAME)


def pipe(folder):
    os.mkfifo(folder / NAME)


def inner(folder):
    (folder / NAME).mkdir()


def huge(folder):
    with (folder / NAME).open("wb") as file:
        file.truncate(BYTES_MAX + 1)


@FILES
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (link, "it is a link"),
        (loop, "it is a link"),
        (pipe, "it is no plain file"),
        (inner, "it is no plain file"),
        (huge, "it has 2,097,153 bytes"),
    ],
)
def test_what_is_no_plain_file_of_a_fitting_size_is_refused_unread(folder, make, why):
    make(folder)
    assert list(lists(folder)) == [NAME]
    with pytest.raises(BadFile, match=why):
        read_list(folder, NAME)


@FILES
def test_a_folder_that_is_a_link_is_not_opened(folder):
    (folder.parent / "GP30").symlink_to(folder)
    with pytest.raises(NotADirectoryError):
        lists(folder.parent / "GP30")


@FILES
def test_a_file_that_is_gone_is_no_bad_file(folder):
    with pytest.raises(FileNotFoundError):
        read_list(folder, NAME)


@FILES
def test_a_file_that_is_replaced_while_it_is_read_is_read_anew(folder, monkeypatch):
    (folder / NAME).write_bytes(b"old")
    real, left = folders._bytes, [2]

    def replaced(descriptor, name):
        data = real(descriptor, name)
        if left[0]:
            left[0] -= 1
            aside = folder / "aside"
            aside.write_bytes(b"new" * (3 - left[0]))
            aside.rename(folder / NAME)
        return data

    monkeypatch.setattr(folders, "_bytes", replaced)
    assert read_list(folder, NAME)[1] == b"newnewnew"
    left[0] = 100
    with pytest.raises(BadFile, match="replaced or written while it is read"):
        read_list(folder, NAME)


@FILES
def test_an_answer_takes_the_place_of_whatever_has_its_name_and_follows_no_link(folder):
    outside = folder.parent / "outside"
    outside.write_text("untouched")
    (folder / "a.result.csv").symlink_to(outside)
    (folder / ".a.result.csv.unfinished").symlink_to(outside)
    write_beside(folder, "a.result.csv", b"answer")
    assert (folder / "a.result.csv").read_bytes() == b"answer"
    assert not (folder / "a.result.csv").is_symlink()
    assert outside.read_text() == "untouched"
    assert [path.name for path in folder.iterdir()] == ["a.result.csv"]


@FILES
def test_an_answer_that_cannot_be_written_leaves_nothing_behind(folder):
    (folder / "a.result.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        write_beside(folder, "a.result.csv", b"answer")
    assert [path.name for path in folder.iterdir()] == ["a.result.csv"]


@FILES
def test_however_many_other_files_there_are_those_that_are_expected_are_found(folder, monkeypatch):
    monkeypatch.setattr("ftpdrop.folder.FILES_MAX", 2)
    for name in (NAME, "A.csv", "B.csv", "C.csv"):
        (folder / name).write_text("")
    assert list(lists(folder)) == ["A.csv", "B.csv"]
    assert list(lists(folder, {NAME})) == ["A.csv", "B.csv", NAME]

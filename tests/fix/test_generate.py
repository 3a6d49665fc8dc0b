"""The page of tags and reasons is what the tables say."""

from fix import generate


def test_the_committed_page_follows_from_the_tables():
    assert generate.FILES.main(["--check"]) == 0, f"run `{generate.COMMAND}`"


def test_check_names_the_stale_page_and_writes_nothing(tmp_path, capsys):
    assert generate.FILES.main([], root=tmp_path) == 0
    page = tmp_path / generate.PAGE
    page.write_text("edited by hand\n")
    capsys.readouterr()
    assert generate.FILES.main(["--check"], root=tmp_path) == 1
    assert capsys.readouterr().out == f"{generate.PAGE} is stale\n"
    assert page.read_text() == "edited by hand\n"
    assert generate.FILES.main([], root=tmp_path) == 0
    assert generate.FILES.main(["--check"], root=tmp_path) == 0

"""The landlord's own letters: its templates one by one, its colour, and a look at them before anybody gets one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands_places import Office
from doors.command_line import Said

from mailbot.places import templates_dir


@pytest.fixture
def own(office: Office) -> Path:
    """An office with a folder for templates of its own, empty yet."""
    toml = office.config / "mailbot.toml"
    toml.write_text(toml.read_text().replace("[landlord]", '[landlord]\ntemplates = "ours"', 1))
    (office.config / "ours").mkdir()
    return office.config / "ours"


def copied(own: Path, name: str) -> Path:
    (own / name).parent.mkdir(exist_ok=True)
    shutil.copy(templates_dir() / name, own / name)
    return own / name


def test_every_letter_of_a_case_can_be_looked_at_and_read_in_words(
    mailbot: Callable[..., Said], office: Office, tmp_path: Path
) -> None:
    said = mailbot("letters", "preview", "--all", "--html", "out", "--config", office.config)
    assert said.code == 0, said.err
    made = {file.stem for file in (tmp_path / "out").glob("*.html")} - {"index"}
    for letter in ("acknowledgement", "response", "final_response", "extension_notice", "closure", "signposting",
                   "refusal", "non_escalation", "case_mail", "service_request_receipt", "reopened"):  # fmt: skip
        assert letter in made, letter
    assert {file.stem for file in (tmp_path / "out").glob("*.txt")} == made
    index = (tmp_path / "out" / "index.html").read_text()
    assert all(f'href="{letter}.html"' in index for letter in made)
    acknowledgement = (tmp_path / "out" / "acknowledgement.txt").read_text()
    assert acknowledgement.startswith("Dear Jean Walker,") and "Sam Okafor" in acknowledgement


def test_a_template_of_ones_own_takes_the_place_of_one_shipped_and_of_no_other(
    mailbot: Callable[..., Said], office: Office, own: Path
) -> None:
    text = copied(own, "closure/text.txt")
    begins = "{{ resident_name | greeting }},"
    assert begins in text.read_text()
    greeted = f"{begins}\n\nWith kind regards from all of us at Brackenfield.\n"
    text.write_text(text.read_text().replace(begins, greeted))
    closure = mailbot("letters", "preview", "closure", "--config", office.config)
    assert "With kind regards from all of us at Brackenfield." in closure.out
    assert "With kind regards" not in mailbot("letters", "preview", "response", "--config", office.config).out
    listed = mailbot("letters", "list", "--config", office.config).out.splitlines()
    assert [line.split()[0] for line in listed if " yours " in line] == ["closure"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("closure/text.txt", "Dear {{ weather }}", "the letter is not given weather. It may use "),
        ("closure/text.txt", "Dear {{ noun", "closure"),
        (
            "closing/text.txt",
            "Dear",
            "no template is called 'closing/text.txt'. Folders are acknowledgement, ",
        ),
        ("letters.toml", "", "no template is called 'letters.toml'"),
    ],
)
def test_a_template_that_can_not_be_used_stops_the_start(
    mailbot: Callable[..., Said], office: Office, own: Path, name: str, content: str, told: str
) -> None:
    (own / name).parent.mkdir(exist_ok=True)
    (own / name).write_text(content)
    for words in (("config", "check"), ("once",)):
        said = mailbot(*words, "--config", office.config)
        assert said.code == 2
        assert told in said.err
        assert "Traceback" not in said.err


def test_a_letter_of_ones_own_that_lacks_what_it_must_hold_is_not_written(
    mailbot: Callable[..., Said], office: Office, own: Path
) -> None:
    copied(own, "final_response/text.txt").write_text("Dear {{ noun }}, no.\n")
    said = mailbot("letters", "preview", "final_response", "--config", office.config)
    assert said.code == 2
    assert "letter final_response: must hold and does not: " in said.err


@pytest.mark.parametrize(
    ("colour", "told"),
    [("#ffee00", "too light for white words"), ("blue", "this does not fit"), ("#5a1e4b", "")],
)
def test_a_colour_must_carry_white_words(
    mailbot: Callable[..., Said], office: Office, colour: str, told: str
) -> None:
    toml = office.config / "mailbot.toml"
    toml.write_text(toml.read_text().replace("[landlord]", f'[landlord]\ncolour = "{colour}"', 1))
    said = mailbot("config", "check", "--config", office.config)
    assert (said.code, told in said.err) == (2 if told else 0, True)
    if not told:
        page = office.folder / "page"
        mailbot("letters", "preview", "closure", "--html", page, "--config", office.config)
        assert colour in (page / "closure.html").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name a letter, or say --all"),
        (("closure", "--all"), "name a letter, or say --all"),
        (("closur",), "did you mean 'closure'?"),
    ],
)
def test_a_preview_of_nothing_is_told_what_there_is(
    mailbot: Callable[..., Said], office: Office, words: tuple[str, ...], told: str
) -> None:
    said = mailbot("letters", "preview", *words, "--config", office.config)
    assert (said.code, told in said.err) == (2, True)

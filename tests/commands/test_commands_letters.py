"""The landlord's own letters: its templates one by one, its colour, and a look at them before anybody gets one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands_places import CHECKOUT, Office
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


# ------------------------------------------------------------------ a logo, plain text, another language


def landlord_says(office: Office, lines: str) -> None:
    toml = office.config / "mailbot.toml"
    toml.write_text(toml.read_text().replace("[landlord]", f"[landlord]\n{lines}", 1))


def test_a_logo_is_checked_at_start_up_and_stands_in_every_letter_to_residents(
    mailbot: Callable[..., Said], office: Office
) -> None:
    landlord_says(office, 'logo = "logo.png"')
    said = mailbot("config", "check", "--config", office.config)
    assert said.code == 2 and "landlord.logo" in said.err and "No such file" in said.err
    (office.config / "logo.png").write_bytes(b"GIF89a")
    said = mailbot("config", "check", "--config", office.config)
    assert said.code == 2 and "neither a PNG nor a JPEG" in said.err and "save it as PNG" in said.err
    shutil.copy(CHECKOUT / "docs" / "pictures" / "logo.png", office.config / "logo.png")
    assert mailbot("config", "check", "--config", office.config).code == 0
    page = office.folder / "page"
    mailbot("letters", "preview", "--all", "--html", page, "--config", office.config)
    shown = {file.stem for file in page.glob("*.html") if 'class="logo"' in file.read_text()}
    assert {"acknowledgement", "response", "closure"} <= shown
    assert not {"case_mail", "command_done"} & shown
    assert 'alt="Brackenfield Homes Limited"' in (page / "closure.html").read_text()


def test_plain_text_only_sends_no_html(mailbot: Callable[..., Said], office: Office) -> None:
    landlord_says(office, "plain_text_only = true")
    page = office.folder / "page"
    mailbot("letters", "preview", "closure", "--html", page, "--config", office.config)
    shown = (page / "closure.html").read_text()
    assert "<table" not in shown and "Dear Jean Walker" in shown


def test_letters_are_copied_to_be_changed_and_what_is_there_stays(
    mailbot: Callable[..., Said], office: Office, own: Path
) -> None:
    (own / "closure").mkdir()
    (own / "closure" / "text.txt").write_text("ours\n")
    said = mailbot("letters", "copy", "closure", "reopened", "--config", office.config)
    assert said.out.splitlines()[0] == f"{own}: 5 files written, 1 left as they were."
    assert (own / "closure" / "text.txt").read_text() == "ours\n"
    assert (own / "reopened" / "html.html").read_text() == (
        templates_dir() / "reopened" / "html.html"
    ).read_text()


def test_welsh_begins_with_a_sample_that_nobody_gets_before_it_is_checked(
    mailbot: Callable[..., Said], office: Office, own: Path
) -> None:
    said = mailbot("letters", "copy", "--language", "cy", "--config", office.config)
    assert said.code == 0 and "checked_by" in said.out
    told = mailbot("config", "check", "--config", office.config)
    assert told.code == 0
    assert "nobody has checked its letters" in told.out + told.err
    shown = mailbot(
        "letters", "preview", "acknowledgement", "--language", "cy", "--config", office.config
    ).out
    assert "Annwyl Jean Walker" in shown and "Cam 1" in shown
    listed = mailbot("letters", "list", "--config", office.config).out.splitlines()
    assert [line.split()[0] for line in listed if " cy " in line] == [
        "acknowledgement",
        "service_request_receipt",
    ]
    words = own / "cy" / "words.toml"
    words.write_text(words.read_text().replace('checked_by = ""', 'checked_by = "Non Prys"'))
    told = mailbot("config", "check", "--config", office.config)
    assert "nobody has checked" not in told.out + told.err


def test_another_language_begins_with_what_its_letters_share(
    mailbot: Callable[..., Said], office: Office, own: Path
) -> None:
    said = mailbot("letters", "copy", "closure", "--language", "pl", "--config", office.config)
    assert said.code == 0, said.err
    made = {file.relative_to(own / "pl").as_posix() for file in (own / "pl").rglob("*") if file.is_file()}
    assert made == {
        *("words.toml", "base/parts.txt", "base/parts.html", "base/resident.txt", "base/resident.html"),
        *("closure/subject.txt", "closure/text.txt", "closure/html.html"),
    }
    assert mailbot("config", "check", "--config", office.config).code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--language", "pl"), "there is no sample in pl: name the letters"),
        (("--language", "welsh"), "no language is called 'welsh' here"),
        (("closur",), "did you mean 'closure'?"),
        ((), "name one letter or more"),
    ],
)
def test_what_can_not_be_copied_is_told(
    mailbot: Callable[..., Said], office: Office, own: Path, words: tuple[str, ...], told: str
) -> None:
    said = mailbot("letters", "copy", *words, "--config", office.config)
    assert (said.code, told in said.err) == (2, True)


def test_without_a_folder_of_its_own_copy_says_what_to_write(
    mailbot: Callable[..., Said], office: Office
) -> None:
    said = mailbot("letters", "copy", "closure", "--config", office.config)
    assert said.code == 2 and 'write templates = "templates" under [landlord]' in said.err


# ------------------------------------------------------------------ one letter from end to end


def test_a_letter_is_told_from_its_template_to_where_it_is_shown(
    mailbot: Callable[..., Said], office: Office, own: Path
) -> None:
    mine = copied(own, "closure/text.txt")
    told: dict[str, list[str]] = {}
    for line in mailbot("letters", "show", "closure", "--config", office.config).out.splitlines():
        told.setdefault(line[:10].strip(), []).append(line[11:])
    assert told["Template"][1] == str(mine), "the landlord's own"
    assert all(Path(path).is_file() for path in told["Template"]) and len(told["Template"]) == 3
    assert told["Rule"] == ["mailbot.casework.orders.closure"]
    assert (CHECKOUT / told["Shown in"][0]).is_file()
    assert told["Why"][0].startswith("Code 3.7, 5.12, House 9, 11: ")
    assert told["Facts"] == ["closed_because, closed_on"]

"""Pages that are written from the code are as the code would write them; every command that a page shows is one that
mailbot takes; and whoever follows the names of a letter arrives."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from commands_places import CHECKOUT, DOCS, page_writer

from mailbot.__main__ import app
from mailbot.casework.vocabulary import Letter
from mailbot.places import templates_dir
from mailbot.postroom.letters import read_forms
from mailbot.scenarios.words import LETTERS

_, FORMS = read_forms(templates_dir() / "letters.toml")


@pytest.mark.parametrize("name", ["letters.md", "policy-file.md"])
def test_a_written_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text() == page_writer().PAGES[name](), "run: python docs/write_pages.py"


def test_the_policy_page_has_every_table_of_a_file_and_says_what_each_key_holds() -> None:
    page = (DOCS / "policy-file.md").read_text()
    for heading in (
        "`[[stage]]`",
        "`[stage.acknowledge]`",
        "`[stage.grounds.ground]`",
        "`[[route]]`",
        "`[refusal]`",
    ):
        assert f"## {heading}\n" in page, heading
    assert '| `nation` | `"ENG"` or `"WLS"` or `"SCT"` or `"NIR"` | `"ENG"` |' in page
    assert "<class" not in page and "typing." not in page and "pydantic" not in page.lower()


# ------------------------------------------------------------------ from a letter to its template, rule and test


@pytest.mark.parametrize("letter", list(Letter))
def test_the_names_of_a_letter_lead_to_its_template_its_rule_and_where_it_is_shown(letter: Letter) -> None:
    form = FORMS[letter]
    assert all(
        (templates_dir() / letter / file).is_file() for file in ("subject.txt", "text.txt", "html.html")
    )
    assert re.match(r"(Code|House)\b", form.clause), (
        "why there is one: a clause of the Code, or a rule of the house"
    )
    assert f"Letter.{letter.name}" in inspect.getsource(imported(f"mailbot.{form.rule}"))
    shown = (CHECKOUT / "tests" / form.shown).read_text()
    if form.shown.endswith(".txt"):
        words = [words for words, meant in LETTERS.items() if letter in meant]
        refused = letter is Letter.COMMAND_REFUSED and "the act is refused" in shown
        assert refused or any(re.search(rf"\bgets .*{re.escape(said)}", shown) for said in words)
    else:
        assert f"Letter.{letter.name}" in shown or letter.value in shown
    section = (DOCS / "letters.md").read_text().partition(f"\n### {letter}\n")[2].partition("\n### ")[0]
    for target in re.findall(r"\]\(([^)]+)\)", section):
        assert (DOCS / target).exists(), target


def imported(name: str) -> object:
    """The function, or the method, of a dotted name."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(getattr, parts[cut:], module)
    raise AssertionError(f"{name}: there is no such module")


# ------------------------------------------------------------------ commands

PAGES = [
    CHECKOUT / "README.md",
    CHECKOUT / "CONTRIBUTING.md",
    CHECKOUT / "SECURITY.md",
    *sorted(DOCS.glob("*.md")),
]


def in_blocks(page: Path) -> list[str]:
    """Every line of a code block that starts mailbot, without its comment."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [m[1] for line in lines if (m := re.match(r"(?:\$ )?(?:sudo )?(?:\S*/)?mailbot (.*)", line))]


def in_words(page: Path) -> list[str]:
    """Every command that a sentence names."""
    found = re.findall(r"`mailbot ([^`]+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))
    return [" ".join(words.split()) for words in found if not re.search(r"[|<>\[\]…]|\.\.\.", words)]


class NotTaken(Exception):
    """mailbot does not take this command. `why`: the name of what the command line raised."""

    def __init__(self, line: str, error: Exception) -> None:
        super().__init__(f"{line}: {error}")
        self.why = type(error).__name__


def parse(line: str) -> None:
    """What the command line makes of it, short of doing it. NotTaken."""
    words = shlex.split(line, comments=True)
    for sign in ("<", ">", "|", "&&"):
        words = words[: words.index(sign)] if sign in words else words
    command: Any = typer.main.get_command(app)  # typer brings a click of its own
    above, name = None, "mailbot"
    try:
        while hasattr(command, "get_command") and words and not words[0].startswith("-"):
            above = command.context_class(command, parent=above, info_name=name)
            found = command.get_command(above, words[0])
            if found is None:
                raise LookupError(f"no such command: {words[0]}")
            name, command, words = words[0], found, words[1:]
        if "--help" not in words:
            command.make_context(name, words, parent=above)
    except Exception as error:
        raise NotTaken(line, error) from error


UNFINISHED = ("MissingParameter", "NoArgsIsHelpError", "BadOptionUsage", "BadParameter")
"""A sentence may name a command, an option or a group without what it is used on, or with NUMBER for a number."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_block_is_one_that_mailbot_takes(page: Path) -> None:
    for line in in_blocks(page):
        parse(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_sentence_exists_with_its_options(page: Path) -> None:
    wrong = []
    for line in in_words(page):
        try:
            parse(line)
        except NotTaken as error:
            wrong += [str(error)] if error.why not in UNFINISHED else []
    assert wrong == []


def test_a_command_that_does_not_exist_would_be_found() -> None:
    for line in ("replay export.mbox --polcy mtvh", "lettres list", "letters preview --all --langage cy"):
        with pytest.raises(NotTaken):
            parse(line)

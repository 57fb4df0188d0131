"""Pages that are written from the code are as the code would write them, and whoever follows the names of a letter
arrives."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import re
import tomllib

import pytest
from commands_places import CHECKOUT, DOCS, page_writer

from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import Calendar
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Letter, Person
from mailbot.places import templates_dir
from mailbot.policyfile import load_policy
from mailbot.postroom.letters import read_forms
from mailbot.reports.letter_samples import sample_orders
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
    assert clauses_of(form.clause) <= CLAUSES, "why there is one: clauses that stand in a file"
    if order := cited().get(letter):
        assert clauses_of(form.clause) & set(order) or TELLS_OF in form.clause, "and which its case cites"
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


CLAUSES = {
    clause["id"]
    for file in ("code-2024.toml", "house.toml")
    for clause in tomllib.loads((CHECKOUT / "config" / "policies" / file).read_text())["clause"]
}
TELLS_OF = "stands beside it"
"""A letter that tells of what happened cites the rule of that."""


def clauses_of(told: str) -> set[str]:
    """ "Code 6.3, 6.7, House 9: ..." as the ids of clauses."""
    found, origin = set(), ""
    for part in told.partition(":")[0].split(", "):
        origin = part.split()[0] if " " in part else origin
        found.add(f"{origin} {part.split()[-1]}")
    return found


@functools.cache
def cited() -> dict[Letter, tuple[str, ...]]:
    """What the letters of a made-up case cite, by the Code alone."""
    desk = Desk(tuple(Person(r, r.title(), f"{r}@example.org", roles=(r,)) for r in ROLES), {})
    rules = Rulebook(load_policy("code-2024"), Calendar("ENG"), desk, "complaints", "CC-2026-000042-1")
    return {letter: order.because for letter, order in sample_orders(rules).items()}


ROLES = ("handler", "stage2", "supervisor", "duty")


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

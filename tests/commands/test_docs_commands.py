"""What the documents say is so: their tables name every key, form and default. (Their commands: test_docs_run.)"""

from __future__ import annotations

import datetime as dt
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_places import DOCS, page_writer
from pydantic_core import PydanticUndefined

from mailbot.casework.calendar import Calendar
from mailbot.casework.commands import parse
from mailbot.casework.forms import FORMS
from mailbot.casework.policy import Anchor
from mailbot.casework.vocabulary import Act, Stage
from mailbot.mistakes import Strict
from mailbot.policytables import PolicyTable
from mailbot.settings import tables

PAGES = sorted(DOCS.glob("*.md"))
OURS = [page for page in PAGES if page.name != "letters.md"]


# ------------------------------------------------------------------ links


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text()):
            file = page.parent / target[0] if target[0] else page
            assert file.exists(), (page.name, target)
            if target[1]:
                headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
                anchors = {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}
                assert target[1] in anchors, (page.name, target)


# ------------------------------------------------------------------ handlers


def test_the_handlers_page_has_every_form_of_every_command_and_no_other():
    page = (DOCS / "handlers.md").read_text()
    rows = [re.split(r"(?<!\\)\|", line)[1] for line in page.splitlines() if line.startswith("| ")][2:]
    written = {form.strip("`") for row in rows for form in row.strip().split("<br>")}
    assert written == {form for forms in FORMS.values() for form in forms}
    assert len(rows) == len(Act)


@pytest.mark.parametrize("page", ["handlers.md", "supervisors.md"])
def test_every_command_line_on_the_pages_for_people_is_understood(page):
    calendar = Calendar("ENG")
    text = (DOCS / page).read_text()
    lines = set(re.findall(r"`(#[a-z][^`]*)`", text)) | set(re.findall(r"^    (#.*)$", text, re.MULTILINE))
    assert lines
    for line in lines - {"#extend", "#assign", "#done"}:  # named without their arguments
        parsed = parse(f"{line}\n\nSome text.\n", dt.date(2026, 2, 2), calendar.add_working_days)
        assert not parsed.mistakes, (line, parsed.mistakes)


@pytest.mark.parametrize("page", ["handlers.md", "supervisors.md", "concepts.md"])
def test_a_page_for_people_is_one_page(page):
    assert len((DOCS / page).read_text().splitlines()) <= 75


# ------------------------------------------------------------------ configuration


def table_in(annotation: object) -> type[Strict] | None:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return annotation
    for part in typing.get_args(annotation):
        if found := table_in(part):
            return found
    return None


def keys_of(model: type[Strict], path: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a file with its default, as the page writes them."""
    for name, field in model.model_fields.items():
        key = f"{path}{field.alias or name}"
        if inner := table_in(field.annotation):
            yield from keys_of(inner, f"{key}.")
            continue
        default = field.get_default(call_default_factory=True)
        if default is PydanticUndefined:
            yield key, "must be given"
        else:
            yield key, "none" if default is None else f"`{page_writer().in_toml(default)}`"


def test_the_operators_page_has_every_key_with_its_default_and_no_other():
    page = (DOCS / "operators.md").read_text()
    written = dict(re.findall(r"^\| `([a-z0-9_.]+)` \| (`[^|]*`|must be given|none) \|", page, re.MULTILINE))
    written.pop("person.away")  # the table that holds from and to
    real = {}
    for model in (tables.MailbotTable, tables.StaffTable, tables.OmbudsmanTable):
        real.update(keys_of(model))
    assert written == real


def policy_keys(model: type[Strict]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        if inner := table_in(field.annotation):
            yield from policy_keys(inner)


def words_in(annotation: object) -> Iterator[str]:
    if typing.get_origin(annotation) is typing.Literal:
        yield from (a for a in typing.get_args(annotation) if isinstance(a, str))
    elif isinstance(annotation, types.UnionType) or typing.get_args(annotation):
        for part in typing.get_args(annotation):
            yield from words_in(part)


def test_the_policies_page_has_every_key_of_a_policy_file():
    page = (DOCS / "policies.md").read_text()
    missing = {key for key in policy_keys(PolicyTable) if not re.search(rf"[`.\[]{key}[`.\]]", page)}
    assert missing == set()


def test_the_policies_page_knows_the_words_and_anchors_of_a_policy_file():
    page = (DOCS / "policies.md").read_text()
    for name in ("origin", "nation", "without_house"):
        for word in words_in(PolicyTable.model_fields[name].annotation):
            assert f"`{word}`" in page, (name, word)
    for anchor in set(Anchor) - {Anchor.DUE}:
        assert f"`{anchor}`" in page, anchor


# ------------------------------------------------------------------ manners


@pytest.mark.parametrize("page", OURS, ids=lambda p: p.name)
def test_a_page_is_plain_and_not_too_wide(page: Path):
    text = page.read_text()
    assert text.startswith("# ") and text.endswith("\n") and not text.endswith("\n\n")
    prose = [line for line in text.splitlines() if not line.startswith(("|", "    ", "$"))]
    assert max(map(len, prose)) <= 122
    assert "TODO" not in text


def test_stages_named_to_classify_exist():
    for page in PAGES:
        for stage in re.findall(r"--stage (\w+)", page.read_text()):
            assert stage in list(Stage)

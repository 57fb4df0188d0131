"""The landlord's own templates: each stands in for one that is shipped, and asks for nothing that its letter lacks.
Those in a folder called by a language stand beside it.

What is found here stops the start, so that nobody learns of it when a letter is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from jinja2 import Environment, TemplateError, nodes
from jinja2.meta import find_undeclared_variables

from mailbot.casework.adjusting import LANGUAGES
from mailbot.casework.vocabulary import Fact, Letter
from mailbot.languages import FILES, SHARED, WORDS, languages_in


class Form(Protocol):
    """What letters.toml says of a letter, as far as it matters here."""

    @property
    def required(self) -> frozenset[str]: ...

    @property
    def optional(self) -> Mapping[str, Fact]: ...


GIVEN: Final = frozenset(
    {
        "landlord", "ombudsman", "noun", "colour", "reply_address", "cut_line", "advisers", "body_of", "enclosed",
        "day", "holds", "phrase", "lang", "direction", "logo", "title", "mail_link", "case_link", "colleague_link",
        "kpi_ground", "pictures", "reference",
    }
)  # fmt: skip
"""What every template may use beside the facts of its letter."""


def wrong_in(own: Path, shipped: Path, plain: Environment, forms: Mapping[Letter, Form]) -> Iterator[str]:
    """What is wrong with the files in this folder, in words, in the order of their names. `plain` reads templates."""
    languages = languages_in(own)
    for code in languages:
        yield from _wrong_in_language(own / code, code)
    for file in sorted(path for path in own.rglob("*") if path.is_file()):
        name = file.relative_to(own).as_posix()
        first, _, inner = name.partition("/")
        if first in languages:
            if inner == WORDS:
                continue
            name = inner
        if not (shipped / name).is_file() or name == "letters.toml":
            folders = ", ".join(sorted(path.name for path in shipped.iterdir() if path.is_dir()))
            yield (
                f"{file}: no template is called {name!r}. Folders are {folders}; files in them subject.txt, "
                "text.txt and html.html"
            )
            continue
        folder = name.partition("/")[0]
        if folder not in set(Letter):
            continue
        form = forms[Letter(folder)]
        try:
            source = plain.parse(file.read_text(encoding="utf-8"))
        except (TemplateError, UnicodeDecodeError) as mistake:
            yield f"{file}: {mistake}"
            continue
        known = {*form.required, *form.optional, *GIVEN}
        if strange := sorted(find_undeclared_variables(source) - known - made_in(source)):
            yield f"{file}: the letter is not given {', '.join(strange)}. It may use {', '.join(sorted(known))}"


def _wrong_in_language(folder: Path, code: str) -> Iterator[str]:
    """A language is whole: its words, what its letters share, and of each letter all files or none."""
    if code not in LANGUAGES.values():
        known = ", ".join(f"{code} {name.title()}" for name, code in LANGUAGES.items())
        yield f"{folder}: no language is called by {code!r} here. Known are {known}"
    for name in (WORDS, *SHARED):
        if not (folder / name).is_file():
            yield f"{folder / name} is missing: begin with `mailbot letters copy --language {code}`"
    for letter in Letter:
        there = [name for name in FILES if (folder / letter / name).is_file()]
        if there and (lost := [name for name in FILES if name not in there]):
            yield f"{folder / letter}: {' and '.join(lost)} is missing: a letter is in one language"


def made_in(source: nodes.Template) -> set[str]:
    """The names that a template makes itself: Jinja takes those of its outermost level for unknown within blocks."""
    names = {node.target for node in source.find_all(nodes.Import)}
    names |= {name for node in source.find_all(nodes.Macro) for name in [node.name]}
    for node in source.find_all(nodes.FromImport):
        names |= {name[1] if isinstance(name, tuple) else name for name in node.names}
    return names | {name.name for name in source.find_all(nodes.Name) if name.ctx == "store"}

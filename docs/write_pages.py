"""Write what the documents say of letters and of policy files, from the letters and the models themselves.

    python docs/write_pages.py            # docs/policy-file.md, and the list of letters in docs/letters.md

A test finds pages that are not as this would write them (tests/commands/test_docs_generated.py).
"""

from __future__ import annotations

import datetime as dt
import enum
import textwrap
import types
import typing
from collections.abc import Iterator
from pathlib import Path

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mailbot.casework.vocabulary import Audience
from mailbot.casework.windows import Window
from mailbot.mistakes import Strict
from mailbot.places import templates_dir
from mailbot.policytables import PolicyTable
from mailbot.postroom.letters import COMMON, Automatic, Form, read_forms

DOCS = Path(__file__).resolve().parent
BEGINS = "<!-- from here on: python docs/write_pages.py -->"

# ------------------------------------------------------------------ letters

READERS = {
    "Residents": (Audience.RESIDENT,),
    "Handlers": (Audience.HANDLER,),
    "Supervisors and who is on duty": (Audience.SUPERVISOR, Audience.DUTY),
}
CLAUSES = {"Code": "code-2024.toml", "House": "house.toml"}
"""Where the clauses stand that letters.toml names."""
SPEAKS = {
    Automatic.REPLIED: "a machine answers",
    Automatic.GENERATED: "a machine writes",
    Automatic.PERSON: "a person's words",
}


def letters_page() -> str:
    """docs/letters.md: what people wrote of letters, and every letter from end to end."""
    written = (DOCS / "letters.md").read_text(encoding="utf-8").partition(BEGINS)[0]
    _, forms = read_forms(templates_dir() / "letters.toml")
    parts = [f"{written}{BEGINS}\n"]
    for heading, audiences in READERS.items():
        parts.append(f"## {heading}\n")
        parts += [letter_section(form) for form in forms.values() if form.audience in audiences]
    return "\n".join(parts)


def letter_section(form: Form) -> str:
    optional = [f"`{name}`" for name in form.optional if name not in COMMON]
    required = [f"`{name}`" for name in sorted(form.required)]
    module, _, function = form.rule.rpartition(".")
    file = module.replace(".", "/")
    if not (DOCS.parent / "mailbot" / f"{file}.py").exists():  # a method: its class stands between
        file, _, owner = file.rpartition("/")
        function = f"{owner}.{function}"
    named = form.clause.partition(":")[0]
    stands_in = [f"[{name}](../config/policies/{file})" for name, file in CLAUSES.items() if name in named]
    lines = [
        f"### {form.letter.value}\n",
        f"{form.when}\n",
        f"- Why: {form.clause} ({', '.join(stands_in)}).",
        f"- Who speaks: {SPEAKS[form.automatic]}{', *no way back*' if form.null_sender else ''}.",
        f"- Template: [`templates/{form.letter.value}`](../templates/{form.letter.value}).",
        f"- Rule: `{function}` in [`mailbot/{file}.py`](../mailbot/{file}.py).",
        f"- Shown in: [`tests/{form.shown}`](../tests/{form.shown}).",
        f"- Facts: {', '.join(required)}."
        + (f" May be left out: {', '.join(optional)}." if optional else ""),
    ]
    if form.contains:
        lines.append(f"- Must hold: {', '.join(f'`{name}`' for name in form.contains)}.")
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------ policy files

HEAD = f"""# Every key of a policy file

{BEGINS}

Written from the models that check a policy file at start-up, so that nothing here can be out of date; what the keys
mean, by example, is told in [the policy file](policies.md). A key that is not here is refused.
"""


def policy_page() -> str:
    """docs/policy-file.md: each table with its keys, what they may hold and what holds without them."""
    parts = [HEAD, section("At the top", PolicyTable)]
    for name, model in tables_of(PolicyTable):
        parts.append(section(f"`{name}`", model))
    return "\n".join(parts)


def tables_of(model: type[Strict], path: str = "") -> Iterator[tuple[str, type[Strict]]]:
    """Every table below this one, by the name that it has in the file; one model under several names each time."""
    for key, field in fields_of(model):
        inner = table_in(field.annotation)
        if inner is None:
            continue
        name = f"{path}{key}"
        several = path == "" and "list" in str(field.annotation)
        yield (f"[[{name}]]" if several else f"[{name}]", inner)
        yield from tables_of(inner, f"{name}.")


def fields_of(model: type[Strict]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def section(heading: str, model: type[Strict]) -> str:
    rows = [
        f"| `{key}` | {holds(field)} | {default(field)} | {(field.description or '').strip()} |"
        for key, field in fields_of(model)
    ]
    said = textwrap.fill(" ".join((model.__doc__ or "").split()), 118)
    lines = [f"## {heading}\n", *([f"{said}\n"] if said and model.__doc__ != Strict.__doc__ else [])]
    return "\n".join([*lines, "| key | holds | without it | |", "| --- | --- | --- | --- |", *rows]) + "\n"


def default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "must be given"
    if value is None:
        return "may be left out"
    if value in ("", [], {}, ()) or isinstance(value, Strict):
        return "nothing"
    return f"`{in_toml(value)}`"


def in_toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dt.time():
            return f'"{value:%H:%M}"'
        case enum.Enum():
            return f'"{value.value}"'
        case str():
            return f'"{value}"'
        case int() if value >= 100_000:
            return f"{value:_}"
        case list() | tuple() | set() | frozenset():
            return f"[{', '.join(map(in_toml, value))}]"
        case _:
            return str(value)


def holds(field: FieldInfo) -> str:
    """What a key may hold, in words."""
    bounds = []
    for bound in field.metadata:
        match bound:
            case Ge(ge=least):
                bounds.append(f"{least} or more")
            case Gt(gt=least):
                bounds.append(f"more than {least}")
            case Le(le=most):
                bounds.append(f"at most {most}")
            case MinLen(min_length=least) if least == 1:
                bounds.append("not empty")
            case MaxLen(max_length=most):
                bounds.append(f"at most {most} long")
    told = kind(field.annotation)
    return f"{told}, {', '.join(bounds)}" if bounds else told


KINDS: dict[object, str] = {
    bool: "`true` or `false`",
    int: "a whole number",
    float: "a number",
    str: "text",
    dt.date: "a day",
    dt.time: "a time of day",
    Window: "a window",
}


def kind(annotation: object) -> str:
    if annotation in KINDS:
        return KINDS[annotation]
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind(args[0])
    if origin is typing.Literal:
        return " or ".join(f"`{in_toml(word)}`" for word in args)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(kind(part) for part in args if part is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return "a table"
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return " or ".join(f"`{in_toml(word)}`" for word in annotation)
    if origin in (list, tuple, set, frozenset):
        inner = kind(args[0])
        return {"a table": "tables", "text": "a list of texts"}.get(inner, f"a list of {inner}")
    if origin is dict:
        return f"a table of {kind(args[1])}"
    return str(annotation)


def table_in(annotation: object) -> type[Strict] | None:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := table_in(part))), None)


PAGES = {"letters.md": letters_page, "policy-file.md": policy_page}


def main() -> None:
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()

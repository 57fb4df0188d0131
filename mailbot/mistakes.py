"""Mistakes in what people configure: all told at once, each with file, key, value, and what to write instead.

Both kinds of file (settings and policies) are TOML, held against pydantic models; what pydantic finds is put
into words for somebody who has never heard of pydantic. Passwords are never shown.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

Model = TypeVar("Model", bound=BaseModel)
_SECRET: Final = ("password", "client_secret")


class Strict(BaseModel):
    """A table of a file: unknown keys are refused, and a string is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True)
class Mistake:
    """One thing to put right. `key` is a path as people say it: "mailbox[1].imap.port"."""

    file: str
    key: str
    value: str
    problem: str
    fix: str

    def __str__(self) -> str:
        shown = f" = {self.value}" if self.value else ""
        return f"{self.file}: {self.key}{shown}\n    {self.problem}\n    -> {self.fix}"


class Mistakes(Exception):
    """Everything that is wrong, in the order of the files."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def spell(location: Sequence[str | int]) -> str:
    """("mailbox", 0, "imap", "port") as "mailbox[1].imap.port": people count from one."""
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def nearest(word: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown word: the nearest known one first, then all of them."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return (f"did you mean {close[0]!r}? " if close else "") + "known: " + ", ".join(words)


def show(key: str, value: object) -> str:
    """A value as it may be shown: short, and no secret."""
    if any(word in key.rsplit(".", 1)[-1] for word in _SECRET) and not key.endswith(("_file", "_env")):
        return "(not shown)"
    if isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(v, Mapping) for v in value)):
        return ""
    text = repr(value) if isinstance(value, str) else str(value).lower() if value is True or value is False \
        else str(value)  # fmt: skip
    return text if len(text) <= 80 else text[:77] + "..."


def read_toml(path: Path, mistakes: list[Mistake]) -> dict[str, Any] | None:
    """The tables of a file, or None and a mistake that says what is wrong with it."""
    content = read_file(path, mistakes)
    return None if content is None else parse_toml(content, path, mistakes)


def read_file(path: Path, mistakes: list[Mistake]) -> bytes | None:
    """The bytes of a file, or None and a mistake."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem, fix = "there is no such file", f"create {path}, or name another directory"
    except OSError as error:
        problem, fix = f"it cannot be read: {error.strerror}", f"let the service read {path}"
    mistakes.append(Mistake(path.name, "(the file)", "", problem, fix))
    return None


def parse_toml(content: bytes, path: Path, mistakes: list[Mistake]) -> dict[str, Any] | None:
    """The tables that the content of a file says, or None and a mistake."""
    try:
        if re.search(rb"\\u0000|\\U00000000", content):  # as a path it would be no path, but an error
            raise tomllib.TOMLDecodeError("it has the character U+0000 in it")
        return tomllib.loads(content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n"))
    except tomllib.TOMLDecodeError as error:
        problem, fix = f"this is no TOML: {error}", "put that place right; text stands in quotes, lists in []"
    except UnicodeDecodeError as error:
        problem, fix = f"this is not UTF-8 (byte {error.start})", "save the file as UTF-8"
    mistakes.append(Mistake(path.name, "(the file)", "", problem, fix))
    return None


def hold_against(
    model: type[Model], tables: Mapping[str, Any], file: str, mistakes: list[Mistake]
) -> Model | None:
    """The tables as their model, or None with every mistake that pydantic found."""
    try:
        return model.model_validate(tables)
    except ValidationError as found:
        mistakes.extend(_translate(model, tables, dict(error), file) for error in found.errors())
        return None


def _translate(
    model: type[BaseModel], tables: Mapping[str, Any], error: Mapping[str, Any], file: str
) -> Mistake:
    location = tuple(part for part in error["loc"] if part != "[key]")
    key = spell(location)
    kind, context = error["type"], error.get("ctx", {})
    value = show(key, error["input"]) if kind != "missing" else ""
    if kind == "extra_forbidden":
        parent = _model_at(model, location[:-1])
        known = [f.alias or name for name, f in parent.model_fields.items()] if parent else []
        return Mistake(file, key, value, "nobody knows this key", nearest(str(location[-1]), known))
    if kind == "missing":
        parent = _model_at(model, location[:-1])
        field = _field(parent, location[-1]) if parent else None
        example = f": {location[-1]} = {field.examples[0]}" if field and field.examples else ""
        why = f" ({field.description})" if field and field.description else ""
        return Mistake(file, key, "", f"this is missing{why}", f"add it{example}")
    if kind == "literal_error":
        words = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return Mistake(
            file, key, value, "this is not one of the words known here", nearest(value.strip("'"), words)
        )
    if kind == "value_error":
        problem, _, fix = str(context["error"]).partition(": ")
        return Mistake(file, key, value, problem, fix or "write another value")
    message = str(error["msg"])
    bounds = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}
    if kind in bounds:
        word, bound = bounds[kind]
        return Mistake(file, key, value, "this is out of bounds", f"write {word} {context[bound]}")
    if kind == "string_pattern_mismatch":
        parent = _model_at(model, location[:-1])
        field = _field(parent, location[-1]) if parent else None
        example = f"write it like {field.examples[0]}" if field and field.examples else "write another value"
        return Mistake(file, key, value, f"this does not fit: {context['pattern']}", example)
    wanted = {
        "string_type": 'write text in quotes: "..."',
        "int_type": "write a whole number without quotes",
        "int_from_float": "write a whole number without quotes",
        "float_type": "write a number without quotes",
        "bool_type": "write true or false without quotes",
        "date_type": "write a date without quotes: 2026-01-31",
        "list_type": "write a list: [...]",
        "model_type": "write a table: { ... }, or a [section] of its own",
        "dict_type": "write a table: { ... }, or a [section] of its own",
        "too_short": "name at least one",
        "string_too_short": "it must not be empty",
    }
    return Mistake(
        file, key, value, message[0].lower() + message[1:], wanted.get(kind, "write another value")
    )


def _model_at(model: type[BaseModel], location: Sequence[str | int]) -> type[BaseModel] | None:
    """The model of the table at this place of the file."""
    here: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        if not (isinstance(here, type) and issubclass(here, BaseModel)):
            return None
        field = _field(here, part)
        if field is None:
            return None
        here = _innermost(field.annotation)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _field(model: type[BaseModel], key: str | int) -> FieldInfo | None:
    return next((f for name, f in model.model_fields.items() if key in (name, f.alias)), None)


def _innermost(annotation: Any) -> Any:
    origin = typing.get_origin(annotation)
    if origin is None:
        return annotation
    arguments = [a for a in typing.get_args(annotation) if a is not types.NoneType]
    if origin is typing.Annotated or origin in (list, typing.Union, types.UnionType):
        return _innermost(arguments[0])
    return _innermost(arguments[-1])

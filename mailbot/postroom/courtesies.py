"""What people write round what they have to say: "Dear Jo," at the top and their name at the end.

A letter greets and signs by itself. Whoever writes it does so as well, as one does, and the reader would find both
twice. Promises: nothing is taken away but a line that is a greeting and no more, and a closing that says nothing which
the letter's own signature does not say below it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_HAIL: Final = r"(?:dear|hi|hiya|hello|hey|good (?:morning|afternoon|evening)|annwyl|helo)\b"
_GREETING: Final = re.compile(rf"{_HAIL}(?: [^\s,.;:!?]{{1,30}}\.?){{0,6}}\s?[,:.!]?", re.IGNORECASE)
_BEGINS: Final = re.compile(rf"{_HAIL}(?: [^\s,.;:!?]{{1,30}}\.?){{0,4}}\s?(?:[,:!]|\Z)", re.IGNORECASE)
_CLOSING: Final = re.compile(
    r"(?:(?:with )?(?:(?:very |many |my )?(?:kind|kindest|best|warm|warmest)? ?(?:regards|wishes))"
    r"|yours (?:sincerely|faithfully|truly)|sincerely|(?:many )?thanks|thank you|all the best)\W{0,2}",
    re.IGNORECASE,
)
_MOST_LINES = 14  # of a closing with a signature below it


def greets(text: object) -> bool:
    """Whether the text begins with a greeting of its own."""
    return _BEGINS.match(_first_line(text)) is not None


def without_greeting(text: object) -> str:
    """The text without a first line that greets and says nothing else."""
    said = str(text).strip("\n")
    first, _, rest = said.partition("\n")
    return rest.strip("\n") if rest.strip() and _GREETING.fullmatch(first.strip()) else said


def without_closing(text: object, handler: Mapping[str, Any], landlord: object) -> str:
    """The text without a closing and a name at its end, where all of it stands in the letter's signature too."""
    lines = str(text).strip("\n").split("\n")
    end = len(lines)
    while end and (not lines[end - 1].strip() or _is_known(lines[end - 1], handler, landlord)):
        end -= 1
    if end and _CLOSING.fullmatch(lines[end - 1].strip()):
        end -= 1
    left = "\n".join(lines[:end]).rstrip()
    return left or "\n".join(lines)


def signed(text: object, handler: Mapping[str, Any]) -> bool:
    """Whether the text ends with a closing and, below it, a signature that names its writer."""
    lines = [line.strip() for line in str(text).split("\n") if line.strip()][-_MOST_LINES:]
    name = str(handler.get("name", "")).casefold().split()
    for at, line in enumerate(lines):
        if _CLOSING.fullmatch(line):
            below = " ".join(lines[at + 1 :]).casefold()
            return bool(name) and re.search(rf"\b{re.escape(name[0])}\b", below) is not None
    return False


def _first_line(text: object) -> str:
    return str(text).strip().partition("\n")[0].strip()


def _is_known(line: str, handler: Mapping[str, Any], landlord: object) -> bool:
    """Whether the line says only who writes: their name or first name, their title, the landlord's name."""
    said = _bare(line)
    name = str(handler.get("name", ""))
    known = (
        *(name, name.partition(" ")[0], handler.get("title", ""), handler.get("phone", "")),
        *(getattr(landlord, key, "") for key in ("name", "short_name", "phone")),
    )
    return bool(said) and said in {_bare(one) for one in known if one}


def _bare(value: object) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", str(value)).casefold().split())


FILTERS: Final = {"without_greeting": without_greeting, "without_closing": without_closing}
TESTS: Final = {"greeting_first": greets, "signed_by": signed}
"""Filters and tests of the templates."""

"""Whether a letter holds what it must.

A template says beside a paragraph what that paragraph carries (`holds("definition")`), and says it only where
the paragraph is written. That alone could be claimed by an empty paragraph, so what is a fact or a contact must
stand in the written words too: the name of the handler, the date, the Ombudsman's telephone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mailbot.postroom.courtesies import without_greeting

#: What stands in the words of a letter that holds a content: any one of the phrases of each group.
Evidence = Callable[[Mapping[str, Any]], "tuple[tuple[str, ...], ...]"]


class Held:
    """What the paragraphs of one rendering say that they carry. In templates: `{{ holds("reference") }}`."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __call__(self, *names: str) -> str:
        self.names.update(names)
        return ""


def lacking(asked: Iterable[str], context: Mapping[str, Any], text: str, *renderings: Held) -> list[str]:
    """Which of the contents asked for are in none, or not in each rendering, or not in the words."""
    wanted = dict.fromkeys(asked)
    words = _plain(text) if wanted else ""
    return [
        content
        for content in wanted
        if not all(content in held.names for held in renderings) or not _stands(content, context, words)
    ]


def _stands(content: str, context: Mapping[str, Any], words: str) -> bool:
    evidence = _EVIDENCE.get(content)
    if evidence is None:  # a paragraph of the template's own words: its mark is all there is to see
        return True
    groups = evidence(context)
    return bool(groups) and all(any(p and _plain(p) in words for p in group) for group in groups)


def _plain(text: str) -> str:
    return " ".join(text.replace("\n> ", "\n").lower().split())


def _first_line(*names: str) -> Evidence:
    """The first line of the first of these facts that the letter takes, but for a greeting, which it has of its own."""

    def find(context: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        fact = without_greeting(next((context[name] for name in names if name in context), ""))
        return ((next((line for line in fact.split("\n") if line.strip()), ""),),)

    return find


def _day(name: str) -> Evidence:
    def find(context: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        value = context.get(name)
        return ((context["day"](value),),) if value else ()

    return find


def _fact(name: str) -> Evidence:
    return lambda context: ((str(context.get(name, "")),),)


def _handler(key: str, instead: str = "") -> Evidence:
    def find(context: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
        handler = context.get("handler") or {}
        return ((str(handler.get(key) or ""), getattr(context["landlord"], instead) if instead else ""),)

    return find


def _ombudsman(context: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    ombudsman = context["ombudsman"]
    return (ombudsman.name,), (ombudsman.phone,), (ombudsman.form, ombudsman.web)


def _until(context: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """The last day; where this Ombudsman's limit does not count from our answer, the limit as a sentence."""
    ombudsman = context["ombudsman"]
    if not ombudsman.counts_from_final_response:
        return ((ombudsman.limit,),)
    return _day("ombudsman_until")(context)


def _bodies(context: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return tuple((body.name,) for body in context["advisers"])


_EVIDENCE: Final[Mapping[str, Evidence]] = {
    "reference": _fact("reference"),
    "handler_name": _handler("name"),
    "handler_contact": _handler("phone", "phone"),
    "definition": _first_line("definition"),
    "next_dates": _day("respond_by"),
    "stage": _fact("stage_name"),
    "decision": lambda context: ((context["phrase"](context.get("decision", "")),),),
    "reasons": _first_line("reasons", "text", "reason"),
    "instead": _first_line("instead"),
    "new_date": _day("new_due"),
    "ombudsman": _ombudsman,
    "ombudsman_by": _until,
    "other_bodies": _bodies,
}

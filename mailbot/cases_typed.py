"""The case that a person means when they type a reference, for all commands that take one."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from mailbot.casework.references import compose, find, without_check
from mailbot.terminal import stop

if TYPE_CHECKING:
    from mailbot.casework.vocabulary import Case
    from storage.work import Work


def find_case(work: Work, typed: str, prefix: str) -> Case:
    """The case of a reference as people type it: with or without its check character, or year and number
    alone. Ends with the nearest ones where there is none, and with its history where its record is damaged."""
    spelled = [*find(typed, prefix), *without_check(typed, prefix)]
    if alone := re.fullmatch(rf"\W*(?:{prefix})?\W*(2\d\d\d)\W+0*([1-9]\d{{0,8}})\W*", typed, re.IGNORECASE):
        spelled.append(compose(prefix, int(alone[1]), int(alone[2])))
    for reference in spelled:
        if case := work.case_if_readable(reference):
            return case
        if reference in work.unreadable:
            told = [f"{line.at:%d %b %Y %H:%M}  {line.summary}" for line in work.journal_of(reference)]
            stop(
                "\n".join(
                    (f"{reference} can't be read: its record is damaged. What its journal tells:", *told)
                ),
                1,
            )
    wanted = spelled[0] if spelled else " ".join(typed.split()).upper()
    known = work.case_references_like("", limit=20_000)
    near = get_close_matches(wanted, known, n=5, cutoff=0.8) or known[-5:]
    if not near:
        stop(f"there is no case {wanted}: there are no cases at all", 1)
    return stop(f"there is no case {wanted}. The nearest: {', '.join(near)}", 1)

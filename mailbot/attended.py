"""What became of one mail."""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.casework.vocabulary import Verdict


@dataclass(frozen=True)
class Attended:
    """What became of one mail, for the timeline and the log."""

    mail: str
    disposition: str
    reference: str | None
    sender: str
    subject: str
    summary: str
    because: tuple[str, ...] = ()
    verdict: Verdict | None = None
    how_found: str = ""

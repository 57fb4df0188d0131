"""Who a case is between: people outside, and members of staff."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    RESIDENT = "resident"
    REPRESENTATIVE = "representative"
    OFFICE = "office"  # an elected member's office
    OMBUDSMAN = "ombudsman"  # the Ombudsman, who is nobody's resident


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody outside who belongs to a case. `address` is lower-cased, bare (RFC 5321 mailbox)."""

    address: str
    name: str = ""
    role: Role = Role.RESIDENT


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff, from config/staff.toml. `key` is what commands and the journal call them."""

    key: str
    name: str
    address: str
    phone: str = ""
    title: str = ""
    team: str = ""
    roles: tuple[str, ...] = ("handler",)  # handler, stage2, supervisor, head, duty
    aliases: tuple[str, ...] = ()
    away: tuple[tuple[dt.date, dt.date], ...] = ()
    case_limit: int = 0  # 0: none
    compensation_limit: int | None = (
        None  # pounds in a response; None: no end for a supervisor, nothing for others
    )
    works: tuple[str, ...] = ()  # "mon", "tue", ...: (): every working day
    delegate: str = ""  # the key of whoever acts for them while they are away
    conflicts: tuple[str, ...] = ()  # addresses, names or places of people, keys of colleagues
    signature: str = ""  # lines of their own below letters that they write
    supervises: tuple[str, ...] = ()  # the teams whose cases a supervisor's digest tells of: () for all

    def is_away(self, day: dt.date) -> bool:
        off = bool(self.works) and DAYS[day.weekday()] not in self.works
        return off or any(first <= day <= last for first, last in self.away)

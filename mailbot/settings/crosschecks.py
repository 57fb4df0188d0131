"""What only several settings together can get wrong: who is there, and whose address is whose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from mailbot.mistakes import Mistake, nearest, spell
from mailbot.settings.tables import DoorTable, MailbotTable, ReportsTable, StaffTable

MAILBOT: Final = "mailbot.toml"
STAFF: Final = "staff.toml"
OMBUDSMAN: Final = "ombudsman.toml"
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")

_REPORTS: Final = ("weekly", "monthly", "quarterly", "half_yearly", "annual")
_NEEDED: Final = {
    "handler": "complaints could be given to nobody",
    "stage2": "a request for stage 2 could be given to nobody",
    "supervisor": "nobody would hear of what is late or unsure",
}


def check_together(main: MailbotTable | None, staff: StaffTable | None) -> Iterator[Mistake]:
    """What must be put right. Either file may itself have been refused, and is then left out."""
    taken: dict[str, str] = {}
    if main:
        names = Counter(mailbox.name for mailbox in main.mailbox)
        for name, count in names.items():
            if count > 1:
                yield Mistake(
                    MAILBOT, "mailbox.name", repr(name), f"{count} mailboxes have this name", "rename one"
                )
        boxes = [(f"the mailbox {box.name}", (box.address, *box.aliases)) for box in main.mailbox]
        yield from _check_folders(main)
        yield from _check_addresses(
            MAILBOT, "mailbox", boxes, taken, "give each mailbox addresses of its own"
        )
    if staff:
        for key, count in Counter(person.key for person in staff.person).items():
            if count > 1:
                yield Mistake(STAFF, "person.key", repr(key), f"{count} people have this key", "rename one")
        people = [(person.key, (person.address, *person.aliases)) for person in staff.person]
        fix = "give each person an address of their own, or mail would go in circles"
        yield from _check_addresses(STAFF, "person", people, taken, fix)
        yield from _check_supervised(staff)
        yield from _check_delegates(staff)
        for role, lack in _NEEDED.items():
            if not any(role in person.roles for person in staff.person):
                fix = f'add "{role}" to the roles of somebody'
                yield Mistake(STAFF, "person.roles", "", f"nobody is {role}: {lack}", fix)


def _check_folders(main: MailbotTable) -> Iterator[Mistake]:
    """One folder is one mailbox's: its mails would be read twice, and which policy holds would be chance."""
    taken: dict[tuple[str, int, str, str], str] = {}
    for n, box in enumerate(main.mailbox):
        place = (box.imap.host.lower(), box.imap.port, box.imap.user, box.folder)
        if place in taken:
            problem = f"the mailbox {taken[place]} reads this folder of this login already"
            fix = "give each a folder or a user of its own; further addresses of one mailbox stand in its aliases"
            yield Mistake(MAILBOT, spell(("mailbox", n, "folder")), repr(box.folder), problem, fix)
        taken.setdefault(place, box.name)


def _check_addresses(
    file: str, table: str, owners: Sequence[tuple[str, tuple[str, ...]]], taken: dict[str, str], fix: str
) -> Iterator[Mistake]:
    """No address belongs to two; `taken` learns whose each is."""
    for n, (owner, addresses) in enumerate(owners):
        for address in addresses:
            if address in taken:
                key = spell((table, n, "address"))
                yield Mistake(
                    file, key, repr(address), f"this address already belongs to {taken[address]}", fix
                )
            taken.setdefault(address, owner)


def _check_supervised(staff: StaffTable) -> Iterator[Mistake]:
    """A team that is misspelt here would be in nobody's digest."""
    teams = {person.team for person in staff.person if person.team}
    for n, person in enumerate(staff.person):
        for i, team in enumerate(person.supervises):
            if team not in teams:
                key = spell(("person", n, "supervises", i))
                yield Mistake(STAFF, key, repr(team), "nobody is in this team", nearest(team, sorted(teams)))
        if person.supervises and "supervisor" not in person.roles:
            key = spell(("person", n, "supervises"))
            fix = 'add "supervisor" to the roles, or leave the key out'
            yield Mistake(STAFF, key, repr(person.supervises), f"{person.key} is no supervisor", fix)


def _check_delegates(staff: StaffTable) -> Iterator[Mistake]:
    """Whose key is misspelt here would get nobody's mail, and nobody would notice before the holidays."""
    keys = [person.key for person in staff.person]
    for n, person in enumerate(staff.person):
        others = [key for key in keys if key != person.key]
        if person.delegate and person.delegate not in others:
            problem = "nobody else has this key" if person.delegate == person.key else "nobody has this key"
            key = spell(("person", n, "delegate"))
            yield Mistake(STAFF, key, repr(person.delegate), problem, nearest(person.delegate, others))


def why_no_database(url: str) -> tuple[str, str]:
    """What is wrong with a PostgreSQL URL, and what to write instead; ("", "") where nothing is. Neither quotes it: it
    may hold a password."""
    server, _, rest = url.partition("://")[2].partition("/")
    if (
        "@" in rest.partition("?")[0]
        or server.count("@") > 1
        or re.search(r"[?#]", server.rpartition("@")[0])
    ):
        return "user and password can't be told from the host", "write @ / ? # in them as %40 %2F %3F %23"
    try:
        urlsplit(url).port  # noqa: B018 - it is read to see whether it can be
    except ValueError:
        return "its host or port is none", "write it like postgresql://user:password@host:5432/name"
    return "", ""


def find_oddities(main: MailbotTable, staff: StaffTable | None) -> Iterator[Mistake]:
    """What works, but hardly as meant."""
    doors: list[tuple[str, DoorTable, int]] = [
        (spell(("mailbox", n, "imap")), mailbox.imap, 993) for n, mailbox in enumerate(main.mailbox)
    ]
    for key, door, implicit in (*doors, ("smtp", main.smtp, 465)):
        if door.security == "none" and door.host not in _THIS_MACHINE:
            problem = f"mail and password would cross the network in the clear to {door.host}"
            yield Mistake(MAILBOT, f"{key}.security", "'none'", problem, 'write "tls" or "starttls"')
        if (door.port == implicit) != (door.security == "tls") and door.host not in _THIS_MACHINE:
            usual = f"port {implicit} speaks TLS from the first byte, other ports seldom do"
            yield Mistake(
                MAILBOT, f"{key}.security", repr(door.security), usual, "see that both belong together"
            )
    for n, mailbox in enumerate(main.mailbox):
        if mailbox.overlay == "off":
            yield Mistake(
                MAILBOT,
                spell(("mailbox", n, "overlay")),
                "'off'",
                "the statutory Code is not laid over this policy, which binds landlords in England",
                'write "enforce", or "warn" to see what it would change',
            )
    ours = {address for mailbox in main.mailbox for address in (mailbox.address, *mailbox.aliases)}
    if main.landlord.complaints_address not in ours:
        yield Mistake(
            MAILBOT,
            "landlord.complaints_address",
            repr(main.landlord.complaints_address),
            "letters name this address, and no mailbox here reads it",
            "write one of " + ", ".join(sorted(ours)),
        )
    if not staff:
        return
    for key in _REPORTS:  # a role that comes along need not be anybody's
        role, usual = getattr(main.reports, key), ReportsTable.model_fields[key].default
        if role not in ("", usual) and not any(role in person.roles for person in staff.person):
            fix = f'give it to somebody in {STAFF}, or write "" if nobody is to get this report'
            yield Mistake(MAILBOT, f"reports.{key}", repr(role), "nobody has this role", fix)
    watchers = [p for p in staff.person if {"supervisor", "head"} & set(p.roles)]
    if all(p.supervises and "head" not in p.roles for p in watchers):
        seen = {team for p in watchers for team in p.supervises}
        working = [p for p in staff.person if {"handler", "stage2"} & set(p.roles)]
        for person in working:
            if person.team not in seen:
                problem = f"the cases of {person.key} (team {person.team!r}) are in nobody's digest"
                fix = 'name their team in the "supervises" of a supervisor, or give somebody the role "head"'
                yield Mistake(STAFF, "person.supervises", "", problem, fix)
    handlers = {person.key for person in staff.person if "handler" in person.roles}
    second = {person.key for person in staff.person if "stage2" in person.roles}
    if len(handlers) == 1 and second <= handlers:
        yield Mistake(
            STAFF,
            "person.roles",
            "",
            f"only {', '.join(second)} could decide stage 2, having handled every stage 1",
            'add "stage2" to the roles of somebody else',
        )
    if not any("duty" in person.roles for person in staff.person):
        yield Mistake(
            STAFF,
            "person.roles",
            "",
            "nobody is on duty: dangers are told to the first supervisor, at any hour",
            'add "duty" to the roles of whoever is called out',
        )

"""Who works for the landlord of a scenario, and by which words a story calls them.

There is somebody for each thing that a policy asks of people: two handlers, a reviewer for stage 2, a supervisor,
a duty manager, and whoever approves responses where the policy wants that. A story adds others with their roles
(`Staff: Lena Ward (legal)`). Whoever is no member of staff writes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Person

DOMAIN = "brackenfieldhomes.example"
MAILBOX = f"complaints@{DOMAIN}"
BORDER = f"mx.{DOMAIN}"

_REGULARS = (
    ("Sam Okafor", "Complaints Officer", ("handler",)),
    ("Tessa Lowe", "Complaints Officer", ("handler",)),
    ("Morgan Bell", "Head of Reviews", ("stage2",)),
    ("Alex Reid", "Complaints Team Leader", ("supervisor",)),
    ("Dana Cole", "Duty Manager", ("duty",)),
)
APPROVER = "Robin Hale"

ROLE_WORDS = {
    "handler": "handler",
    "reviewer": "stage2",
    "stage 2 handler": "stage2",
    "stage 2 reviewer": "stage2",
    "supervisor": "supervisor",
    "duty manager": "duty",
    "duty person": "duty",
}
"""What a story calls the holder of a role; any other role goes by its own word ("the legal team")."""


def member(name: str, roles: Iterable[str], number: int, title: str = "") -> Person:
    """A member of staff with an address and a telephone of their own."""
    words = re.findall(r"\w+", name.lower())
    return Person(
        key=words[0],
        name=name,
        address=f"{'.'.join(words)}@{DOMAIN}",
        phone=f"01632 9601{number:02}",
        title=title,
        roles=tuple(roles),
    )


def staff(policy: Policy, added: Iterable[tuple[str, tuple[str, ...]]] = ()) -> tuple[Person, ...]:
    """Everybody who works in a story by this policy. An added person of a known name takes the place of that one."""
    people = {name: member(name, roles, n, title) for n, (name, title, roles) in enumerate(_REGULARS, 1)}
    for n, (name, roles) in enumerate(added, 20):
        people[name] = member(name, roles, n)
    held = {role for person in people.values() for role in person.roles}
    missing = sorted({stage.approver for stage in policy.stages if stage.approver} - held)
    if missing:
        people.setdefault(APPROVER, member(APPROVER, missing, 10, "Director of Homes"))
    return tuple(_with_own_keys(people.values()))


def _with_own_keys(people: Iterable[Person]) -> Iterator[Person]:
    """Commands call people by their first name; a second Sam is called by the whole name."""
    taken: set[str] = set()
    for person in people:
        key = person.key if person.key not in taken else person.address.partition("@")[0]
        taken.add(key)
        yield replace(person, key=key)


def role_of(words: str) -> str:
    """The role that "the duty manager" speaks of, "" for words that name none."""
    said = " ".join(words.lower().split())
    if not said.startswith("the "):
        return ""
    said = said.removeprefix("the ")
    if said in ROLE_WORDS:
        return ROLE_WORDS[said]
    return re.sub(r" (?:team|officer|person|manager)$", "", said).replace(" ", "_")


def holders(words: str, people: Iterable[Person]) -> tuple[Person, ...]:
    """The members of staff whom these words mean: a role, a whole name, a first name; () for somebody outside."""
    people = tuple(people)
    if role := role_of(words):
        return tuple(p for p in people if role in p.roles)
    said = words.strip().lower()
    whole = tuple(p for p in people if said in (p.name.lower(), p.key))
    return whole or tuple(p for p in people if said == p.name.lower().split()[0])


def address_of(name: str) -> str:
    """Where somebody from outside writes from, unless the story says otherwise."""
    return ".".join(re.findall(r"[a-z0-9]+", name.lower().replace("'", ""))) + "@example.com"

"""Writes a configuration for `mailbot init`: the commented example with the landlord's own values in it, so that
whoever opens the file finds every key explained where it stands. Pure: text in, text out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_SECTION: Final = re.compile(r"(?:#\s+)?\[+([a-z_.]+)\]+")
_KEY: Final = re.compile(r"(?P<off># )?(?P<key>[a-z_]+) = (?P<value>(?:\"[^\"]*\"|[^#\s]+))(?P<rest>.*)")


@dataclass(frozen=True)
class Colleague:
    """A name as residents read it, and the address that mail for them goes to."""

    name: str
    address: str


def filled_in(example: str, values: Mapping[str, str | bool], provider: str = "password") -> str:
    """The example with these values ("smtp.host": ...); keys that were commented out come into force. With a provider
    other than "password", both doors ask for tokens and the [oauth] section stands ready.

    KeyError for a value that the example has no place for."""
    left = dict(values)
    lines = []
    section = ""
    for line in example.splitlines():
        if found := _SECTION.match(line):
            section = found[1]
        if provider != "password":
            line = _by_token(line, section, provider)
        match = _KEY.match(line)
        name = f"{section}.{match['key']}" if match else ""
        if match and name in left:
            written = f"{match['key']} = {_toml(left.pop(name))}"
            comment = match["rest"].strip()
            line = f"{written:<44} {comment}" if comment else written
        lines.append(line)
    if left:
        raise KeyError(f"the example has no {', '.join(sorted(left))}")
    return "\n".join(lines) + "\n"


def _by_token(line: str, section: str, provider: str) -> str:
    if section in ("mailbox.imap", "smtp") and line.startswith("password_env = "):
        return 'auth = "oauth"'
    if section != "oauth" or not line.startswith("#   "):
        return line
    line = line.removeprefix("#   ")
    if line.startswith("provider = "):
        return f'provider = "{provider}"'
    if provider == "google":
        if line.startswith(("tenant_id", "client_id")):
            return f"# {line}"
        if line.startswith("client_secret_file"):
            return 'service_account_file = "secrets/google.json"'
    return line


def staff_file(example: str, roles: Sequence[tuple[str, Sequence[Colleague]]]) -> str:
    """The example's explanation, and one [[person]] for each address, with every role that names it."""
    head = example.partition("\n[[person]]")[0] + "\n"
    held: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for role, people in roles:
        for person in people:
            names.setdefault(person.address, person.name)
            held.setdefault(person.address, []).append(role)
    keys = _keys(names)
    persons = (
        f"[[person]]\nkey = {_toml(keys[address])}\nname = {_toml(names[address])}\naddress = {_toml(address)}\n"
        f"roles = {json.dumps(held[address])}\n"
        for address in names
    )
    return head + "\n".join(persons)


def _keys(names: Mapping[str, str]) -> dict[str, str]:
    """A word for each to be called by: the first name where it is nobody else's, then more of the name."""
    keys: dict[str, str] = {}
    for address, name in names.items():
        for candidate in _candidates(name, address):
            if candidate not in keys.values():
                keys[address] = candidate
                break
    return keys


def _candidates(name: str, address: str) -> Iterator[str]:
    words = re.findall(r"[a-z]+", name.lower()) or re.findall(r"[a-z]+", address) or ["person"]
    yield words[0]
    yield ".".join(words)
    number = 2
    while True:
        yield f"{words[0]}{number}"
        number += 1


def _toml(value: str | bool) -> str:
    """A TOML basic string escapes as JSON does, for all that stands on one line (toml.io v1.0.0, String)."""
    return json.dumps(value, ensure_ascii=False)

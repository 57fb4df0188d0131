"""How a line of the journal is sealed: what is hashed, in which spelling, with which key.

Each line carries the hash of the line before it in its chain. A case is a chain, so is a mail that belongs to no
case, and the house has one for the rest: workers who write of different matters never wait for each other.

What people said (`SEALED`) enters the hash as a salted seal of its own, not as text. So it can be erased later, its
salt with it, while the seal stays and the hash still proves that nothing else was changed. Without the salt nobody can
try out whether a seal is that of an address they know.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

HOUSE = "house"
"""The chain of lines about no case and no mail."""

SEALED = ("who", "summary", "event", "effects")
"""Columns that may hold what somebody wrote, or who: hashed by a salted seal, erasable."""

OPEN = ("seq", "chain", "place", "previous", "at", "reference", "kind", "mail", "because", "version", "proof")
"""Columns that name nobody: hashed as they are, never changed."""

PLAIN, KEYED = "s1", "h1"
"""How a hash was made: SHA-256, or HMAC-SHA-256 with the installation's key. The digit is the spelling's version."""


def chain_of(reference: str | None, mail: str | None) -> str:
    return reference or (f"mail:{mail}" if mail else HOUSE)


def _spell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return repr(value)


_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=_spell).encode


def canonical(value: object) -> bytes:
    """One spelling of a value, the same on every database and machine."""
    return _encode(value).encode()


def seal(salt: str, column: str, value: object) -> str:
    spelled = ",".join(map(_encode, (salt, column, value)))  # as `canonical` spells the three in a list
    return hashlib.sha256(f"[{spelled}]".encode()).hexdigest()


def seals(row: Mapping[str, Any]) -> dict[str, str]:
    return {column: seal(row["salt"], column, row[column]) for column in SEALED}


def line_hash(row: Mapping[str, Any], sealed: Mapping[str, str], key: bytes) -> str:
    """The hash of a line, by its open columns and by the seals of the others."""
    return stamp([*(row[column] for column in OPEN), *(sealed[column] for column in SEALED)], key)


def stamp(content: object, key: bytes) -> str:
    """A hash that says how it was made. With a key, only who has the key can make it."""
    spelled = canonical(content)
    if key:
        return f"{KEYED}:{hmac.new(key, spelled, hashlib.sha256).hexdigest()}"
    return f"{PLAIN}:{hashlib.sha256(spelled).hexdigest()}"


def stands(row: Mapping[str, Any]) -> str:
    """The digest of a line as it reads after an erasure: what then may not be changed either."""
    return hashlib.sha256(canonical([row[column] for column in (*OPEN, *SEALED, "salt", "hash")])).hexdigest()


def faults_of(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is not right in the lines of one chain as they were handed out (`Journal.lines_as_kept`), without the
    database: their order, and each hash that was made without a key."""
    faults, place, previous = [], 0, ""
    for line in lines:
        if line["place"] != place + 1 or line["previous"] != previous:
            faults.append(f"line {line['seq']} does not follow the line before it")
        sealed = line.get("seals") or seals(line)
        if str(line["hash"]).startswith(PLAIN) and line["hash"] != line_hash(line, sealed, b""):
            faults.append(f"line {line['seq']} was changed")
        place, previous = line["place"], line["hash"]
    return faults


def root(redactions: Iterable[tuple[int, str, str]]) -> str:
    """What an erasure's own line vouches for: each line that it changed, its seals before, its digest after."""
    return hashlib.sha256(canonical(sorted(map(list, redactions)))).hexdigest()


def code(hash_: str) -> str:
    """A hash as people compare it: sixteen characters of it, in fours."""
    tail = hash_.partition(":")[2][:16]
    return " ".join(tail[n : n + 4] for n in range(0, len(tail), 4))

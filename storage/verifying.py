"""Whether the journal is as it was written. Finds an edit, a removal, an insertion or a reordering, and says where.

Every line is hashed anew and held against what it says, against the line before it in its chain, against the head of
the chain, against the checkpoints, and against the version that its case stands at. Lines whose words were erased are
held against the seals that the erasure left, and the erasure against the line that ordered it. All faults are found,
each once; a broken line does not hide the next.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, select, text, type_coerce

from mailbot.casework.references import compose
from storage import chain
from storage.schema import cases, checkpoints, heads, journal, redactions, sequences

_BATCH = 500  # lines that are in memory at once


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written. `seq`: the line's number, None for a fault beside the lines."""

    what: str
    seq: int | None = None
    reference: str | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Erasure:
    """An erasure that the journal knows of: no fault."""

    seq: int  # of the line that ordered it
    at: dt.datetime
    summary: str
    lines: int


@dataclass(frozen=True)
class Verified:
    lines: int
    chains: int
    checkpoints: int
    keyed: bool  # an installation's key was asked for, and held
    faults: tuple[Fault, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    last: str = ""  # the code of the last checkpoint


def verify(connection: Connection, key: bytes, reference: str | None = None) -> Verified:
    return _Verifier(connection, key, reference).run()


class _Verifier:
    def __init__(self, connection: Connection, key: bytes, reference: str | None) -> None:
        self._connection = connection
        self._key = key
        self._only = reference
        self._faults: list[Fault] = []
        self._heads: dict[str, tuple[int, str]] = {}  # by chain: place and hash of the last line
        self._versions: dict[str, int] = {}
        self._orders: dict[int, dict[str, Any]] = {}
        self._redacted = self._read_redactions()
        self._keyed_after = self._keyed_from()

    def run(self) -> Verified:
        marks = [] if self._only else list(self._rows(checkpoints, checkpoints.c.number))
        counted, last_seq, folded, folded_lines = 0, 0, hashlib.sha256(), 0
        waiting = list(marks)
        self._check_marks(marks)
        for row in self._lines():
            while waiting and isinstance(row["seq"], int) and row["seq"] > waiting[0]["up_to"]:
                self._close_mark(waiting.pop(0), folded.hexdigest(), folded_lines)
                folded, folded_lines = hashlib.sha256(), 0
            folded.update(f"{row['seq']} {row['hash']}\n".encode())
            folded_lines += 1
            self._check_line(row)
            if self._gapless and row["seq"] != last_seq + 1:
                self._miss(last_seq, row)
            counted, last_seq = counted + 1, row["seq"]
        for mark in waiting:
            self._close_mark(mark, folded.hexdigest(), folded_lines)
            folded, folded_lines = hashlib.sha256(), 0
        if self._gapless:
            self._check_tail(last_seq)
        self._check_heads()
        self._check_versions()
        if not self._only:
            self._check_numbers()
        erasures = tuple(self._check_erasures())  # finds faults too
        return Verified(
            lines=counted,
            chains=len(self._heads),
            checkpoints=len(marks),
            keyed=bool(self._key),
            faults=tuple(self._faults),
            erasures=erasures,
            last=chain.code(marks[-1]["hash"]) if marks else "",
        )

    # -------------------------------------------------------------- reading

    @property
    def _gapless(self) -> bool:
        """SQLite numbers lines without a gap; PostgreSQL leaves one where a transaction was taken back."""
        return self._connection.dialect.name == "sqlite" and not self._only

    def _lines(self) -> Iterator[dict[str, Any]]:
        # As text where a file may hold anything: what can't be read is a fault, and no crash.
        columns = [
            type_coerce(column, Text).label(column.name)
            if column.name == "at" and self._plain_times
            else column
            for column in journal.c
        ]
        statement = select(*columns).order_by(journal.c.seq)
        if self._only:
            statement = statement.where((journal.c.chain == self._only) | (journal.c.reference == self._only))
        for row in self._connection.execute(statement.execution_options(yield_per=_BATCH)):
            yield {**row._mapping, "at": _moment(row.at)}

    @property
    def _plain_times(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    def _rows(self, table: Any, order: Any) -> Iterator[dict[str, Any]]:
        columns = [
            type_coerce(column, Text).label(column.name)
            if column.name == "at" and self._plain_times
            else column
            for column in table.c
        ]
        for row in self._connection.execute(select(*columns).order_by(order)):
            found = dict(row._mapping)
            if "at" in found:
                found["at"] = _moment(found["at"])
            yield found

    def _read_redactions(self) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        for row in self._rows(redactions, redactions.c.order_seq):
            found.setdefault(row["seq"], []).append(row)
        return found

    def _keyed_from(self) -> int | None:
        """The number after which every line must be keyed: where the first keyed checkpoint ends. None: not yet."""
        marks = self._rows(checkpoints, checkpoints.c.number)
        return next((m["up_to"] for m in marks if str(m["hash"]).startswith(chain.KEYED)), None)

    # -------------------------------------------------------------- lines

    def _check_line(self, row: dict[str, Any]) -> None:
        name, place = str(row["chain"]), row["place"]
        if name != chain.chain_of(row["reference"], row["mail"]):
            self._say(row, "it stands in the chain of another matter")
        before = self._heads.get(name, (0, ""))
        if place != before[0] + 1:
            told = f"it should be line {before[0] + 1} of its case or mail and says that it is line {place}"
            missing = place - before[0] - 1 if isinstance(place, int) else 0
            self._say(row, f"{_lines(missing)} before it {_are(missing)} missing" if missing > 0 else told)
        elif row["previous"] != before[1]:
            self._say(row, "it does not follow the line before it")
        sealed = self._seals_of(row)
        if sealed is not None and not self._hash_stands(row, sealed):
            self._say(row, "it was changed")
        self._heads[name] = (place if isinstance(place, int) else before[0] + 1, str(row["hash"]))
        if row["reference"] and isinstance(row["version"], int):
            self._versions[row["reference"]] = row["version"]
        if row["kind"] == "erased":
            self._orders[row["seq"]] = row

    def _seals_of(self, row: dict[str, Any]) -> dict[str, str] | None:
        """The seals of the line as it was written; None where a fault about them was said already."""
        blanked = self._redacted.get(row["seq"], [])
        if row["erased_by"] != (blanked[-1]["order_seq"] if blanked else None):
            self._say(row, "it says that its words were erased, and no order says so, or the other way round")
            return None
        if not blanked:
            return chain.seals(row)
        if chain.stands(row) != blanked[-1]["digest"]:
            self._say(row, "it was changed after its words were erased")
        try:
            return {column: str(json.loads(blanked[0]["seals"])[column]) for column in chain.SEALED}
        except (ValueError, KeyError, TypeError):
            self._say(row, "the seals of its erased words can't be read")
            return None

    def _hash_stands(self, row: dict[str, Any], sealed: dict[str, str]) -> bool:
        how = str(row["hash"]).partition(":")[0]
        must = self._key and self._keyed_after is not None and row["seq"] > self._keyed_after
        if how == chain.KEYED:
            # Without the key nobody can tell: the chain itself is still held together by the next lines.
            return not self._key or bool(row["hash"] == chain.line_hash(row, sealed, self._key))
        return not must and bool(row["hash"] == chain.line_hash(row, sealed, b""))

    def _miss(self, last_seq: int, row: dict[str, Any]) -> None:
        missing = row["seq"] - last_seq - 1 if isinstance(row["seq"], int) else 0
        if missing > 0:
            self._say(row, f"{_lines(missing)} of the journal before it {_are(missing)} missing")

    def _say(self, row: dict[str, Any], what: str) -> None:
        at = row["at"] if isinstance(row["at"], dt.datetime) else None
        self._faults.append(Fault(what, row["seq"], row["reference"], at))

    # -------------------------------------------------------------- beside the lines

    def _check_tail(self, last_seq: int) -> None:
        given = self._connection.execute(
            text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'journal'")
        ).scalar()
        if given and given > last_seq:
            cut = given - last_seq
            self._faults.append(Fault(f"{_lines(cut)} at the end of the journal {_are(cut)} missing"))

    def _check_heads(self) -> None:
        for head in self._rows(heads, heads.c.chain):
            if self._only and head["chain"] != self._only:
                continue
            if not head["place"]:
                continue
            found = self._heads.get(head["chain"])
            if found is None:
                told = f"all {head['place']} lines of {head['chain']} are missing"
                self._faults.append(Fault(told, None, head["chain"]))
            elif found != (head["place"], head["hash"]):
                told = f"the last line of {head['chain']} is not the one that was written last (line {head['place']})"
                self._faults.append(Fault(told, None, head["chain"]))
        known = set(self._connection.execute(select(heads.c.chain)).scalars())
        for name in sorted(set(self._heads) - known):
            self._faults.append(Fault(f"{name} has lines, and no note of its last one", None, name))

    def _check_versions(self) -> None:
        """A case stands at the version that its last step gave it."""
        statement = select(cases.c.reference, cases.c.version).order_by(cases.c.reference)
        if self._only:
            statement = statement.where(cases.c.reference == self._only)
        there = set()
        for reference, version in self._connection.execute(statement):
            there.add(reference)
            if self._versions.get(reference) != version:
                told = f"the case stands at step {version}, its journal ends with step {self._versions.get(reference)}"
                self._faults.append(Fault(told, None, reference))
        for reference in sorted(set(self._versions) - there):
            self._faults.append(Fault("the journal tells of a case that is not there", None, reference))

    def _check_numbers(self) -> None:
        """Each number that was given to a case has its case."""
        there = set(self._connection.execute(select(cases.c.reference)).scalars())
        for name, following in self._connection.execute(select(sequences.c.name, sequences.c.next)):
            prefix, _, year = str(name).rpartition("-")
            for number in range(1, following):
                try:
                    reference = compose(prefix, int(year), number)
                except ValueError:
                    break
                if reference not in there:
                    told = "its number was given to a case, and there is no such case"
                    self._faults.append(Fault(told, None, reference))

    def _check_marks(self, marks: list[dict[str, Any]]) -> None:
        before = ""
        for number, mark in enumerate(marks, 1):
            content = [mark[name] for name in ("number", "at", "up_to", "lines", "digest", "previous")]
            keyed = str(mark["hash"]).startswith(chain.KEYED)
            key = self._key if keyed else b""
            right = mark["hash"] == chain.stamp(content, key) if key or not keyed else True
            if mark["number"] != number or mark["previous"] != before or not right:
                self._faults.append(
                    Fault(f"checkpoint {mark['number']} was changed, or one before it removed")
                )
            elif (
                self._key
                and not keyed
                and self._keyed_after is not None
                and mark["up_to"] > self._keyed_after
            ):
                self._faults.append(Fault(f"checkpoint {mark['number']} is not sealed with the key"))
            before = str(mark["hash"])
        if self._key and not self._only and self._keyed_after is None:
            self._faults.append(Fault("nothing is sealed with the key yet: run `mailbot journal seal` once"))

    def _close_mark(self, mark: dict[str, Any], digest: str, lines: int) -> None:
        if (mark["digest"], mark["lines"]) != (digest, lines):
            told = f"the lines up to {mark['up_to']} are not those of checkpoint {mark['number']}"
            if lines != mark["lines"]:
                told += f" ({lines} instead of {mark['lines']})"
            self._faults.append(Fault(told))

    def _check_erasures(self) -> Iterator[Erasure]:
        by_order: dict[int, list[tuple[int, str, str]]] = {}
        for blanked in self._redacted.values():
            for one in blanked:
                by_order.setdefault(one["order_seq"], []).append((one["seq"], one["seals"], one["digest"]))
        if self._only:
            mine = {row["seq"] for row in self._lines()}
            by_order = {o: rows for o, rows in by_order.items() if any(seq in mine for seq, _, _ in rows)}
            for row in self._connection.execute(select(journal).where(journal.c.seq.in_(list(by_order)))):
                self._orders[row.seq] = dict(row._mapping)
        for order_seq, rows in sorted(by_order.items()):
            order = self._orders.pop(order_seq, None)
            if order is None or order["proof"] != chain.root(rows):
                told = f"an erasure of {_lines(len(rows))} is not the one that was ordered"
                self._faults.append(Fault(told, order_seq))
            else:
                yield Erasure(order_seq, order["at"], order["summary"], len(rows))
        for order_seq, order in self._orders.items():
            if order["proof"] != chain.root([]) and order_seq not in by_order and not self._only:
                self._faults.append(Fault("the record of what an erasure changed is missing", order_seq))


def _moment(stored: object) -> object:
    """A stored time as an aware one; what is none stays as it is, and fits no hash."""
    if isinstance(stored, dt.datetime):
        return stored.replace(tzinfo=dt.UTC) if stored.tzinfo is None else stored.astimezone(dt.UTC)
    try:
        return dt.datetime.strptime(str(stored), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=dt.UTC)
    except ValueError:
        return stored


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number:,} lines"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"

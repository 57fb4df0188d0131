"""Read policies from TOML: one file a landlord, one for the statutory Code, one for mailbot's own defaults.

A file that cannot be kept to the letter is refused whole (`PolicyMistake`, every mistake at once): an unknown
key, a clause that nobody wrote, a number without a clause, a window that cannot be read, a clause that
mailbot is said to keep and that nothing cites, two readings without saying which was taken. The shape of the
file is explained in config/policies/mtvh.toml, by example.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from mailbot.casework import layers
from mailbot.casework import policy as p
from mailbot.casework import provisions as v
from mailbot.casework.layers import Layer, StageLayer
from mailbot.casework.policy import Overlay, Policy
from mailbot.casework.versions import in_force
from mailbot.casework.windows import Anchor
from mailbot.mistakes import Mistake, Mistakes, Strict, hold_against, nearest, parse_toml, read_file, show
from mailbot.places import config_dir
from mailbot.policytables import (
    DutyTable,
    PolicyTable,
    RouteTable,
    StageTable,
    UnderstandingTable,
    WithinTable,
)

CODE: Final = "code-2024"
HOUSE: Final = "house"
_PREFIX: Final = {"code": "Code ", "house": "House "}


class PolicyMistake(Mistakes):
    """A policy file that is refused, with everything that is wrong with it."""


# ------------------------------------------------------------------ what only the whole file can tell


def _cited(tables: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every (key, clause id) that a file cites, wherever it stands, in a file with other mistakes too."""
    if isinstance(tables, list):
        for n, table in enumerate(tables, 1):
            yield from _cited(table, f"{path}[{n}]")
    elif isinstance(tables, Mapping):
        for key, value in tables.items():
            here = f"{path}.{key}" if path else str(key)
            if key in ("clauses", "opt_out_clauses") and isinstance(value, list):
                yield from ((here, clause) for clause in value if isinstance(clause, str))
            elif key in ("because", "acknowledgement_contains", "response_contains") and isinstance(
                value, Mapping
            ):
                for word, clauses in value.items():
                    if isinstance(clauses, list):
                        yield from (
                            (f"{here}.{word}", clause) for clause in clauses if isinstance(clause, str)
                        )
            elif key != "clause":
                yield from _cited(value, here)


def _check_clauses(tables: Mapping[str, Any], file: str) -> Iterator[Mistake]:
    clauses = [c for c in tables.get("clause", ()) if isinstance(c, Mapping)]
    written = [str(c.get("id", "")) for c in clauses]
    for id, count in Counter(written).items():
        if count > 1:
            yield Mistake(
                file, "clause.id", repr(id), f"{count} clauses have this id", "give each its own (b1, b2)"
            )
    origin = str(tables.get("origin", "policy"))
    for id in dict.fromkeys(written):
        if (prefix := _PREFIX.get(origin, "")) and not id.startswith(prefix):
            fix = f"write {prefix + id!r}"
            yield Mistake(file, "clause.id", repr(id), f"clauses of the {origin} carry its name", fix)
        if origin == "policy" and id.startswith(tuple(_PREFIX.values())):
            problem, fix = (
                "this name belongs to the Code or the house",
                "call it as the landlord's document does",
            )
            yield Mistake(file, "clause.id", repr(id), problem, fix)
    cited = list(_cited(tables))
    for key, id in cited:
        if id not in written:
            yield Mistake(
                file, key, repr(id), "no [[clause]] has this id", nearest(id, dict.fromkeys(written))
            )
    used = {id for key, id in cited if not key.startswith("ambiguity")}
    for clause in clauses:
        if clause.get("kept_by") == "mailbot" and (id := str(clause.get("id"))) not in used:
            problem = "mailbot is said to keep this clause, but no rule cites it"
            yield Mistake(
                file, "clause.kept_by", repr(id), problem, 'cite it, or write "person" or "document"'
            )


def _check_stages(tables: Mapping[str, Any], file: str) -> Iterator[Mistake]:
    stages = [s.get("number") for s in tables.get("stage", ()) if isinstance(s, Mapping)]
    for number in (1, 2):
        if (count := stages.count(number)) != 1:
            problem = "this stage is missing" if not count else f"{count} tables describe this stage"
            yield Mistake(file, f"stage {number}", "", problem, f"write one [[stage]] with number = {number}")


def _check_words(tables: Mapping[str, Any], file: str) -> Iterator[Mistake]:
    """Rules that exist, and readings that were written down."""
    because = tables.get("because", {})
    for rule in because if isinstance(because, Mapping) else ():
        if rule not in p.RULES:
            yield Mistake(file, f"because.{rule}", "", "mailbot has no such rule", nearest(rule, p.RULES))
    known = {str(a.get("id")) for a in tables.get("ambiguity", ()) if isinstance(a, Mapping)}
    for key, table in _tables(tables):
        if "reading" in table and not key.startswith("ambiguity"):
            reading = str(table["reading"])
            if reading not in known:
                fix = nearest(reading, sorted(known)) if known else "write an [[ambiguity]] with that id"
                yield Mistake(file, f"{key}.reading", repr(reading), "no [[ambiguity]] has this id", fix)
        elif "target" in table and "outer" in table and table["target"] != table["outer"]:
            problem = "two readings, and nothing says why"
            fix = 'write reading = "A1", and an [[ambiguity]] that tells the question and the reading'
            yield Mistake(file, f"{key}.target", show("", table["target"]), problem, fix)
    for key, name, sources in _said_twice(tables):
        if any(isinstance(t, Mapping) and not t.get("reading") for t in sources):
            problem = f"{len(sources)} sources contradict each other, and nothing says how that is read"
            fix = 'write reading = "..." into each, and an [[ambiguity]] with that id'
            yield Mistake(file, key, name, problem, fix)


def _said_twice(tables: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    """Where a file says the same thing more than once: several sources of a duty, and rules that stand for one
    thing, of which only the first would ever be asked."""
    for key, table in _tables(tables):
        for duty in _DUTIES if key else ():
            value = table.get(duty)
            if isinstance(value, list) and len(value) > 1:
                yield f"{key}.{duty}", "", value
    for kind, named in (("silence", _counts_from), ("exclusion", _ground)):
        found: dict[str, list[Any]] = {}
        for rule in tables.get(kind, ()):
            if isinstance(rule, Mapping):
                found.setdefault(named(rule), []).append(rule)
        yield from ((kind, repr(name), rules) for name, rules in found.items() if len(rules) > 1)


_DUTIES = ("acknowledge", "contact", "respond", "review", "window", "aim", "answer")


def _counts_from(rule: Mapping[str, Any]) -> str:
    return str(rule.get("within", "")).rpartition(" from ")[2].strip()


def _ground(rule: Mapping[str, Any]) -> str:
    return str(rule.get("ground", ""))


def _tables(tables: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(tables, list):
        for n, table in enumerate(tables, 1):
            yield from _tables(table, f"{path}[{n}]")
    elif isinstance(tables, Mapping):
        yield path, tables
        for key, value in tables.items():
            yield from _tables(value, f"{path}.{key}" if path else str(key))


# ------------------------------------------------------------------ tables to layers


def read_layer(path: Path) -> Layer:
    """One file, not yet resolved. PolicyMistake with everything that is wrong with it."""
    mistakes: list[Mistake] = []
    content = read_file(path, mistakes)
    if content is None:
        raise PolicyMistake(mistakes)
    return _read(path.name, content)


@functools.lru_cache(
    maxsize=64
)  # several policies lay themselves over the same house rules and the same Code
def _read(name: str, content: bytes) -> Layer:
    path, mistakes = Path(name), list[Mistake]()
    tables = parse_toml(content, path, mistakes)
    if tables is not None:
        table = hold_against(PolicyTable, tables, path.name, mistakes)
        for check in (_check_clauses, _check_stages, _check_words):
            mistakes.extend(check(tables, path.name))
        if table and not mistakes:
            return _layer(table)
    raise PolicyMistake(mistakes)


def _layer(table: PolicyTable) -> Layer:
    stages = sorted(table.stage, key=lambda stage: stage.number)
    requests, floor, early = table.service_requests, table.silence_floor, table.early_resolution
    return Layer(
        id=table.id,
        version=table.valid_from.isoformat(),
        title=table.title,
        landlord=table.landlord,
        origin=table.origin,
        nation=table.nation,
        person_noun=table.person_noun,
        valid_from=table.valid_from,
        valid_to=table.valid_to,
        stages=(_stage(stages[0]), _stage(stages[1])),
        silence=tuple(
            p.SilenceRule(
                s.within.anchor,
                s.within,
                s.needs_response,
                s.needs_attempts,
                s.remind_before_working_days,
                tuple(s.blocked_by),
                tuple(s.clauses),
                s.decided_by,
            )
            for s in table.silence
        ),
        silence_floor=layers.SilenceFloor(floor.needs_response, tuple(floor.blocked_by), tuple(floor.clauses))
        if floor
        else None,
        service_requests=p.ServiceRequestRules(
            _deadline(requests.answer), requests.chase_every_working_days, tuple(requests.clauses)
        )
        if requests
        else None,
        chase=p.ChaseRules(**_plain(table.chase)) if table.chase else None,
        triage=p.TriageRules(**_plain(table.triage)) if table.triage else None,
        referral_months=table.referral.months if table.referral else None,
        referral_clauses=tuple(table.referral.clauses) if table.referral and table.referral.months else (),
        exclusions=tuple(p.Exclusion(**_plain(e)) for e in table.exclusion),
        on_merits=tuple(table.on_merits.clauses) if table.on_merits else (),
        because=_clauses(table.because),
        clauses=tuple(p.Clause(c.id, c.says, p.KeptBy(c.kept_by), table.origin) for c in table.clause),
        ambiguities=tuple(
            p.Ambiguity(a.id, tuple(a.clauses), a.question, a.reading) for a in table.ambiguity
        ),
        dead_addresses=tuple(table.dead_addresses),
        without_house=tuple(table.without_house),
        statutory=_statutory(table),
        ombudsman=table.ombudsman,
        wait_weeks=table.referral.wait_weeks if table.referral else None,
        only_for=table.referral.only_for if table.referral else "",
        obsolete_clauses=tuple(table.referral.clauses)
        if table.referral and (table.referral.wait_weeks or table.referral.only_for)
        else (),
        early_resolution=v.EarlyResolution(**{**_plain(early), "aim": _deadline(early.aim)})
        if early
        else None,
        refusal=v.Refusal(**_plain(table.refusal)) if table.refusal else None,
        routes=tuple(_route(route) for route in table.route),
        third_party=v.ThirdParty(**_plain(table.third_party)) if table.third_party else None,
        survey=v.Survey(**_plain(table.survey)) if table.survey else None,
        updates=v.Updates(**_plain(table.updates)) if table.updates else None,
        reports=tuple(v.Report(**_plain(report)) for report in table.report),
        data_protection=_within(table.data_protection),
        ombudsman_mail=_within(table.ombudsman_mail),
        receipt=v.Receipt(**_plain(table.receipt)) if table.receipt else None,
        closures=v.Closures(**_plain(table.closures)) if table.closures else None,
    )


def _statutory(table: PolicyTable) -> str:
    """The Code that binds its landlord: England's, unless the file says another or none."""
    if table.code is not None:
        return table.code
    return CODE if table.origin == "policy" and table.nation == "ENG" else ""


def _route(table: RouteTable) -> v.Route:
    words = tuple(" ".join(word.lower().split()) for word in table.words)
    return v.Route(**{**_plain(table), "words": words})


def _within(table: WithinTable | None) -> p.Deadline | None:
    return p.Deadline((p.Source(tuple(table.clauses), table.within, table.within),)) if table else None


def _stage(table: StageTable) -> StageLayer:
    review = _deadline(table.review)
    respond = _deadline(table.respond)
    if respond and review:
        respond = p.Deadline(respond.sources, ((Anchor.REVIEWED, review),))
    grounds = table.grounds
    return StageLayer(
        number=table.number,
        name=table.name,
        acknowledge=_deadline(table.acknowledge),
        acknowledge_because=_clauses(table.acknowledgement_contains),
        contact=_deadline(table.contact),
        respond=respond,
        respond_because=_clauses(table.response_contains),
        extension=p.ExtensionRules(**_plain(table.extension)) if table.extension else None,
        window=p.ResidentWindow(tuple(t.source() for t in table.window)) if table.window else None,
        grounds=tuple(p.Ground(**_plain(g)) for g in grounds.ground) if grounds else (),
        grounds_gate=grounds.gate if grounds else None,
        grounds_clauses=tuple(grounds.clauses) if grounds else (),
        different_person=table.different_person.required if table.different_person else None,
        different_person_clauses=tuple(table.different_person.clauses) if table.different_person else (),
        approver=table.approver.role if table.approver else "",
        approver_clauses=tuple(table.approver.clauses) if table.approver else (),
        no_connection=bool(table.different_person and table.different_person.connection),
        supported_by=table.different_person.supported_by if table.different_person else "",
        readings={"acknowledge": _readings(table.acknowledge), "respond": _readings(table.respond)},
        understanding=_understanding(table.understanding),
        direct=v.Allowance(**_plain(table.direct)) if table.direct else None,
        panel=v.Panel(**_plain(table.panel)) if table.panel else None,
        decline_clauses=tuple(table.decline.clauses) if table.decline else (),
    )


def _understanding(table: UnderstandingTable | None) -> v.Understanding | None:
    if table is None:
        return None
    letter = p.Deadline((p.Source(tuple(table.clauses), table.within, table.within),))
    return v.Understanding(letter, table.confirm_working_days, table.gate, tuple(table.clauses))


def _deadline(duty: list[DutyTable] | None) -> p.Deadline | None:
    return p.Deadline(tuple(table.source() for table in duty)) if duty else None


def _readings(duty: list[DutyTable] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(table.reading for table in duty or () if table.reading))


def _clauses(cited: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {word: tuple(clauses) for word, clauses in cited.items()}


def _plain(table: Strict) -> dict[str, Any]:
    """The table's values for a dataclass; `reading` only explains the file to its readers."""
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in table if key != "reading"
    }


# ------------------------------------------------------------------ finding and resolving


@dataclass(frozen=True)
class Listed:
    """A policy file as `list_policies` shows it; `mistakes` is 0 for one that can be used."""

    id: str
    version: str
    title: str
    landlord: str
    path: Path
    mistakes: int = 0


def list_policies(directory: Path) -> tuple[Listed, ...]:
    """The policies in a directory (house defaults are none), by id and version; refused files too."""
    found: list[Listed] = []
    for path in sorted(directory.glob("*.toml")):
        try:
            layer = read_layer(path)
        except PolicyMistake as refused:
            found.append(Listed(path.stem, "", "", "", path, len(refused.mistakes)))
            continue
        if layer.origin != "house":
            found.append(Listed(layer.id, layer.version, layer.title, layer.landlord, path))
    return tuple(sorted(found, key=lambda listed: (listed.id, listed.version)))


def load_policy(
    path_or_id: str | Path,
    policies_dir: Path | None = None,
    overlay: Overlay | str = Overlay.ENFORCE,
    on: dt.date | None = None,
) -> Policy:
    """A policy, resolved. By path, by id ("mtvh": the version in force on `on`, else the newest), or by id
    and version as a case keeps it ("mtvh@2021-08-23"). What `policies_dir` lacks comes from the shipped ones.

    PolicyMistake for a file that is refused, or a policy that is not there.
    """
    directories = _directories(policies_dir)
    if _is_path(path_or_id):
        layer = read_layer(Path(path_or_id))
    else:
        found = _versions(path_or_id, directories)
        layer = in_force(found, on) if on else found[-1]
    return _resolved(layer, directories, Overlay(overlay))


def load_versions(
    path_or_id: str | Path, policies_dir: Path | None = None, overlay: Overlay | str = Overlay.ENFORCE
) -> tuple[Policy, ...]:
    """Every version of a policy that is on disk, the earliest first: files of one folder with one `id`. Named
    with its version ("mtvh@2021-08-23"), that one alone. PolicyMistake as for `load_policy`, and for two
    files that hold the version of one day."""
    directories = _directories(policies_dir)
    found = _versions(path_or_id, directories)
    twice = [one for one, next_ in pairwise(found) if one.valid_from == next_.valid_from]
    if twice:
        problem = f"two files of {twice[0].id} hold the version of this day"
        fix = "give each version its own valid_from, or take one file away"
        raise PolicyMistake(
            [Mistake(f"{twice[0].id}.toml", "valid_from", str(twice[0].valid_from), problem, fix)]
        )
    return tuple(_resolved(layer, directories, Overlay(overlay)) for layer in found)


def _directories(policies_dir: Path | None) -> list[Path]:
    return [d for d in dict.fromkeys((policies_dir, config_dir() / "policies")) if d is not None]


def _resolved(layer: Layer, directories: Sequence[Path], overlay: Overlay) -> Policy:
    house = read_layer(_first(directories, HOUSE))
    code = read_layer(_first(directories, layer.statutory)) if layer.statutory else None
    try:
        return layers.resolve(layer, code, house, overlay)
    except ValueError as silent:
        file, fix = f"{layer.id}.toml", "write it into the landlord's file"
        raise PolicyMistake([Mistake(file, "(the policy)", "", str(silent), fix)]) from silent


def _first(directories: Sequence[Path], name: str) -> Path:
    paths = [directory / f"{name}.toml" for directory in directories]
    return next((path for path in paths if path.exists()), paths[-1])


def _versions(wanted: str | Path, directories: Sequence[Path]) -> list[Layer]:
    """The versions that a name means, the earliest first: those of the first folder that holds any. A path means
    its file and the versions beside it."""
    if _is_path(wanted):
        named = read_layer(Path(wanted))
        beside = [read_layer(p) for p in _files_of(named.id, Path(wanted).parent) if p != Path(wanted)]
        return _by_day([named, *(layer for layer in beside if layer.id == named.id)])
    id, _, version = str(wanted).partition("@")
    ids: list[str] = []
    for directory in directories:
        files = _files_of(id, directory)
        found = [read_layer(path) for path in files]
        ids += [f"{layer.id}@{layer.version}" for layer in found]
        ids += [path.stem for path in sorted(directory.glob("*.toml")) if path not in files]
        if here := [x for x in found if x.id == id and (not version or x.version == version)]:
            return _by_day(here)
    known = sorted({i for i in ids if i != HOUSE})
    raise PolicyMistake(
        [
            Mistake(
                str(directories[0]),
                "policy",
                repr(wanted),
                "there is no such policy",
                nearest(str(wanted), known),
            )
        ]
    )


def _is_path(named: str | Path) -> bool:
    return isinstance(named, Path) or named.endswith(".toml")


def _by_day(found: list[Layer]) -> list[Layer]:
    return sorted(found, key=lambda layer: layer.valid_from)


def _files_of(id: str, directory: Path) -> list[Path]:
    return [
        path
        for path in sorted(directory.glob("*.toml"))
        if path.stem != HOUSE and (path.stem == id or path.stem.startswith(f"{id}-") or _claims(path, id))
    ]


def _claims(path: Path, id: str) -> bool:
    """The file says that it is a version of this policy. A broken stranger must not stop a sound policy."""
    content = read_file(path, [])
    return content is not None and _says_id(content) == id


@functools.lru_cache(maxsize=64)
def _says_id(content: bytes) -> object:
    """The `id` of a file. It stands before the first table, and reading that far takes a hundredth of the time."""
    head, _, _ = content.partition(b"\n[")
    for part in (head, content):  # an odd file, in which a list goes on with such a line, is read whole
        if (tables := parse_toml(part, Path(), [])) is not None:
            return tables.get("id")
    return None

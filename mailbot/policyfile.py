"""Read policies from TOML: one file a landlord, one for the statutory Code, one for mailbot's own defaults.

A file that cannot be kept to the letter is refused whole (`PolicyMistake`, every mistake at once): an unknown
key, a clause that nobody wrote, a number without a clause, a window that cannot be read, a clause that
mailbot is said to keep and that nothing cites, two readings without saying which was taken. The shape of the
file is explained in config/policies/mtvh.toml, by example.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from mailbot.casework import layers
from mailbot.casework import policy as p
from mailbot.casework.layers import Layer, StageLayer
from mailbot.casework.policy import Anchor, Overlay, Policy, Window
from mailbot.mistakes import Mistake, Mistakes, Strict, hold_against, nearest, read_toml, show
from mailbot.places import config_dir

CODE: Final = "code-2024"
HOUSE: Final = "house"
_PREFIX: Final = {"code": "Code ", "house": "House "}


class PolicyMistake(Mistakes):
    """A policy file that is refused, with everything that is wrong with it."""


# ------------------------------------------------------------------ the shape of the file


def _window(value: object) -> object:
    return Window.parse(value) if isinstance(value, str) else value


def _one_or_several(value: object) -> object:
    return [value] if isinstance(value, dict) else value


_WINDOW_EXAMPLES = ['"5 working days from received"']
WindowText = Annotated[Window, BeforeValidator(_window)]
Cited = Annotated[
    list[str],
    Field(min_length=1, description="a number needs the clause that gives it", examples=['["3.2 b3"]']),
]


class DutyTable(Strict):
    """`within` sets both dates; `target` and `outer` are the earliest and the latest reading, and then
    `reading` names the ambiguity that it settles."""

    within: WindowText | None = None
    target: WindowText | None = None
    outer: WindowText | None = None
    clauses: Cited
    reading: str = ""

    @model_validator(mode="after")
    def _two_dates(self) -> DutyTable:
        if self.within and (self.target or self.outer):
            raise ValueError("within and target/outer say the same thing twice: keep one of them")
        if not self.within and not (self.target and self.outer):
            raise ValueError(
                'no window: write within = "5 working days from received", or both target and outer'
            )
        target, outer = self.dates
        if (target.unit, target.anchor) == (outer.unit, outer.anchor) and target.n > outer.n:
            raise ValueError(f"the target is later than the outer date: write at most {outer} as target")
        return self

    @property
    def dates(self) -> tuple[Window, Window]:
        target, outer = self.target or self.within, self.outer or self.within
        assert target and outer
        return target, outer

    def source(self) -> p.Source:
        return p.Source(tuple(self.clauses), *self.dates)


Duty = Annotated[list[DutyTable], BeforeValidator(_one_or_several)]


def _anchored(duty: list[DutyTable], allowed: Sequence[Anchor]) -> None:
    for table in duty:
        for window in table.dates:
            if window.anchor not in allowed:
                raise ValueError(f"nothing here can count from {window.anchor}: use {' or '.join(allowed)}")


class ClauseTable(Strict):
    id: str = Field(min_length=1, examples=['"3.2 b3"'])
    says: str = Field(min_length=1, description="what it says, in our words", examples=['"..."'])
    kept_by: Literal["mailbot", "person", "document"] = Field(examples=['"mailbot"'])


class AmbiguityTable(Strict):
    id: str = Field(min_length=1, examples=['"A1"'])
    clauses: Cited
    question: str = Field(min_length=1, examples=['"From when do the ten days count?"'])
    reading: str = Field(
        min_length=1, description="how the contradiction is read", examples=['"Target from receipt, ..."']
    )


class ExtensionTable(Strict):
    cap_working_days: int | None = Field(default=None, ge=1)
    needs_reason: bool = False
    needs_agreement: bool = False
    ombudsman_details: bool = False
    clauses: Cited


class GroundTable(Strict):
    tag: str = Field(min_length=1)
    says: str = Field(min_length=1)
    clauses: Cited


class GroundsTable(Strict):
    """`gate`: a request outside the grounds need not be followed. Without it they are only tags."""

    gate: bool = Field(examples=["false"])
    clauses: Cited
    reading: str = ""
    ground: list[GroundTable] = Field(default_factory=list)


class DifferentPersonTable(Strict):
    required: bool = True
    clauses: Cited


class ApproverTable(Strict):
    role: str = Field(min_length=1)
    clauses: Cited


class StageTable(Strict):
    number: Literal[1, 2] = Field(examples=["1"])
    name: str = ""
    acknowledge: Duty | None = None
    acknowledgement_contains: dict[str, Cited] = Field(default_factory=dict)
    contact: Duty | None = None
    respond: Duty | None = None
    review: Duty | None = None
    response_contains: dict[str, Cited] = Field(default_factory=dict)
    extension: ExtensionTable | None = None
    window: Duty | None = None
    grounds: GroundsTable | None = None
    different_person: DifferentPersonTable | None = None
    approver: ApproverTable | None = None

    @field_validator("acknowledgement_contains", "response_contains")
    @classmethod
    def _known_contents(cls, value: dict[str, list[str]], info: ValidationInfo) -> dict[str, list[str]]:
        known = p.RESPONSE_CONTENTS if info.field_name == "response_contains" else p.ACKNOWLEDGEMENT_CONTENTS
        for content in value:
            if content not in known:
                raise ValueError(f"no letter can carry {content!r}: {nearest(content, known)}")
        return value

    @field_validator("acknowledge", "contact", "respond", "review", "window")
    @classmethod
    def _countable(cls, value: list[DutyTable] | None, info: ValidationInfo) -> list[DutyTable] | None:
        asked = (Anchor.RECEIVED, Anchor.REQUESTED, Anchor.LOGGED)
        allowed = {
            "acknowledge": asked,
            "contact": (*asked, Anchor.ACKNOWLEDGED),
            "review": (*asked, Anchor.ACKNOWLEDGED, Anchor.CONTACTED),
            "respond": (*asked, Anchor.ACKNOWLEDGED, Anchor.CONTACTED, Anchor.REVIEWED),
            "window": (Anchor.RESPONDED, Anchor.CLOSED),
        }
        if value:
            _anchored(value, allowed[str(info.field_name)])
        return value

    @model_validator(mode="after")
    def _reviewed_is_dated(self) -> StageTable:
        used = {window.anchor for table in self.respond or () for window in table.dates}
        if Anchor.REVIEWED in used and not self.review:
            raise ValueError("the response counts from a review that has no date: add a [stage.review]")
        return self


Block = Literal["open_actions", "open_questions", "unread_mail", "delay_notice", "escalation_window"]


class SilenceTable(Strict):
    within: WindowText = Field(examples=['"20 working days from responded"'])
    needs_response: bool = Field(examples=["true"])
    needs_attempts: int = Field(default=0, ge=0)
    remind_before_working_days: int = Field(default=0, ge=0)
    blocked_by: list[Block] = Field(default_factory=list)
    clauses: Cited

    @field_validator("within")
    @classmethod
    def _after_a_word_of_ours(cls, value: Window) -> Window:
        if value.anchor not in (Anchor.RESPONDED, Anchor.RECEIVED):
            raise ValueError(f"a silence cannot follow {value.anchor}: use responded or received")
        return value


class SilenceFloorTable(Strict):
    needs_response: bool
    blocked_by: list[Block]
    clauses: Cited


class ServiceRequestTable(Strict):
    answer: Duty | None = None
    chase_every_working_days: int = Field(default=0, ge=0)
    clauses: Cited


class ChaseTable(Strict):
    near_working_days: int = Field(ge=0)
    on_target_day: bool
    late_every_working_days: int = Field(ge=1)
    supervisor_when_late: bool
    contact_every_working_days: int = Field(ge=1)
    clauses: Cited


class TriageTable(Strict):
    before_acknowledgement_working_days: int = Field(ge=0)
    clauses: Cited


class ReferralTable(Strict):
    months: int = Field(ge=1)
    clauses: Cited


class ExclusionTable(Strict):
    ground: str = Field(min_length=1, examples=['"age"'])
    says: str = Field(min_length=1)
    months: int | None = Field(default=None, ge=1)
    counted_from: list[Literal["event", "awareness"]] = Field(default_factory=list)
    exceptions: list[str] = Field(default_factory=list)
    clauses: Cited

    @model_validator(mode="after")
    def _months_count_from_something(self) -> ExclusionTable:
        if self.months is not None and not self.counted_from:
            raise ValueError('months from when?: add counted_from = ["event"], or awareness, or both')
        return self


class OnMeritsTable(Strict):
    clauses: Cited


class PolicyTable(Strict):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", examples=['"mtvh"'])
    origin: Literal["policy", "code", "house"] = "policy"
    title: str = Field(min_length=1, examples=['"Complaints Policy"'])
    landlord: str = Field(min_length=1, examples=['"Metropolitan Thames Valley Housing"'])
    nation: Literal["ENG", "WLS", "SCT", "NIR"] = "ENG"
    person_noun: str = Field(default="resident", min_length=1)
    valid_from: dt.date = Field(examples=["2021-08-23"])
    valid_to: dt.date | None = None
    dead_addresses: list[str] = Field(default_factory=list)
    without_house: list[Literal["contact", "silence"]] = Field(default_factory=list)
    clause: list[ClauseTable] = Field(min_length=1, description="[[clause]] tables")
    ambiguity: list[AmbiguityTable] = Field(default_factory=list)
    stage: list[StageTable] = Field(description="[[stage]] tables, numbers 1 and 2")
    silence: list[SilenceTable] = Field(default_factory=list)
    silence_floor: SilenceFloorTable | None = None
    service_requests: ServiceRequestTable | None = None
    chase: ChaseTable | None = None
    triage: TriageTable | None = None
    referral: ReferralTable | None = None
    exclusion: list[ExclusionTable] = Field(default_factory=list)
    on_merits: OnMeritsTable | None = None
    because: dict[str, Cited] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> PolicyTable:
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from: exchange them")
        return self


# ------------------------------------------------------------------ what only the whole file can tell


def _cited(tables: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every (key, clause id) that a file cites, wherever it stands, in a file with other mistakes too."""
    if isinstance(tables, list):
        for n, table in enumerate(tables, 1):
            yield from _cited(table, f"{path}[{n}]")
    elif isinstance(tables, Mapping):
        for key, value in tables.items():
            here = f"{path}.{key}" if path else str(key)
            if key == "clauses" and isinstance(value, list):
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
    for n, stage in enumerate(tables.get("stage", ()), 1):
        for duty, value in stage.items() if isinstance(stage, Mapping) else ():
            if isinstance(value, list) and len(value) > 1:
                unread = [t for t in value if isinstance(t, Mapping) and not t.get("reading")]
                if unread:
                    problem = f"{len(value)} sources contradict each other, and nothing says how that is read"
                    fix = 'write reading = "..." into each, and an [[ambiguity]] with that id'
                    yield Mistake(file, f"stage[{n}].{duty}", "", problem, fix)


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
    tables = read_toml(path, mistakes)
    if tables is not None:
        table = hold_against(PolicyTable, tables, path.name, mistakes)
        for check in (_check_clauses, _check_stages, _check_words):
            mistakes.extend(check(tables, path.name))
        if table and not mistakes:
            return _layer(table)
    raise PolicyMistake(mistakes)


def _layer(table: PolicyTable) -> Layer:
    stages = sorted(table.stage, key=lambda stage: stage.number)
    requests, floor = table.service_requests, table.silence_floor
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
        referral_clauses=tuple(table.referral.clauses) if table.referral else (),
        exclusions=tuple(p.Exclusion(**_plain(e)) for e in table.exclusion),
        on_merits=tuple(table.on_merits.clauses) if table.on_merits else (),
        because=_clauses(table.because),
        clauses=tuple(p.Clause(c.id, c.says, p.KeptBy(c.kept_by), table.origin) for c in table.clause),
        ambiguities=tuple(p.Ambiguity(**_plain(a)) for a in table.ambiguity),
        dead_addresses=tuple(table.dead_addresses),
        without_house=tuple(table.without_house),
    )


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
    )


def _deadline(duty: list[DutyTable] | None) -> p.Deadline | None:
    return p.Deadline(tuple(table.source() for table in duty)) if duty else None


def _clauses(cited: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {word: tuple(clauses) for word, clauses in cited.items()}


def _plain(table: Strict) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table}


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
    shipped = config_dir() / "policies"
    directories = [d for d in dict.fromkeys((policies_dir, shipped)) if d is not None]
    house = read_layer(_first(directories, HOUSE))
    code = read_layer(_first(directories, CODE))
    if isinstance(path_or_id, Path) or path_or_id.endswith(".toml"):
        layer = read_layer(Path(path_or_id))
    else:
        layer = _find(path_or_id, directories, on)
    try:
        return layers.resolve(layer, code, house, Overlay(overlay))
    except ValueError as silent:
        raise PolicyMistake(
            [
                Mistake(
                    f"{layer.id}.toml", "(the policy)", "", str(silent), "write it into the landlord's file"
                )
            ]
        ) from silent


def _first(directories: Sequence[Path], name: str) -> Path:
    paths = [directory / f"{name}.toml" for directory in directories]
    return next((path for path in paths if path.exists()), paths[-1])


def _find(wanted: str, directories: Sequence[Path], on: dt.date | None) -> Layer:
    id, _, version = wanted.partition("@")
    ids: list[str] = []
    for directory in directories:
        here: list[Layer] = []
        for path in sorted(directory.glob("*.toml")):
            if path.stem != HOUSE and (
                path.stem == id or path.stem.startswith(f"{id}-") or _claims(path, id)
            ):
                layer = read_layer(path)
                ids.append(f"{layer.id}@{layer.version}")
                if layer.id == id and (not version or layer.version == version):
                    here.append(layer)
            else:
                ids.append(path.stem)
        if on:
            here = [
                x for x in here if x.valid_from <= on and (x.valid_to is None or on <= x.valid_to)
            ] or here
        if here:
            return max(here, key=lambda layer: layer.valid_from)
    known = sorted({i for i in ids if i != HOUSE})
    raise PolicyMistake(
        [
            Mistake(
                str(directories[0]), "policy", repr(wanted), "there is no such policy", nearest(wanted, known)
            )
        ]
    )


def _claims(path: Path, id: str) -> bool:
    """The file says that it is a version of this policy. A broken stranger must not stop a sound policy."""
    ignored: list[Mistake] = []
    return (read_toml(path, ignored) or {}).get("id") == id

"""Lay three texts together: the landlord's policy, the statutory Code over it, the house defaults under both.

What a file says is a `Layer`, which may be silent on anything. `resolve` makes a whole `Policy` of them:

* `enforce`: the Code's sources join every duty (the strictest governs), its cap and conditions bind every
  extension, its contents join every letter, its grounds widen every right; what it forbids (asking for
  reasons, the same person twice) goes.
* `warn`, `off`: the landlord's words alone; `warn` lists what `enforce` would have changed.
* where the result is still silent, the house speaks, under clauses called "House 1" and so on, so that
  nobody mistakes mailbot's habit for a landlord's promise.

Refuses (ValueError): a resolved policy that would be silent on something it needs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from mailbot.casework.policy import (
    RULES,
    Ambiguity,
    ChaseRules,
    Clause,
    Deadline,
    Exclusion,
    ExtensionRules,
    Ground,
    Origin,
    Overlay,
    OverlayChange,
    Policy,
    ResidentWindow,
    ServiceRequestRules,
    SilenceRule,
    Source,
    StageRules,
    TriageRules,
    Window,
)
from mailbot.casework.provisions import (
    Allowance,
    Closures,
    EarlyResolution,
    Panel,
    Receipt,
    Refusal,
    Report,
    Route,
    Survey,
    ThirdParty,
    Understanding,
    Updates,
)
from mailbot.casework.windows import Anchor

Clauses: TypeAlias = tuple[str, ...]
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class SilenceFloor:
    """What the Code asks of any closure for silence."""

    needs_response: bool
    blocked_by: Clauses
    clauses: Clauses


@dataclass(frozen=True)
class StageLayer:
    """What one text says about a stage; None and empty are silence. `supported_by`: somebody of stage 1 who is to
    support the decider of this one; held so that a check finds it, and given no part in it. `readings`: by which
    ambiguity the window of a duty ("acknowledge", "respond") is read."""

    number: int
    name: str = ""
    acknowledge: Deadline | None = None
    acknowledge_because: Mapping[str, Clauses] = field(default_factory=dict)
    contact: Deadline | None = None
    respond: Deadline | None = None
    respond_because: Mapping[str, Clauses] = field(default_factory=dict)
    extension: ExtensionRules | None = None
    window: ResidentWindow | None = None
    grounds: tuple[Ground, ...] = ()
    grounds_gate: bool | None = None
    grounds_clauses: Clauses = ()
    different_person: bool | None = None
    different_person_clauses: Clauses = ()
    approver: str = ""
    approver_clauses: Clauses = ()
    no_connection: bool = False
    supported_by: str = ""
    readings: Mapping[str, Clauses] = field(default_factory=dict)
    understanding: Understanding | None = None
    direct: Allowance | None = None
    panel: Panel | None = None
    decline_clauses: Clauses = ()


@dataclass(frozen=True)
class Layer:
    """What one file says. `without_house` names the parts where the landlord wants no house default
    ("contact", "silence", "referral"). `on_merits`: the clauses that forbid to exclude anything wholesale.
    `wait_weeks` and `only_for` (in `obsolete_clauses`) are what a document says of going to the Ombudsman and what is
    no longer true: held so that a check finds them, and never told to anybody."""

    id: str
    version: str
    title: str
    landlord: str
    origin: Origin
    nation: str
    person_noun: str
    valid_from: dt.date
    valid_to: dt.date | None
    stages: tuple[StageLayer, StageLayer]
    silence: tuple[SilenceRule, ...] = ()
    silence_floor: SilenceFloor | None = None
    service_requests: ServiceRequestRules | None = None
    chase: ChaseRules | None = None
    triage: TriageRules | None = None
    referral_months: int | None = None
    referral_clauses: Clauses = ()
    exclusions: tuple[Exclusion, ...] = ()
    on_merits: Clauses = ()
    because: Mapping[str, Clauses] = field(default_factory=dict)
    clauses: tuple[Clause, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    dead_addresses: tuple[str, ...] = ()
    without_house: tuple[str, ...] = ()
    statutory: str = ""
    ombudsman: str = "hos"
    wait_weeks: int | None = None
    only_for: str = ""
    obsolete_clauses: Clauses = ()
    early_resolution: EarlyResolution | None = None
    refusal: Refusal | None = None
    routes: tuple[Route, ...] = ()
    third_party: ThirdParty | None = None
    survey: Survey | None = None
    updates: Updates | None = None
    reports: tuple[Report, ...] = ()
    data_protection: Deadline | None = None
    ombudsman_mail: Deadline | None = None
    receipt: Receipt | None = None
    closures: Closures | None = None


def resolve(policy: Layer, code: Layer | None, house: Layer, overlay: Overlay) -> Policy:
    """The whole policy. `code` may be None, or `policy` itself where the Code is the policy."""
    above = code if code and code.id != policy.id and overlay is not Overlay.OFF else None
    merged, changes = policy, _Changes()
    if above:
        enforced = _lay_over(policy, above, changes)
        merged = enforced if overlay is Overlay.ENFORCE else policy
    layers = (policy, above, house) if above else (policy, house)
    first, second = (
        _complete(own, default, policy.id, policy.without_house)
        for own, default in zip(merged.stages, house.stages, strict=True)
    )
    referral = policy if "referral" in policy.without_house else house
    silence = merged.silence or (() if "silence" in policy.without_house else house.silence)
    silence = tuple(_kept_open(_reminded(rule, house), house) for rule in silence)
    return Policy(
        id=policy.id,
        version=policy.version,
        title=policy.title,
        landlord=policy.landlord,
        nation=policy.nation,
        person_noun=policy.person_noun,
        valid_from=policy.valid_from,
        valid_to=policy.valid_to,
        overlay=overlay,
        stages=(first, second),
        silence=silence,
        service_requests=_requests(merged, house),
        chase=_needed(merged.chase or house.chase, policy.id, "chasing"),
        triage=_needed(merged.triage or house.triage, policy.id, "triage"),
        referral_months=merged.referral_months or referral.referral_months,
        referral_clauses=merged.referral_clauses or referral.referral_clauses,
        exclusions=merged.exclusions,
        because={rule: merged.because.get(rule) or house.because.get(rule, ()) for rule in RULES},
        clauses={clause.id: clause for layer in layers for clause in layer.clauses},
        ambiguities=policy.ambiguities,
        changes=tuple(changes),
        dead_addresses=policy.dead_addresses,
        statutory=policy.statutory,
        ombudsman=policy.ombudsman,
        early_resolution=merged.early_resolution,
        refusal=merged.refusal or house.refusal or Refusal((), ()),
        routes=(*merged.routes, *(r for r in house.routes if r.kind not in {o.kind for o in merged.routes})),
        third_party=_third_party(merged.third_party, house.third_party),
        survey=merged.survey or house.survey,
        updates=_updates(merged.updates, house.updates),
        reports=merged.reports,
        data_protection=merged.data_protection or house.data_protection,
        ombudsman_mail=merged.ombudsman_mail or house.ombudsman_mail,
        receipt=merged.receipt or Receipt(),
        closures=merged.closures or Closures(),
    )


# ------------------------------------------------------------------ the house under it


def _reminded(rule: SilenceRule, house: Layer) -> SilenceRule:
    """A landlord that says nothing of a reminder gets the house's, after an answer; a rule that counts from
    receipt ends too soon for one, and its letter of response names the day instead."""
    if rule.remind_before_working_days is not None:
        return rule
    same = next((r for r in house.silence if r.after is rule.after), None)
    before = same.remind_before_working_days if same and rule.after is Anchor.RESPONDED else 0
    return replace(rule, remind_before_working_days=before or 0)


def _kept_open(rule: SilenceRule, house: Layer) -> SilenceRule:
    """What keeps a case open in the house keeps it open under any text and any overlay: a text that only names days
    has not said that something promised may be forgotten. The rule's clauses stay those of its days."""
    blocks = tuple(block for own in house.silence for block in own.blocked_by)
    return replace(rule, blocked_by=_both(rule.blocked_by, blocks))


def _third_party(own: ThirdParty | None, house: ThirdParty | None) -> ThirdParty | None:
    """A text that says nothing of authority has it asked for, as the house does."""
    if own and house and not own.authority:
        return replace(own, authority=house.authority, clauses=_both(own.clauses, house.clauses))
    return own or house


def _updates(own: Updates | None, house: Updates | None) -> Updates | None:
    if own and own.every_working_days is None and house:
        return Updates(house.every_working_days, _both(own.clauses, house.clauses))
    return own or house


def _needed(found: Thing | None, policy: str, what: str) -> Thing:
    if found is None:
        raise ValueError(f"policy {policy}: neither it, nor the Code, nor the house says anything of {what}")
    return found


def _complete(own: StageLayer, house: StageLayer, policy: str, without_house: Clauses) -> StageRules:
    """House contents join the letters always: they only add what a reader needs."""
    where = f"stage {own.number}"
    contents = house.respond_because
    if "referral" in without_house:
        contents = {word: clauses for word, clauses in contents.items() if word != "ombudsman_by"}
    return StageRules(
        number=own.number,
        name=own.name or house.name,
        acknowledge=_needed(own.acknowledge or house.acknowledge, policy, f"{where} acknowledgement"),
        acknowledge_because={**house.acknowledge_because, **own.acknowledge_because},
        contact=own.contact or (None if "contact" in without_house else house.contact),
        respond=_needed(own.respond or house.respond, policy, f"{where} response"),
        respond_because={**contents, **own.respond_because},
        extension=_needed(own.extension or house.extension, policy, f"{where} extension"),
        window=own.window,
        grounds=own.grounds,
        grounds_gate=bool(own.grounds_gate),
        grounds_clauses=own.grounds_clauses,
        different_person=bool(
            house.different_person if own.different_person is None else own.different_person
        ),
        different_person_clauses=own.different_person_clauses or house.different_person_clauses,
        approver=own.approver,
        approver_clauses=own.approver_clauses,
        no_connection=own.no_connection,
        understanding=own.understanding,
        direct=own.direct,
        panel=own.panel,
        decline_clauses=own.decline_clauses,
    )


def _requests(own: Layer, house: Layer) -> ServiceRequestRules:
    default = _needed(house.service_requests, own.id, "service requests")
    said = own.service_requests
    if said is None:
        return default
    return replace(
        said,
        answer=said.answer or default.answer,
        chase_every_working_days=said.chase_every_working_days or default.chase_every_working_days,
        clauses=_both(said.clauses, default.clauses),
    )


# ------------------------------------------------------------------ the Code over it


class _Changes(list[OverlayChange]):
    def note(self, where: str, own: object, code: object, clauses: Clauses) -> None:
        self.append(OverlayChange(where, str(own) if own else "silent", str(code), clauses))


def _both(own: Clauses, code: Clauses) -> Clauses:
    return tuple(dict.fromkeys(own + code))


def _lay_over(own: Layer, code: Layer, changes: _Changes) -> Layer:
    """What binds a landlord in England: its own promises and the Code's floor under them."""
    first, second = (
        _lay_over_stage(o, c, changes) for o, c in zip(own.stages, code.stages, strict=True)
    )  # fmt: skip
    because = {
        rule: _both(own.because.get(rule, ()), code.because.get(rule, ()))
        for rule in {**own.because, **code.because}
    }
    requests = own.service_requests
    if requests and code.service_requests:
        requests = replace(
            requests,
            answer=_join(requests.answer, code.service_requests.answer, "service requests: answer", changes),
            clauses=_both(requests.clauses, code.service_requests.clauses),
        )
    return replace(
        own,
        stages=(first, second),
        silence=tuple(_raise_silence(rule, code.silence_floor, changes) for rule in own.silence),
        service_requests=requests or code.service_requests,
        referral_months=own.referral_months or code.referral_months,
        referral_clauses=own.referral_clauses or code.referral_clauses,
        exclusions=tuple(_widen(exclusion, code, changes) for exclusion in own.exclusions),
        because=because,
        early_resolution=_log_first(own.early_resolution, code.early_resolution, changes),
        refusal=_full_refusal(own.refusal, code.refusal, changes),
        third_party=_open_to_all(own.third_party, code.third_party),
        survey=own.survey or code.survey,
        updates=_more_often(own.updates, code.updates, changes),
        reports=own.reports + code.reports,
        data_protection=own.data_protection or code.data_protection,
        ombudsman_mail=own.ombudsman_mail or code.ombudsman_mail,
        receipt=_on_the_day(own.receipt, code, changes),
        closures=_shut_or_not(own.closures, code, changes),
    )


def _on_the_day(own: Receipt | None, code: Layer, changes: _Changes) -> Receipt | None:
    """The Code counts from receipt, whatever the hour: an evening buys no day (Code 6.2)."""
    if own is None or not own.roll_forward:
        return own
    bound = Receipt(clauses=own.clauses)
    changes.note("received", own, bound, _acknowledging(code))
    return bound


def _shut_or_not(own: Closures | None, code: Layer, changes: _Changes) -> Closures | None:
    """The Code counts working days: that the office is shut on one buys no day."""
    if own is None or not own.deducted:
        return own
    bound = Closures(clauses=own.clauses)
    changes.note("closure days", own, bound, _acknowledging(code))
    return bound


def _acknowledging(code: Layer) -> Clauses:
    duty = code.stages[0].acknowledge
    return duty.clauses if duty else ()


def _log_first(
    own: EarlyResolution | None, code: EarlyResolution | None, changes: _Changes
) -> EarlyResolution | None:
    """What is tried early is tried within stage 1, by the person's choice (Code 5.2, 1.3)."""
    if own is None or code is None:
        return own
    bound = replace(
        own,
        before_logging=own.before_logging and code.before_logging,
        offers_choice=own.offers_choice or code.offers_choice,
        written_outcome=own.written_outcome or code.written_outcome,
        clauses=_both(own.clauses, code.clauses),
    )
    if replace(bound, clauses=()) != replace(own, clauses=()):
        before = "before a complaint is logged" if own.before_logging else "beside the stages"
        now = "within stage 1, if the person chooses it, with its outcome in writing"
        changes.note(own.name, before, now, code.clauses)
    return bound


def _full_refusal(own: Refusal | None, code: Refusal | None, changes: _Changes) -> Refusal | None:
    if code is None or own is None:
        if code:
            changes.note("the letter that refuses", "", ", ".join(code.contains), code.clauses)
        return own or code
    if missing := [word for word in code.contains if word not in own.contains]:
        told = "also " + ", ".join(missing)
        changes.note("the letter that refuses", ", ".join(own.contains), told, code.clauses)
    return Refusal(_both(own.contains, code.contains), _both(own.clauses, code.clauses))


def _open_to_all(own: ThirdParty | None, code: ThirdParty | None) -> ThirdParty | None:
    if own is None or code is None:
        return own or code
    return replace(
        own,
        confirm_receipt=own.confirm_receipt or code.confirm_receipt,
        clauses=_both(own.clauses, code.clauses),
    )


def _more_often(own: Updates | None, code: Updates | None, changes: _Changes) -> Updates | None:
    if code is None or own is None:
        if code:
            told = f"every {code.every_working_days} working days" if code.every_working_days else "as agreed"
            changes.note("word while it takes longer", "", told, code.clauses)
        return own or code
    numbers = [u.every_working_days for u in (own, code) if u.every_working_days is not None]
    return Updates(min(numbers, default=None), _both(own.clauses, code.clauses))


def _lay_over_stage(own: StageLayer, code: StageLayer, changes: _Changes) -> StageLayer:
    where = f"stage {own.number}"
    gate = own.grounds_gate
    if gate and code.grounds_gate is False:
        changes.note(f"{where}: grounds", "asked for", "never asked for", code.grounds_clauses)
        gate = False
    understanding = own.understanding
    if understanding and understanding.gate and code.grounds_gate is False:
        now = "told in the acknowledgement, never waited for"
        changes.note(f"{where}: our understanding", "waited for", now, code.grounds_clauses)
        clauses = _both(understanding.clauses, code.grounds_clauses)
        understanding = replace(understanding, gate=False, clauses=clauses)
    direct = own.direct
    if direct and direct.allowed and code.direct and not code.direct.allowed:
        changes.note(f"{where}: without the stage before", "allowed", "never", code.direct.clauses)
        direct = Allowance(False, _both(direct.clauses, code.direct.clauses))
    other = own.different_person
    if code.different_person and not other:
        changes.note(f"{where}: who decides", "", "a different person", code.different_person_clauses)
        other = True
    return replace(
        own,
        acknowledge=_join(own.acknowledge, code.acknowledge, f"{where}: acknowledgement", changes),
        acknowledge_because=_contents(
            own.acknowledge_because, code.acknowledge_because, f"{where}: acknowledgement", changes
        ),
        contact=_join(own.contact, code.contact, f"{where}: contact", changes),
        respond=_join(own.respond, code.respond, f"{where}: response", changes),
        respond_because=_contents(own.respond_because, code.respond_because, f"{where}: response", changes),
        extension=_bind_extension(own.extension, code.extension, f"{where}: extension", changes),
        window=_join_windows(own.window, code.window),
        grounds_gate=gate,
        grounds_clauses=_both(own.grounds_clauses, code.grounds_clauses),
        different_person=other,
        different_person_clauses=_both(own.different_person_clauses, code.different_person_clauses),
        understanding=understanding,
        direct=direct,
    )


def _join(own: Deadline | None, code: Deadline | None, where: str, changes: _Changes) -> Deadline | None:
    """Each source alone is a duty, so joining them makes the strictest govern."""
    if code is None or own is None:
        if code:
            changes.note(where, "", code, code.clauses)
        return own or code
    if not all(any(_as_strict(mine, theirs) for mine in own.sources) for theirs in code.sources):
        changes.note(where, own, code, code.clauses)
    return replace(own, sources=own.sources + code.sources)


def _as_strict(own: Source, code: Source) -> bool:
    """The landlord's own promise keeps this one of the Code on any date, whatever the calendar."""

    def inside(mine: Window, theirs: Window) -> bool:
        return (mine.unit, mine.anchor) == (theirs.unit, theirs.anchor) and mine.n <= theirs.n

    return inside(own.outer, code.outer)


def _contents(
    own: Mapping[str, Clauses], code: Mapping[str, Clauses], where: str, changes: _Changes
) -> dict[str, Clauses]:
    if missing := [content for content in code if content not in own]:
        clauses = tuple(dict.fromkeys(clause for content in missing for clause in code[content]))
        changes.note(f"{where} carries", ", ".join(own), "also " + ", ".join(missing), clauses)
    return {c: _both(own.get(c, ()), code.get(c, ())) for c in {**own, **code}}


def _bind_extension(
    own: ExtensionRules | None, code: ExtensionRules | None, where: str, changes: _Changes
) -> ExtensionRules | None:
    if code is None or own is None:
        if code:
            changes.note(where, "", _describe(code), code.clauses)
        return own or code
    caps = [cap for cap in (own.cap_working_days, code.cap_working_days) if cap is not None]
    bound = ExtensionRules(
        cap_working_days=min(caps, default=None),
        needs_reason=own.needs_reason or code.needs_reason,
        needs_agreement=own.needs_agreement or code.needs_agreement,
        ombudsman_details=own.ombudsman_details or code.ombudsman_details,
        clauses=_both(own.clauses, code.clauses),
        beyond_by_agreement=own.beyond_by_agreement,
        ombudsman_when_refused=own.ombudsman_when_refused,
    )
    if replace(bound, clauses=()) != replace(own, clauses=()):
        changes.note(where, _describe(own), _describe(bound), code.clauses)
    return bound


def _describe(rules: ExtensionRules) -> str:
    cap = "no cap" if rules.cap_working_days is None else f"at most {rules.cap_working_days} working days"
    asked = {"reasons": rules.needs_reason, "agreement": rules.needs_agreement,
             "the Ombudsman's details": rules.ombudsman_details}  # fmt: skip
    return ", ".join([cap, *(word for word, wanted in asked.items() if wanted)])


def _join_windows(own: ResidentWindow | None, code: ResidentWindow | None) -> ResidentWindow | None:
    """A right: the latest of the sources governs. A Code that sets no window does not lengthen one; that
    nobody is refused for being late is a matter of `late_request`."""
    if own is None or code is None:
        return own
    return ResidentWindow(own.sources + code.sources)


def _raise_silence(rule: SilenceRule, floor: SilenceFloor | None, changes: _Changes) -> SilenceRule:
    if floor is None:
        return rule
    raised = replace(
        rule,
        needs_response=rule.needs_response or floor.needs_response,
        blocked_by=_both(rule.blocked_by, floor.blocked_by),
        clauses=_both(rule.clauses, floor.clauses),
    )
    if (raised.needs_response, raised.blocked_by) != (rule.needs_response, rule.blocked_by):
        own = "after an answer" if rule.needs_response else "without an answer"
        now = "after an answer, never with " + ", ".join(w.replace("_", " ") for w in raised.blocked_by)
        changes.note("closing for silence", own, now, floor.clauses)
    return raised


def _widen(own: Exclusion, code: Layer, changes: _Changes) -> Exclusion:
    """The Code's narrower reading of the same ground; and none of them wholesale."""
    where = f"exclusion: {own.ground}"
    wide = replace(own, individually=True, clauses=_both(own.clauses, code.on_merits))
    same = next((exclusion for exclusion in code.exclusions if exclusion.ground == own.ground), None)
    if same is None:
        changes.note(where, own.says, "only ever this one complaint, on its merits", code.on_merits)
        return wide
    months = own.months
    if months is not None and same.months is not None:
        months = max(months, same.months)
    wide = replace(
        wide,
        says=same.says,
        months=months,
        counted_from=_both(own.counted_from, same.counted_from),
        exceptions=_both(own.exceptions, same.exceptions),
        unless=_both(own.unless, same.unless),
        clauses=_both(own.clauses, same.clauses + code.on_merits),
    )
    if (wide.says, wide.months, wide.counted_from, wide.exceptions) != (
        own.says, own.months, own.counted_from, own.exceptions
    ):  # fmt: skip
        changes.note(where, own.says, same.says, same.clauses)
    return wide

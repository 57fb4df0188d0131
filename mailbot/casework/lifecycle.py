"""The lifecycle of a case: three total tables, one for who acted, and the function that looks them up.

    ON_MAIL[stage][intent]   a resident (or a stranger) wrote
    ON_CLOCK[stage][timer]   something fell due
    ON_STAFF[stage][act]     a member of staff acted by mail

No cell is empty and no cell is a default: "gone", "keep" and every refusal are answers that somebody chose.
`mailbot flow` draws the state chart of the README from these tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from mailbot.casework import (
    addresses,
    approving,
    asking,
    confirming,
    deciding,
    determinations,
    gate,
    handed_in,
    holding,
    joining,
    matters,
    proposals,
    recording,
    releasing,
    stages,
    third_parties,
    withholding,
)
from mailbot.casework import on_clock as clock
from mailbot.casework import on_mail as mail
from mailbot.casework import on_staff as staff
from mailbot.casework.acts import refuse
from mailbot.casework.on_calendar import recount
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Bounced,
    Case,
    DatesChanged,
    Decision,
    Event,
    Intent,
    Letter,
    LetterHeld,
    MailArrived,
    Matter,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)

MailRule: TypeAlias = Callable[..., Decision]
ClockRule: TypeAlias = Callable[[Case, TimerFell, Rulebook], Decision]
StaffRule: TypeAlias = Callable[[Case, StaffActed, Rulebook], Decision]

ask_or_escalate = asking.ask_about_mail(Intent.ESCALATION_REQUEST)
ask_or_new_case = asking.ask_about_mail(Intent.NEW_COMPLAINT)
ask_or_reply = asking.ask_about_mail(Intent.REPLY)

I = Intent  # noqa: E741 - the table is read as a table

ON_MAIL: Mapping[Stage, Mapping[Intent, MailRule]] = {
    Stage.NONE: {
        I.NEW_COMPLAINT: mail.open_complaint,
        I.SERVICE_REQUEST: mail.open_service_request,
        I.ESCALATION_REQUEST: mail.ask_or_open_stage2,
        I.REPLY: mail.ask_what_it_is,
        I.OTHER: mail.file_it,
        I.UNSURE: mail.ask_what_it_is,
    },
    Stage.UNSORTED: {
        I.NEW_COMPLAINT: mail.sorted_by_the_resident,
        I.SERVICE_REQUEST: mail.add_to_question,
        I.ESCALATION_REQUEST: mail.add_to_question,
        I.REPLY: mail.add_to_question,
        I.OTHER: mail.add_to_question,
        I.UNSURE: mail.add_to_question,
    },
    Stage.SERVICE_REQUEST: {
        I.NEW_COMPLAINT: mail.turn_into_complaint,
        I.SERVICE_REQUEST: mail.pass_on,
        I.ESCALATION_REQUEST: mail.turn_into_complaint,
        I.REPLY: mail.pass_on,
        I.OTHER: mail.pass_on,
        I.UNSURE: ask_or_new_case,
    },
    Stage.STAGE1_OPEN: {
        I.NEW_COMPLAINT: mail.fold_in,
        I.SERVICE_REQUEST: mail.pass_on,
        I.ESCALATION_REQUEST: mail.early_escalation,
        I.REPLY: mail.reply_at_stage,
        I.OTHER: mail.pass_on,
        I.UNSURE: ask_or_reply,
    },
    Stage.STAGE1_RESPONDED: {
        I.NEW_COMPLAINT: ask_or_escalate,
        I.SERVICE_REQUEST: ask_or_escalate,
        I.ESCALATION_REQUEST: mail.escalate,
        I.REPLY: mail.pass_on,
        I.OTHER: mail.pass_on,
        I.UNSURE: ask_or_escalate,
    },
    Stage.STAGE2_OPEN: {
        I.NEW_COMPLAINT: ask_or_new_case,
        I.SERVICE_REQUEST: mail.pass_on,
        I.ESCALATION_REQUEST: mail.pass_on,
        I.REPLY: mail.reply_at_stage,
        I.OTHER: mail.pass_on,
        I.UNSURE: ask_or_reply,
    },
    Stage.STAGE2_RESPONDED: {
        I.NEW_COMPLAINT: ask_or_new_case,
        I.SERVICE_REQUEST: ask_or_new_case,
        I.ESCALATION_REQUEST: mail.signpost,
        I.REPLY: mail.pass_on,
        I.OTHER: mail.pass_on,
        I.UNSURE: ask_or_escalate,
    },
    Stage.CLOSED: {
        I.NEW_COMPLAINT: mail.open_another,
        I.SERVICE_REQUEST: mail.open_another,
        I.ESCALATION_REQUEST: mail.escalate_closed,
        I.REPLY: mail.reopen_on_reply,
        I.OTHER: mail.pass_on,
        I.UNSURE: mail.reopen_or_ask,
    },
}


def send_what_waited(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """The act is carried out now, by the table, wherever the case stands by now."""
    return holding.send(case, event, rules, lambda c, e, r: ON_STAFF[c.stage][e.act](c, e, r))


def by_mail(case: Case, event: MailArrived, rules: Rulebook) -> Decision:
    """What a party's mail brings about on this case, once nobody has it whom it complains about."""
    case, moved = joining.away_from_whom_it_is_about(stages.with_routes(case, event, rules), event, rules)
    decision = ON_MAIL[case.stage][event.verdict.intent](case, event, rules)
    return replace(decision, effects=(*moved, *decision.effects)) if moved else decision


def name_resident(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#resident: whom somebody writes for, or another address of a resident whom we know."""
    if event.address and case.knows_resident and not case.representative and not rules.is_ours(event.address):
        return addresses.set_address(case, event, rules, by_mail)
    return third_parties.add_resident(case, event, rules)


def do_what_was_confirmed(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """The acts are carried out now, by the table, wherever the case stands by now."""
    return confirming.confirm(case, event, rules, lambda c, e, r: ON_STAFF[c.stage][e.act](c, e, r))


def close(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#close: at once for what the resident said, and else a supervisor's."""
    ground = {"silence": "silence", "proposed": "reason"}.get(event.words.strip().lower())
    return (
        deciding.propose_to_close(case, event, rules, ground) if ground else staff.close(case, event, rules)
    )


def restrict(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """#restrict: the words of the case are kept from others; with "contact", how somebody may get in touch."""
    return (
        deciding.limit_contact(case, event, rules)
        if event.words.strip()
        else staff.restrict(case, event, rules)
    )


def close_for_silence(case: Case, event: TimerFell, rules: Rulebook) -> Decision:
    """Closed by the policy's own words, or put before a supervisor."""
    return clock.close_for_silence(case, event, rules, deciding.propose_silence)


T = Timer
gone = clock.gone

ON_CLOCK: Mapping[Stage, Mapping[Timer, ClockRule]] = {
    Stage.UNSORTED: {
        T.ASSIGN: gone,
        T.SORT: clock.take_the_safe_reading,
        T.ACKNOWLEDGE: gone,
        T.CONTACT: gone,
        T.RESPONSE_NEAR: gone,
        T.RESPONSE_DUE: gone,
        T.RESPONSE_LATE: gone,
        T.REMIND_WINDOW: gone,
        T.CLOSE_SILENT: gone,
        T.ACTION_DUE: clock.chase_action,
        T.SERVICE_CHASE: gone,
        T.REVIEW: gone,
        T.UPDATE: gone,
        T.SURVEY: gone,
        T.ADJUSTMENT: gate.review_adjustment,
        T.SEND: send_what_waited,
        T.CONFIRM: confirming.lapse,
        T.RELEASE: withholding.chase,
    },
    Stage.SERVICE_REQUEST: {
        T.ASSIGN: gone,
        T.SORT: clock.take_the_safe_reading,
        T.ACKNOWLEDGE: gone,
        T.CONTACT: gone,
        T.RESPONSE_NEAR: gone,
        T.RESPONSE_DUE: gone,
        T.RESPONSE_LATE: gone,
        T.REMIND_WINDOW: gone,
        T.CLOSE_SILENT: gone,
        T.ACTION_DUE: clock.chase_action,
        T.SERVICE_CHASE: clock.chase_service_request,
        T.REVIEW: gone,
        T.UPDATE: gone,
        T.SURVEY: gone,
        T.ADJUSTMENT: gate.review_adjustment,
        T.SEND: send_what_waited,
        T.CONFIRM: confirming.lapse,
        T.RELEASE: withholding.chase,
    },
    Stage.STAGE1_OPEN: {
        T.ASSIGN: clock.find_somebody,
        T.SORT: clock.take_the_safe_reading,
        T.ACKNOWLEDGE: clock.send_acknowledgement,
        T.CONTACT: clock.chase_contact,
        T.RESPONSE_NEAR: clock.chase_response,
        T.RESPONSE_DUE: clock.chase_response,
        T.RESPONSE_LATE: clock.chase_late_response,
        T.REMIND_WINDOW: gone,
        T.CLOSE_SILENT: gone,
        T.ACTION_DUE: clock.chase_action,
        T.SERVICE_CHASE: gone,
        T.REVIEW: clock.chase_review,
        T.UPDATE: clock.chase_update,
        T.SURVEY: gone,
        T.ADJUSTMENT: gate.review_adjustment,
        T.SEND: send_what_waited,
        T.CONFIRM: confirming.lapse,
        T.RELEASE: withholding.chase,
    },
    Stage.STAGE1_RESPONDED: {
        T.ASSIGN: gone,
        T.SORT: clock.take_the_safe_reading,
        T.ACKNOWLEDGE: gone,
        T.CONTACT: gone,
        T.RESPONSE_NEAR: gone,
        T.RESPONSE_DUE: gone,
        T.RESPONSE_LATE: gone,
        T.REMIND_WINDOW: clock.remind,
        T.CLOSE_SILENT: close_for_silence,
        T.ACTION_DUE: clock.chase_action,
        T.SERVICE_CHASE: gone,
        T.REVIEW: gone,
        T.UPDATE: gone,
        T.SURVEY: gone,
        T.ADJUSTMENT: gate.review_adjustment,
        T.SEND: send_what_waited,
        T.CONFIRM: confirming.lapse,
        T.RELEASE: withholding.chase,
    },
    Stage.STAGE2_OPEN: {
        T.ASSIGN: clock.find_somebody,
        T.SORT: clock.take_the_safe_reading,
        T.ACKNOWLEDGE: clock.send_acknowledgement,
        T.CONTACT: clock.chase_contact,
        T.RESPONSE_NEAR: clock.chase_response,
        T.RESPONSE_DUE: clock.chase_response,
        T.RESPONSE_LATE: clock.chase_late_response,
        T.REMIND_WINDOW: gone,
        T.CLOSE_SILENT: gone,
        T.ACTION_DUE: clock.chase_action,
        T.SERVICE_CHASE: gone,
        T.REVIEW: clock.chase_review,
        T.UPDATE: clock.chase_update,
        T.SURVEY: gone,
        T.ADJUSTMENT: gate.review_adjustment,
        T.SEND: send_what_waited,
        T.CONFIRM: confirming.lapse,
        T.RELEASE: withholding.chase,
    },
    Stage.STAGE2_RESPONDED: {
        T.ASSIGN: gone,
        T.SORT: clock.take_the_safe_reading,
        T.ACKNOWLEDGE: gone,
        T.CONTACT: gone,
        T.RESPONSE_NEAR: gone,
        T.RESPONSE_DUE: gone,
        T.RESPONSE_LATE: gone,
        T.REMIND_WINDOW: clock.remind,
        T.CLOSE_SILENT: close_for_silence,
        T.ACTION_DUE: clock.chase_action,
        T.SERVICE_CHASE: gone,
        T.REVIEW: gone,
        T.UPDATE: gone,
        T.SURVEY: gone,
        T.ADJUSTMENT: gate.review_adjustment,
        T.SEND: send_what_waited,
        T.CONFIRM: confirming.lapse,
        T.RELEASE: withholding.chase,
    },
    Stage.CLOSED: {
        T.ASSIGN: gone,
        T.SORT: clock.take_the_safe_reading,
        T.ACKNOWLEDGE: gone,
        T.CONTACT: gone,
        T.RESPONSE_NEAR: gone,
        T.RESPONSE_DUE: gone,
        T.RESPONSE_LATE: gone,
        T.REMIND_WINDOW: gone,
        T.CLOSE_SILENT: gone,
        T.ACTION_DUE: clock.chase_action,
        T.SERVICE_CHASE: gone,
        T.REVIEW: gone,
        T.UPDATE: gone,
        T.SURVEY: clock.ask_how_it_was,
        T.ADJUSTMENT: gate.review_adjustment,
        T.SEND: send_what_waited,
        T.CONFIRM: confirming.lapse,
        T.RELEASE: withholding.chase,
    },
}

A = Act
is_request = refuse("This is a service request. If it is a complaint, write #sort complaint first.")
is_unsorted = refuse("Nobody has said yet what this mail is. Write #sort complaint, or what else it is.")
is_answered = refuse("The response of this stage has been sent. Write #escalate or #close agreed.")
is_final = refuse("The final response has been sent; the complaints process is complete.")
is_closed = refuse("The case is closed. Write #reopen first.")
is_stage2 = refuse("The case is at stage 2 already.")
is_open = refuse("The case is open: there is nothing to reopen.")


ON_STAFF: Mapping[Stage, Mapping[Act, StaffRule]] = {
    Stage.UNSORTED: {
        A.REPLY: staff.relay,
        A.CONFIRM: is_unsorted,
        A.CONTACTED: staff.contacted,
        A.RESPOND: is_unsorted,
        A.EXTEND: is_unsorted,
        A.ACTION: staff.add_action,
        A.DONE: staff.action_done,
        A.NOTE: staff.note,
        A.ASSIGN: staff.give_to,
        A.CLOSE: is_unsorted,
        A.REOPEN: is_open,
        A.ESCALATE: is_unsorted,
        A.SORT: staff.sort,
        A.TRIED: staff.tried,
        A.UPDATE: staff.update,
        A.REVIEWED: is_unsorted,
        A.APPROVE: is_unsorted,
        A.RETURN: is_unsorted,
        A.DECLINE: is_unsorted,
        A.ACCEPT: is_unsorted,
        A.RESIDENT: name_resident,
        A.AUTHORITY: third_parties.record_authority,
        A.RESTRICT: restrict,
        A.ADJUST: gate.adjust,
        A.LANGUAGE: gate.write_in,
        A.HOLD: gate.hold_back,
        A.NEW: handed_in.log_new,
        A.MERGE: joining.merge,
        A.SPLIT: joining.split,
        A.CONFLICT: joining.declare_conflict,
        A.DETERMINATION: determinations.record_determination,
        A.ORDER: determinations.record_order,
        A.LEARNED: recording.learn,
        A.RECORD: recording.record,
        A.CANCEL: holding.cancel,
        A.RELEASE: releasing.release,
        A.DISCARD: releasing.discard,
        A.VERIFY: do_what_was_confirmed,
        A.HELP: staff.show_help,
        A.HISTORY: staff.history,
    },
    Stage.SERVICE_REQUEST: {
        A.REPLY: staff.relay,
        A.CONFIRM: is_request,
        A.CONTACTED: staff.contacted,
        A.RESPOND: is_request,
        A.EXTEND: is_request,
        A.ACTION: staff.add_action,
        A.DONE: staff.action_done,
        A.NOTE: staff.note,
        A.ASSIGN: staff.give_to,
        A.CLOSE: close,
        A.REOPEN: is_open,
        A.ESCALATE: is_request,
        A.SORT: staff.sort,
        A.TRIED: staff.tried,
        A.UPDATE: staff.update,
        A.REVIEWED: is_request,
        A.APPROVE: is_request,
        A.RETURN: is_request,
        A.DECLINE: is_request,
        A.ACCEPT: is_request,
        A.RESIDENT: name_resident,
        A.AUTHORITY: third_parties.record_authority,
        A.RESTRICT: restrict,
        A.ADJUST: gate.adjust,
        A.LANGUAGE: gate.write_in,
        A.HOLD: gate.hold_back,
        A.NEW: handed_in.log_new,
        A.MERGE: joining.merge,
        A.SPLIT: joining.split,
        A.CONFLICT: joining.declare_conflict,
        A.DETERMINATION: determinations.record_determination,
        A.ORDER: determinations.record_order,
        A.LEARNED: recording.learn,
        A.RECORD: recording.record,
        A.CANCEL: holding.cancel,
        A.RELEASE: releasing.release,
        A.DISCARD: releasing.discard,
        A.VERIFY: do_what_was_confirmed,
        A.HELP: staff.show_help,
        A.HISTORY: staff.history,
    },
    Stage.STAGE1_OPEN: {
        A.REPLY: staff.relay,
        A.CONFIRM: staff.confirm,
        A.CONTACTED: staff.contacted,
        A.RESPOND: approving.respond_or_ask,
        A.EXTEND: staff.extend,
        A.ACTION: staff.add_action,
        A.DONE: staff.action_done,
        A.NOTE: staff.note,
        A.ASSIGN: staff.give_to,
        A.CLOSE: close,
        A.REOPEN: is_open,
        A.ESCALATE: staff.escalate,
        A.SORT: staff.sort,
        A.TRIED: staff.tried,
        A.UPDATE: staff.update,
        A.REVIEWED: staff.reviewed,
        A.APPROVE: approving.approve,
        A.RETURN: approving.give_back,
        A.DECLINE: proposals.decline,
        A.ACCEPT: proposals.accept,
        A.RESIDENT: name_resident,
        A.AUTHORITY: third_parties.record_authority,
        A.RESTRICT: restrict,
        A.ADJUST: gate.adjust,
        A.LANGUAGE: gate.write_in,
        A.HOLD: gate.hold_back,
        A.NEW: handed_in.log_new,
        A.MERGE: joining.merge,
        A.SPLIT: joining.split,
        A.CONFLICT: joining.declare_conflict,
        A.DETERMINATION: determinations.record_determination,
        A.ORDER: determinations.record_order,
        A.LEARNED: recording.learn,
        A.RECORD: recording.record,
        A.CANCEL: holding.cancel,
        A.RELEASE: releasing.release,
        A.DISCARD: releasing.discard,
        A.VERIFY: do_what_was_confirmed,
        A.HELP: staff.show_help,
        A.HISTORY: staff.history,
    },
    Stage.STAGE1_RESPONDED: {
        A.REPLY: staff.relay,
        A.CONFIRM: is_answered,
        A.CONTACTED: staff.contacted,
        A.RESPOND: is_answered,
        A.EXTEND: is_answered,
        A.ACTION: staff.add_action,
        A.DONE: staff.action_done,
        A.NOTE: staff.note,
        A.ASSIGN: staff.give_to,
        A.CLOSE: close,
        A.REOPEN: is_open,
        A.ESCALATE: staff.escalate,
        A.SORT: staff.sort,
        A.TRIED: staff.tried,
        A.UPDATE: staff.update,
        A.REVIEWED: is_answered,
        A.APPROVE: deciding.approve,
        A.RETURN: deciding.give_back,
        A.DECLINE: proposals.decline,
        A.ACCEPT: proposals.accept,
        A.RESIDENT: name_resident,
        A.AUTHORITY: third_parties.record_authority,
        A.RESTRICT: restrict,
        A.ADJUST: gate.adjust,
        A.LANGUAGE: gate.write_in,
        A.HOLD: gate.hold_back,
        A.NEW: handed_in.log_new,
        A.MERGE: joining.merge,
        A.SPLIT: joining.split,
        A.CONFLICT: joining.declare_conflict,
        A.DETERMINATION: determinations.record_determination,
        A.ORDER: determinations.record_order,
        A.LEARNED: recording.learn,
        A.RECORD: recording.record,
        A.CANCEL: holding.cancel,
        A.RELEASE: releasing.release,
        A.DISCARD: releasing.discard,
        A.VERIFY: do_what_was_confirmed,
        A.HELP: staff.show_help,
        A.HISTORY: staff.history,
    },
    Stage.STAGE2_OPEN: {
        A.REPLY: staff.relay,
        A.CONFIRM: staff.confirm,
        A.CONTACTED: staff.contacted,
        A.RESPOND: approving.respond_or_ask,
        A.EXTEND: staff.extend,
        A.ACTION: staff.add_action,
        A.DONE: staff.action_done,
        A.NOTE: staff.note,
        A.ASSIGN: staff.give_to,
        A.CLOSE: close,
        A.REOPEN: is_open,
        A.ESCALATE: is_stage2,
        A.SORT: staff.sort,
        A.TRIED: staff.tried,
        A.UPDATE: staff.update,
        A.REVIEWED: staff.reviewed,
        A.APPROVE: approving.approve,
        A.RETURN: approving.give_back,
        A.DECLINE: proposals.decline,
        A.ACCEPT: proposals.accept,
        A.RESIDENT: name_resident,
        A.AUTHORITY: third_parties.record_authority,
        A.RESTRICT: restrict,
        A.ADJUST: gate.adjust,
        A.LANGUAGE: gate.write_in,
        A.HOLD: gate.hold_back,
        A.NEW: handed_in.log_new,
        A.MERGE: joining.merge,
        A.SPLIT: joining.split,
        A.CONFLICT: joining.declare_conflict,
        A.DETERMINATION: determinations.record_determination,
        A.ORDER: determinations.record_order,
        A.LEARNED: recording.learn,
        A.RECORD: recording.record,
        A.CANCEL: holding.cancel,
        A.RELEASE: releasing.release,
        A.DISCARD: releasing.discard,
        A.VERIFY: do_what_was_confirmed,
        A.HELP: staff.show_help,
        A.HISTORY: staff.history,
    },
    Stage.STAGE2_RESPONDED: {
        A.REPLY: staff.relay,
        A.CONFIRM: is_final,
        A.CONTACTED: staff.contacted,
        A.RESPOND: is_final,
        A.EXTEND: is_final,
        A.ACTION: staff.add_action,
        A.DONE: staff.action_done,
        A.NOTE: staff.note,
        A.ASSIGN: staff.give_to,
        A.CLOSE: close,
        A.REOPEN: is_open,
        A.ESCALATE: is_final,
        A.SORT: staff.sort,
        A.TRIED: staff.tried,
        A.UPDATE: staff.update,
        A.REVIEWED: is_final,
        A.APPROVE: deciding.approve,
        A.RETURN: deciding.give_back,
        A.DECLINE: is_final,
        A.ACCEPT: proposals.accept,
        A.RESIDENT: name_resident,
        A.AUTHORITY: third_parties.record_authority,
        A.RESTRICT: restrict,
        A.ADJUST: gate.adjust,
        A.LANGUAGE: gate.write_in,
        A.HOLD: gate.hold_back,
        A.NEW: handed_in.log_new,
        A.MERGE: joining.merge,
        A.SPLIT: joining.split,
        A.CONFLICT: joining.declare_conflict,
        A.DETERMINATION: determinations.record_determination,
        A.ORDER: determinations.record_order,
        A.LEARNED: recording.learn,
        A.RECORD: recording.record,
        A.CANCEL: holding.cancel,
        A.RELEASE: releasing.release,
        A.DISCARD: releasing.discard,
        A.VERIFY: do_what_was_confirmed,
        A.HELP: staff.show_help,
        A.HISTORY: staff.history,
    },
    Stage.CLOSED: {
        A.REPLY: staff.relay,
        A.CONFIRM: is_closed,
        A.CONTACTED: staff.contacted,
        A.RESPOND: is_closed,
        A.EXTEND: is_closed,
        A.ACTION: staff.add_action,
        A.DONE: staff.action_done,
        A.NOTE: staff.note,
        A.ASSIGN: is_closed,
        A.CLOSE: refuse("The case is closed already."),
        A.REOPEN: staff.reopen,
        A.ESCALATE: staff.escalate,
        A.SORT: staff.sort,
        A.TRIED: staff.tried,
        A.UPDATE: staff.update,
        A.REVIEWED: is_closed,
        A.APPROVE: is_closed,
        A.RETURN: is_closed,
        A.DECLINE: proposals.decline,
        A.ACCEPT: proposals.accept,
        A.RESIDENT: is_closed,
        A.AUTHORITY: third_parties.record_authority,
        A.RESTRICT: restrict,
        A.ADJUST: gate.adjust,
        A.LANGUAGE: gate.write_in,
        A.HOLD: gate.hold_back,
        A.NEW: handed_in.log_new,
        A.MERGE: is_closed,
        A.SPLIT: is_closed,
        A.CONFLICT: is_closed,
        A.DETERMINATION: determinations.record_determination,
        A.ORDER: determinations.record_order,
        A.LEARNED: recording.learn,
        A.RECORD: recording.record,
        A.CANCEL: holding.cancel,
        A.RELEASE: releasing.release,
        A.DISCARD: releasing.discard,
        A.VERIFY: do_what_was_confirmed,
        A.HELP: staff.show_help,
        A.HISTORY: staff.history,
    },
}


def decide(case: Case | None, event: Event, rules: Rulebook) -> Decision:
    """What follows from this event. Pure; total over stages, intents, timers and acts.

    A `case` of None is allowed for mail alone. `Decision.case` is None when the mail is only filed.
    """
    decision = look_up(case, event, rules)
    if case is not None and isinstance(event, StaffActed):
        decision = holding.hold(case, event, rules, decision)
    if isinstance(event, MailArrived):
        decision = handed_in.with_thanks(decision, event, rules)
    after = decision.case
    if after and after.current and after.stage in FIRST_STAGES and not (case and case.current):
        # A complaint has just been opened, by whatever event: what its mail shows is put before people once.
        decision = third_parties.with_receipt(proposals.with_proposals(decision, event.at, rules), rules)
    if case and case.stage is Stage.CLOSED and decision.case and decision.case.stage is not Stage.CLOSED:
        decision = replace(decision, case=replace(decision.case, reopened_at=event.at))
    decision = withholding.by_hand(gate.through_gate(decision, event, rules), event, rules)
    effects = addresses.with_copies(decision.case, decision.effects)
    return replace(decision, effects=matters.withhold(decision.case, effects))


def look_up(case: Case | None, event: Event, rules: Rulebook) -> Decision:
    """The answer of the tables."""
    if isinstance(event, MailArrived):
        if event.matter is Matter.DATA_PROTECTION:
            return matters.open_data_protection(event, rules)
        if event.from_ombudsman:
            return mail.with_alarms(matters.ombudsman_wrote(case, event, rules), event, rules)
        if case is not None and not event.trusted:
            return mail.with_alarms(mail.untrusted(case, event, rules), event, rules)
        if case is None and event.suggested and event.verdict.intent is not Intent.OTHER:
            asked = matters.with_matters(None, mail.ask_which_case(event, rules), event, rules)
            return mail.with_alarms(asked, event, rules)
        if case is not None and event.answers == Letter.ADDRESS_REQUEST and event.answers_about:
            also = event.verdict.intent in ASKS_FOR_MORE
            usual = by_mail(case, event, rules) if also else None
            return mail.with_alarms(addresses.answered(case, event, rules, usual, by_mail), event, rules)
        if case is not None and event.answers == "survey" and event.verdict.intent not in ASKS_FOR_MORE:
            return mail.with_alarms(mail.survey_answered(case, event, rules), event, rules)
        decision = (
            by_mail(case, event, rules)
            if case
            else ON_MAIL[Stage.NONE][event.verdict.intent](None, event, rules)
        )
        return mail.with_alarms(matters.with_matters(case, decision, event, rules), event, rules)
    assert case is not None, "timers, staff, bounces and calendars speak of a case"
    if isinstance(event, TimerFell):
        return ON_CLOCK[case.stage][event.timer](case, event, rules)
    if isinstance(event, StaffActed):
        return ON_STAFF[case.stage][event.act](case, event, rules)
    if isinstance(event, DatesChanged):
        return recount(case, event, rules)
    if isinstance(event, LetterHeld):
        return withholding.put_before(case, event, rules)
    assert isinstance(event, Bounced)
    return mail.bounced(case, event, rules)


FIRST_STAGES = (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN)
"""Where a complaint can begin: at stage 2 where a policy lets people ask for it at once (SPSO)."""

ASKS_FOR_MORE = (Intent.NEW_COMPLAINT, Intent.ESCALATION_REQUEST)
"""What an answer to a survey may also be: then it is that, and no answer to a survey."""

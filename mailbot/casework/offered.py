"""The buttons: prepared mails that a mail to staff offers, each a command line with what to fill in."""

from __future__ import annotations

from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Case, Fact, Matter, Stage


def buttons(case: Case, rules: Rulebook) -> list[Fact]:
    """The prepared mails that the case mail offers: what makes sense where the case stands."""

    return [
        *(one for held in case.unsent[:3] for one in release_buttons(held.number)),
        *_by_stage(case, rules),
    ]


def _by_stage(case: Case, rules: Rulebook) -> list[Fact]:
    def button(label: str, line: str, body: str = "") -> Fact:
        return {"label": rules.call(label), "line": line, "body": rules.call(body)}

    contact = button("Record contact", "#contacted by phone")
    extend = button(
        "Ask for an extension", "#extend 10 working days because ", "Say why after the word because."
    )
    action = button("Add an action", "#action  by ", "What will be done, then the date after the word by.")
    note = button("Note", "#note", "Then the note. It stays inside.")
    update = button(
        "Tell how it stands", "#update", "Then, after an empty line, what the resident is to read."
    )
    tried = button("Record an attempt", "#tried by phone, no answer")
    quiet = button("Hold back", "#hold until  because ", "The day after the word until, why after because.")
    done = [button("Action done", f"#done {case.open_actions[0].number}")] if case.open_actions else []
    conflict = button("I have a conflict", "#conflict")
    propose = button(
        "Propose to decline", "#decline age because ", "The ground, then why. A supervisor decides."
    )
    end = button(
        "Propose to close", "#close because ", "Say why after the word because. A supervisor decides."
    )
    silent = button(
        "Propose to close", "#close silence because ", "What you did to reach them. A supervisor decides."
    )
    given = button("Permission seen", "#authority given")
    whose = button("Add the resident", "#resident ", "Their address, then their name.")
    writers = [whose, given] if case.representative and case.authority == "needed" else []
    pass_on = button("Pass on", "#assign ")
    theirs = [
        button(f"{claim.address} is theirs", f"#resident {claim.address} ", "Their name may follow.")
        for claim in case.claims
        if not claim.answer
    ][:2]
    theirs += [
        button(
            f"{claim.address} complains for themselves",
            f"#new complaint from {claim.address} by email",
            "It becomes a case of its own, from the day on which it came.",
        )
        for claim in case.claims
        if not claim.answer and claim.mails
    ][:2]
    answer = "Choose upheld, partly upheld or not upheld, then write the response to the resident."
    name = rules.stage_rules(case).name
    match case.stage:
        case Stage.UNSORTED:
            return [*sorting(case), note, *theirs]
        case Stage.SERVICE_REQUEST:
            return [
                button("Close as answered", "#close answered"),
                *(
                    [button("It is a complaint", "#sort complaint")]
                    if case.matter is Matter.COMPLAINT
                    else []
                ),
                *writers,
                note,
                pass_on,
                *theirs,
            ]
        case Stage.STAGE1_OPEN | Stage.STAGE2_OPEN:
            first = []
            if case.current and case.current.acknowledged_at is None:
                first = [button("Send acknowledgement now", "#acknowledge")]
            return [
                *first,
                contact,
                button(f"Send {name} response", "#respond upheld", answer),
                extend,
                update,
                *([button("Review held", "#reviewed")] if case.current and case.current.review else []),
                action,
                *done,
                *writers,
                note,
                quiet,
                pass_on,
                conflict,
                propose,
                button("Withdrawn", "#close withdrawn"),
                end,
                *theirs,
            ]
        case Stage.STAGE1_RESPONDED:
            return [
                button("Close as agreed", "#close agreed"),
                button("Escalate", "#escalate"),
                tried,
                action,
                *done,
                note,
                quiet,
                pass_on,
                silent,
                *theirs,
            ]
        case Stage.STAGE2_RESPONDED:
            agreed = button("Close as agreed", "#close agreed")
            return [agreed, tried, action, *done, note, quiet, pass_on, silent, *theirs]
        case _:
            return [button("Reopen", "#reopen"), note, *theirs]


def release_buttons(number: int | None = None) -> list[Fact]:
    """Whether a held letter goes; `number` where it is one of several of a case."""
    which = f" {number}" if number else ""
    return [
        {"label": "Send it", "line": f"#release{which}", "body": ""},
        {
            "label": "Don't send it",
            "line": f"#discard{which} because ",
            "body": "Say why after the word because.",
        },
    ]


def acknowledgement_buttons() -> list[Fact]:
    """Whether an acknowledgement goes that waits for somebody's word."""
    return [
        {"label": "Send it", "line": "#acknowledge", "body": ""},
        {
            "label": "I have acknowledged it myself",
            "line": "#acknowledge by email",
            "body": "Or by post, by letter.",
        },
        {
            "label": "Don't send it",
            "line": "#discard acknowledgement because ",
            "body": "Say why after the word because. It stays due.",
        },
    ]


def late(case: Case, decline: tuple[Fact, ...]) -> list[Fact]:
    """The answers to the question whether a late request is followed: these two first, for that is what it is."""
    follow: Fact = {"label": "Follow it: the next stage", "line": "#sort escalation", "body": ""}
    answers = (one for one in sorting(case) if isinstance(one, dict))
    others = [one for one in answers if one["line"] != "#sort escalation"]
    return [follow, *decline, *others]


def sorting(case: Case) -> list[Fact]:
    """The answers to a question what a mail is."""
    suggested = next((q.suggested for q in case.open_questions if q.suggested), "")
    choices: tuple[tuple[str, str], ...]
    if case.stage is Stage.UNSORTED:
        choices = (
            ("A complaint", "complaint"),
            ("A service request", "service request"),
            ("Neither", "other"),
        )
        if suggested:
            choices = ((f"Belongs to {suggested}", "reply"), *choices)
    else:
        choices = (
            ("A reply", "reply"),
            ("A request to escalate", "escalation"),
            ("A new complaint", "complaint"),
            ("A service request", "service request"),
            ("Neither", "other"),
        )
    return [{"label": label, "line": f"#sort {word}", "body": ""} for label, word in choices]

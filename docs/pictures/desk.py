"""A complaints desk in one month, played through mailbot's own rules, for the pictures and for trying letters.

Everybody here is made up. What is told below is only what people write and do; every letter, date and number
comes out of `decide`, as it would in the service: timers fall on their days, handlers' commands end in the
same step as mail. No clock, no network, no database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import Calendar
from mailbot.casework.lifecycle import decide
from mailbot.casework.policy import Policy
from mailbot.casework.references import compose
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Bounced,
    CancelTimer,
    Case,
    Effect,
    Event,
    Flag,
    Intent,
    MailArrived,
    Party,
    Person,
    Raised,
    Reading,
    ReplyKind,
    SendLetter,
    SetTimer,
    StaffActed,
    Timer,
    TimerFell,
    Topic,
    Verdict,
)

MORNING = dt.date(2026, 3, 30)
BOX = "complaints"

DEV = Person(
    "dev", "Dev Banerjee", "dev.banerjee@brackenfieldhomes.example", "0113 496 0121", "Complaints Officer"
)
GRACE = Person(
    "grace", "Grace Adeyemi", "grace.adeyemi@brackenfieldhomes.example", "0113 496 0122", "Complaints Officer"
)
SIOBHAN = Person(
    "siobhan",
    "Siobhan Keane",
    "siobhan.keane@brackenfieldhomes.example",
    "0113 496 0124",
    "Senior Complaints Officer",
)
RUTH = Person(
    "ruth",
    "Ruth Calloway",
    "ruth.calloway@brackenfieldhomes.example",
    "0113 496 0130",
    "Head of Service Reviews",
    roles=("stage2",),
)
OWEN = Person(
    "owen",
    "Owen Pryce",
    "owen.pryce@brackenfieldhomes.example",
    "0113 496 0110",
    "Complaints Team Leader",
    roles=("supervisor",),
)
DUTY = Person(
    "duty", "Duty Officer", "duty@brackenfieldhomes.example", "0113 496 0999", "Out of hours", roles=("duty",)
)
PEOPLE = (DEV, GRACE, SIOBHAN, RUTH, OWEN, DUTY)


@dataclass(frozen=True)
class Writes:
    """A resident's mail: the day of March, what it wants, and its words."""

    day: int
    intent: Intent
    text: str
    kind: ReplyKind | None = None
    time: str = "09:40"
    flags: tuple[Raised, ...] = ()
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class Does:
    """A handler's act by mail. `until` is a day of March or, from 32 on, of April."""

    day: int
    act: Act
    words: str = ""
    text: str = ""
    until: int = 0
    reason: str = ""
    time: str = "15:10"


@dataclass(frozen=True)
class Returns:
    """A letter of ours comes back."""

    day: int
    letter: str
    time: str = "11:00"


@dataclass(frozen=True)
class Story:
    """One resident and what happens."""

    name: str
    address: str
    subject: str
    topic: Topic
    wish: str
    happens: tuple[Writes | Does | Returns, ...]
    handler: str = ""


@dataclass(frozen=True)
class Told:
    """A line of the journal, as storage would keep it."""

    at: dt.datetime
    who: str
    kind: str
    summary: str
    because: tuple[str, ...]
    event: Event
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Sent:
    """A letter of the outbox, as storage would keep it."""

    message_id: str
    created_at: dt.datetime
    sent_at: dt.datetime
    order: SendLetter
    subject: str = ""
    last_error: str = ""


@dataclass
class Played:
    """What became of a story."""

    case: Case
    journal: list[Told] = field(default_factory=list)
    letters: list[Sent] = field(default_factory=list)


def day_of(number: int) -> dt.date:
    return dt.date(2026, 3, 1) + dt.timedelta(days=number - 1)


def moment(day: dt.date, time: str) -> dt.datetime:
    return Calendar.instant(day, dt.time.fromisoformat(time))


def events_of(story: Story, serial: int) -> Iterator[Event]:
    party = Party(story.address, story.name)
    for number, one in enumerate(story.happens):
        at = moment(day_of(one.day), one.time)
        mail = f"mail-{serial}-{number}"
        if isinstance(one, Writes):
            readings = one.readings or (Reading(one.intent, 0.94, reasons_of(one.text)),)
            yield MailArrived(
                at=at,
                received_at=at,
                mail=mail,
                sender=party,
                subject=story.subject if number == 0 else f"Re: {story.subject}",
                text=one.text,
                verdict=Verdict(
                    one.intent, readings, reply_kind=one.kind, topics=(story.topic,), flags=one.flags
                ),
                how_found="" if number == 0 else "reply address",
                definition=one.text,
                outcome_sought=story.wish,
            )
        elif isinstance(one, Does):
            yield StaffActed(
                at=at,
                who=story.handler or DEV.key,
                act=one.act,
                words=one.words,
                text=one.text,
                mail=mail,
                until=day_of(one.until) if one.until else None,
                number=1,
                reason=one.reason,
            )
        else:
            yield Bounced(at, mail, story.address, one.letter, "550 5.1.1 no such user here")


def reasons_of(text: str) -> tuple[str, ...]:
    return tuple(p for p in ("nobody", "complaint", "again", "not happy", "still", "please") if p in text)[:3]


def play(
    stories: tuple[Story, ...],
    policy: Policy,
    until: dt.datetime,
    confirm: bool = False,
) -> list[Played]:
    """Each story as the rules carry it up to `until`, timers included."""
    calendar = Calendar("ENG")
    loads: dict[str, int] = {}
    played = []
    for serial, story in enumerate(stories, start=412):
        rules = Rulebook(
            policy,
            calendar,
            Desk(PEOPLE, dict(loads)),
            BOX,
            compose("CC", 2026, serial),
            Habits(confirm_acknowledgement=confirm),
        )
        one = live(story, rules, until, serial)
        played.append(one)
        if one.case.handler:
            loads[one.case.handler] = loads.get(one.case.handler, 0) + 1
    return played


def live(story: Story, rules: Rulebook, until: dt.datetime, serial: int) -> Played:
    one: Played | None = None
    timers: dict[tuple[Timer, str], dt.datetime] = {}
    events = [e for e in events_of(story, serial) if e.at <= until]
    while events or timers:
        due = min(timers, key=lambda key: timers[key]) if timers else None
        if events and (due is None or events[0].at <= timers[due]):
            event: Event = events.pop(0)
        elif due is not None and timers[due] <= until:
            event = TimerFell(timers[due], due[0], timers.pop(due), due[1])
        else:
            break
        if isinstance(event, StaffActed) and one and one.case.handler:
            event = replace(event, who=one.case.handler)
        decision = decide(one.case if one else None, event, rules)
        assert decision.case is not None, story.subject
        one = one or Played(decision.case)
        one.case = decision.case
        one.journal.append(
            Told(
                event.at,
                event.who if isinstance(event, StaffActed) else "mailbot",
                "",
                decision.summary or decision.refused,
                decision.because,
                event,
                decision.effects,
            )
        )
        for number, effect in enumerate(decision.effects):
            if isinstance(effect, SetTimer):
                timers[effect.timer, effect.subject] = max(effect.due_at, event.at)
            elif isinstance(effect, CancelTimer):
                timers.pop((effect.timer, effect.subject), None)
            elif isinstance(effect, SendLetter):
                sent = Sent(f"<{serial}.{len(one.journal)}.{number}@x>", event.at, event.at, effect)
                one.letters.append(sent)
    assert one is not None, f"{story.subject}: nothing happens before {until}"
    return one


# ------------------------------------------------------------------ the stories


def complaint(day: int, text: str, *flags: Raised, time: str = "09:40") -> Writes:
    return Writes(day, Intent.NEW_COMPLAINT, text, time=time, flags=flags)


def request(day: int, text: str) -> Writes:
    return Writes(day, Intent.SERVICE_REQUEST, text)


def unsure(day: int, text: str) -> Writes:
    readings = (
        Reading(Intent.NEW_COMPLAINT, 0.52, ("still waiting", "anybody")),
        Reading(Intent.SERVICE_REQUEST, 0.41, ("could you",)),
        Reading(Intent.OTHER, 0.07),
    )
    return Writes(day, Intent.UNSURE, text, readings=readings, time="17:05")


ANSWER = (
    "We read your record and spoke to the contractor.\n\nTwo visits were booked and nobody came to either. "
    "The appointments had been moved in the contractor's diary and nobody told you. That was our mistake.\n\n"
    "I am sorry. You should have had one visit, on the day that we gave you."
)
TALKED = Does(4, Act.CONTACTED, "by phone")


def answered(day: int, words: str = "upheld") -> Does:
    return Does(day, Act.RESPOND, words, ANSWER)


def talked(day: int) -> Does:
    return Does(day, Act.CONTACTED, "by phone")


GAS: Mapping[str, Raised] = {
    "gas": Raised(Flag.URGENT_HAZARD, "smell of gas"),
    "damp": Raised(Flag.URGENT_HAZARD, "water through the light"),
    "child": Raised(Flag.VULNERABILITY, "my son has asthma"),
    "care": Raised(Flag.SAFEGUARDING, "I don't feel safe with him"),
    "mp": Raised(Flag.MP_OR_COUNCILLOR, "my MP"),
    "ombudsman": Raised(Flag.OMBUDSMAN, "the Ombudsman"),
    "law": Raised(Flag.LEGAL_ACTION, "my solicitor"),
}

LEAK = (
    "The kitchen ceiling has leaked since 9 February. I took two days off work and nobody came on either. "
    "I rang four times and each time somebody said that they would call me back. Nobody did.\n\n"
    "My son has asthma and there is mould on the wall by his bed now. I am not happy with how this has been "
    "handled and want to make a complaint."
)

STORIES: tuple[Story, ...] = (
    Story(
        "Amara Nwosu",
        "amara.nwosu@example.com",
        "Kitchen ceiling leaks and nobody comes",
        Topic.DAMP_MOULD_LEAKS,
        "Please mend the leak, treat the mould and pay me back for the two days.",
        (complaint(24, LEAK, GAS["child"]), talked(25)),
    ),
    Story(
        "Margaret Ashworth",
        "m.ashworth47@example.net",
        "Lift out of order for nine days",
        Topic.REPAIRS,
        "I want to know when it will run.",
        (
            complaint(16, "The lift has been out for nine days and I can't manage the stairs."),
            talked(17),
        ),
    ),
    Story(
        "Kieran Doyle",
        "kieran.doyle@example.org",
        "Boiler off again, third time this winter",
        Topic.HEATING_HOT_WATER,
        "A new boiler, not another visit.",
        (complaint(5, "The boiler is off again and nobody can say when it will be mended."), talked(6)),
    ),
    Story(
        "Dawit Tesfaye",
        "dawit.tesfaye@example.com",
        "Charged twice for February",
        Topic.CHARGES,
        "Pay back £486.12.",
        (
            complaint(9, "You took the rent twice and nobody answers my emails."),
            talked(10),
            Does(12, Act.ACTION, "pay back the second payment", until=27),
            Does(13, Act.ACTION, "write to the bank about the charges", until=34),
            answered(20),
        ),
    ),
    Story(
        "Helen Prosser",
        "helen.prosser@example.org",
        "Smell of gas in the hall",
        Topic.BUILDING_SAFETY,
        "Make it safe.",
        (
            complaint(
                29, "There is a smell of gas in the hall again and nobody came.", GAS["gas"], time="22:14"
            ),
        ),
    ),
    Story(
        "Jordan Blakey",
        "jblakey@example.com",
        "Neighbour at number 14",
        Topic.ANTI_SOCIAL_BEHAVIOUR,
        "",
        (
            complaint(
                26, "He bangs on my door at night. I don't feel safe with him. Nobody helps.", GAS["care"]
            ),
        ),
    ),
    Story(
        "Leanne Postlethwaite",
        "leanne.p@example.com",
        "Mould in both bedrooms, no answer since January",
        Topic.DAMP_MOULD_LEAKS,
        "Treat the mould and decorate.",
        (
            complaint(2, "There is mould in both bedrooms and nobody has answered since January."),
            talked(3),
            answered(12, "partly upheld"),
            Writes(23, Intent.ESCALATION_REQUEST, "I am not happy with this answer. Please look again."),
        ),
    ),
    Story(
        "Sofia Marinescu",
        "sofia.marinescu@example.net",
        "Service charge for a gate that isn't there",
        Topic.CHARGES,
        "Take the charge off.",
        (
            complaint(3, "I pay for a gate that isn't there. My MP has written to you too.", GAS["mp"]),
            talked(4),
            answered(13, "not upheld"),
            Writes(17, Intent.ESCALATION_REQUEST, "That is not an answer. I want it looked at again."),
            talked(18),
        ),
    ),
    Story(
        "Yusuf Rahman",
        "yusuf.rahman@example.com",
        "Bins not emptied at Tenter Croft",
        Topic.ESTATE_MANAGEMENT,
        "",
        (request(24, "The bins at Tenter Croft were not emptied. Please send somebody."),),
    ),
    Story(
        "Tom Whitlock",
        "t.whitlock@example.net",
        "Street light by the garages",
        Topic.ESTATE_MANAGEMENT,
        "",
        (request(13, "The light by the garages is out. Please mend it."),),
    ),
    Story(
        "Craig Monteith",
        "craig.monteith@example.org",
        "Windows",
        Topic.REPAIRS,
        "",
        (unsure(27, "Still waiting for the windows. Is anybody doing anything?"),),
    ),
    Story(
        "Gwen Farrar",
        "gwen.farrar@example.org",
        "Parking at the back",
        Topic.ESTATE_MANAGEMENT,
        "",
        (unsure(28, "Could you say who may park at the back? Still waiting to hear."),),
    ),
    Story(
        "Paulette Simms",
        "paulette.simms@example.com",
        "Rude on the telephone",
        Topic.STAFF_CONDUCT,
        "An apology.",
        (
            complaint(18, "The man on the phone shouted at me and hung up. I want to make a complaint."),
            talked(19),
        ),
    ),
    Story(
        "Nadia Brook",
        "nadia.brook@example.com",
        "Water through the bathroom light",
        Topic.REPAIRS,
        "Make it safe and tell the flat above.",
        (
            complaint(27, "Water comes through the light and nobody came.", GAS["damp"]),
            Returns(27, "acknowledgement"),
        ),
    ),
    Story(
        "Ida Lund",
        "ida.lund@example.net",
        "Repair logged as done, it is not",
        Topic.REPAIRS,
        "Do the work.",
        (
            complaint(11, "You logged the repair as done. Nobody has been here."),
            talked(12),
            Does(20, Act.EXTEND, until=39, reason="the surveyor's report on the roof comes on 2 April"),
        ),
    ),
    Story(
        "Bernard Oakes",
        "b.oakes@example.org",
        "Fence down since the storm",
        Topic.REPAIRS,
        "",
        (
            complaint(2, "The fence has been down since the storm and nobody has come."),
            talked(3),
            answered(11),
            Writes(26, Intent.REPLY, "Thank you, I am happy with that.", ReplyKind.ACCEPTS_OUTCOME),
            Does(29, Act.CLOSE, "agreed"),
        ),
    ),
    Story(
        "Chidi Eze",
        "chidi.eze@example.com",
        "Damp report not sent to me",
        Topic.COMMUNICATION,
        "Send me the report.",
        (
            complaint(
                25,
                "You promised me the damp report twice. I have told the Ombudsman and my solicitor.",
                GAS["ombudsman"],
                GAS["law"],
            ),
        ),
    ),
    Story(
        "Rosa Quill",
        "rosa.quill@example.net",
        "Heating stays on all night",
        Topic.HEATING_HOT_WATER,
        "",
        (
            complaint(2, "The heating can't be turned off and nobody has come."),
            talked(3),
            answered(9),
        ),
    ),
    Story(
        "Len Hartley",
        "len.hartley@example.org",
        "Garden fence, please",
        Topic.REPAIRS,
        "",
        (request(5, "Please could you mend the fence."), Does(6, Act.CLOSE, "answered")),
    ),
    Story(
        "Maya Osei",
        "maya.osei@example.com",
        "Contractor left rubble in the garden",
        Topic.CONTRACTORS,
        "Take it away.",
        (complaint(26, "Your contractor left rubble in my garden again. I want to make a complaint."),),
    ),
    Story(
        "Piotr Zielinski",
        "p.zielinski@example.net",
        "Moved out in January, deposit not back",
        Topic.TENANCY,
        "The deposit.",
        (complaint(19, "I moved out in January and nobody answers about the deposit."), talked(20)),
    ),
    Story(
        "Agnes Thorne",
        "agnes.thorne@example.org",
        "Front door does not lock",
        Topic.BUILDING_SAFETY,
        "A new lock.",
        (complaint(17, "The front door of the block has not locked for a month."), talked(18)),
    ),
    Story(
        "Ravi Menon",
        "ravi.menon@example.com",
        "Ceiling cracks since the works upstairs",
        Topic.REPAIRS,
        "A surveyor.",
        (complaint(20, "The ceiling cracks and nobody has looked."), talked(23)),
    ),
    Story(
        "Tilda Fry",
        "tilda.fry@example.net",
        "Letter about rent arrears that I don't have",
        Topic.CHARGES,
        "Correct my account.",
        (complaint(23, "You wrote that I owe £312.40. I don't. This is the second complaint."), talked(24)),
    ),
)

QUIET: tuple[Story, ...] = tuple(s for s in STORIES if s.name in ("Ida Lund", "Rosa Quill", "Bernard Oakes"))

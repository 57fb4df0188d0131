"""What is internal has no way to a resident, whatever staff do and in whatever order: a property over the whole table
of acts, the clock, and every letter that goes out."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache

from casework_samples import PEOPLE as STAFF
from casework_samples import at, letters, mail
from command_desk import PEOPLE, WORLDS, cases_of, rules_of, send
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.casework.commands import CUT_LINE, parse
from mailbot.casework.lifecycle import decide
from mailbot.casework.parts import Landlord, Ombudsman
from mailbot.casework.vocabulary import Act, Audience, Intent, SendLetter, Stage, Timer, TimerFell
from mailbot.places import templates_dir
from mailbot.postroom.letters import Letterhead, Order, Stationery

MARK = "zq{}inside"
INTERNAL = (
    "#note {m}",
    "#note\n\n{m}",
    "#contacted by phone {m}",
    "#contacted\n\n{m}",
    "#tried {m}",
    "#escalate {m}",
    "#escalate\n\n{m}",
    "#reopen {m}\n\n{m}",
    "#close withdrawn because {m}",
    "#close agreed {m}",
    "#close silence because {m}\n\n{m}",
    "#close because {m}\n\n{m}",
    "#return 1 because {m}",
    "#restrict contact to one email a week because {m}, review 1 June",
    "#close concern {m}\n\n{m}",
    "#return because {m}\n\n{m}",
    "#accept {m}",
    "#adjust {m}",
    "#adjust large print {m}, review 1 June",
    "#language {m}",
    "#language Welsh\n\n{m}",
    "#hold until 14 June because {m}",
    "#conflict {m}",
    "#determination {m}\n\n{m}",
    "#done 1\n\n{m}",
    "#sort complaint\n\n{m}",
    "#sort escalation\n\n{m}",
    "#assign Priya Shah\n\n{m}",
    "#assign {m}",
    "#authority given\n\n{m}",
    "#acknowledge {m}",
    "#reviewed {m}",
    "#approve {m}",
    "#restrict {m}",
    "#cancel {m}",
    "#release 1\n\n{m}",
    "#release acknowledgement\n\n{m}",
    "#discard 1 because {m}\n\n{m}",
    "#discard acknowledgement because {m}\n\n{m}",
    "#acknowledge by post {m}\n\n{m}",
    "#confirm 1\n\n{m}",
    "#merge CC-2026-000009-9\n\n{m}",
    "#learned appointments: {m}\n\n{m}",
    "#record estate {m}\n\n{m}",
    "#help {m}",
    "#history {m}",
    # below these the text has no place: it stays inside
    "#extend 5 working days because the survey is late\n\n{m}",
    "#action mend the fan by 14 June\n\n{m}",
    "#order pay 200 pounds by 14 June\n\n{m}",
    "#resident amy@example.net Amy Lark\n\n{m}",
    # beside a letter
    "#note {m}\n#respond upheld\n\nDear Jo, sorry.",
    "#contacted {m}\n#reply\n\nDear Jo, sorry.",
    "#hold until 14 June because {m}\n#update\n\nDear Jo, we wait.",
    # a mistake: nothing of it goes anywhere
    "#respnd upheld\n\n{m}",
    "Dear Jo,\n\n#note {m}",
)
BY_A_HANDLER = ("#decline age because {m}\n\n{m}\n\nInstead: {m}",)
"""A proposal: a supervisor writes the refusal, and its words are theirs."""
MEANT = (
    "Dear Jo, the surveyor comes.",
    "#respond not upheld\n\nDear Jo, we looked into it.",
    "#update\n\nDear Jo, we wait.",
    "#split\n\nThe lift is out as well.",
    "#new complaint from Kim Roe <kim@example.com> by phone\n\nThe hall is damp.",
)
BELOW = (
    "",
    f"\n\n{CUT_LINE}\n\n{{m}}",
    "\n\nOn 3 Mar 2026, at 10:15, Complaints <complaints@landlord.example.org> wrote:\n> {m}\n> #done 1",
    "\n\nFrom: Complaints <complaints@landlord.example.org>\nSent: 03 March 2026 10:15\nTo: Sam\nSubject: A\n\n{m}",
    "\n\n-----Original Message-----\nFrom: Complaints\n{m}",
    "\n\nOn 3 Mar 2026, at 10:15, Complaints wrote:\n\n> {m}\n\nAnd the fan too.\n\n> {m}",
    "\n\nCase key: 0123456789abcdef.abcdefgh",
)
WHO = tuple(person.key for person in PEOPLE)


def test_the_property_plays_every_act() -> None:
    add = rules_of("plain").calendar.add_working_days
    played = {
        act.act
        for line in (*INTERNAL, *BY_A_HANDLER, *MEANT)
        for act in parse(line.replace("{m}", "mark"), dt.date(2026, 3, 5), add).acts
    }
    assert played == set(Act)


@cache
def stationery() -> Stationery:
    return Stationery(templates_dir())


HEAD = Letterhead(
    landlord=Landlord(
        name="Brackenfield Homes",
        short_name="Brackenfield",
        phone="0113 496 0100",
        web="brackenfield.example",
        postal_address="1 High Street",
        complaints_address="complaints@brackenfield.example",
    ),
    ombudsman=Ombudsman("Housing Ombudsman", "0300", "web", "form", "post", as_of=dt.date(2026, 1, 1)),
    person_noun="resident",
)


def said_by(letter: SendLetter) -> str:
    """All that the resident's copy says, in text and in HTML, and every fact that it was made of."""
    written = stationery().write(
        Order(
            letter=letter.letter,
            audience=letter.audience,
            to=letter.to,
            to_name="",
            person="",
            reference=str(letter.facts.get("reference", "")),
            facts=dict(letter.facts),
            message_id="<1@landlord.example.org>",
            in_reply_to="",
            references=(),
            from_name="Complaints",
            from_address="complaints@landlord.example.org",
            reply_to="",
            date=at("2026-03-05"),
        ),
        HEAD,
    )
    return f"{written.subject}\n{written.text}\n{written.html}\n{dict(letter.facts)}"


STAGES = tuple(stage for stage in Stage if stage is not Stage.NONE)
LETTERS = st.tuples(st.sampled_from(MEANT), st.sampled_from(BELOW)).map("".join)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("staff"), st.sampled_from(WHO), st.sampled_from((*INTERNAL, *BY_A_HANDLER))),
        st.tuples(st.just("staff"), st.sampled_from(("handler", "alex")), st.sampled_from(INTERNAL)),
        st.tuples(st.just("staff"), st.sampled_from(("handler", "alex")), LETTERS),
        st.tuples(st.just("resident"), st.sampled_from(tuple(Intent)), st.just("")),
        st.tuples(st.just("clock"), st.sampled_from(tuple(Timer)), st.just("")),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(tuple(WORLDS)), st.sampled_from(STAGES), STEPS, st.integers(10**6, 10**9))
def test_no_letter_to_a_resident_holds_anything_internal(
    world: str, stage: Stage, steps: list[tuple[str, object, str]], number: int
) -> None:
    rules, mark = rules_of(world), MARK.format(number)
    case = cases_of(world)[stage]
    sent: list[SendLetter] = []
    for after, (kind, what, line) in enumerate(steps):
        day = (dt.date(2026, 3, 3) + dt.timedelta(days=after)).isoformat()
        if kind == "staff":
            who = case.handler or "alex" if what == "handler" else str(what)
            if line in BY_A_HANDLER and who == "alex":
                continue
            outcome = send(case, who, line.replace("{m}", mark), rules, day)
            case, effects = outcome.case, outcome.effects
            for waits in case.waiting:  # the moment in which it can be taken back is over
                gone = decide(
                    case, TimerFell(waits.goes_at, Timer.SEND, waits.goes_at, str(waits.number)), rules
                )
                case, effects = gone.case or case, (*effects, *gone.effects)
        else:
            event = (
                mail(what, day)
                if isinstance(what, Intent)
                else TimerFell(at(day, "18:00"), Timer(str(what)), at(day, "18:00"), "1")
            )
            decision = decide(case, event, rules)
            case, effects = decision.case or case, decision.effects
        sent += [e for e in letters(effects) if e.audience is Audience.RESIDENT]
    staff = {person.address for person in (*PEOPLE, *STAFF)}
    for letter in sent:
        assert letter.to not in staff
        said = said_by(letter)
        assert mark not in said, letter.letter
        assert CUT_LINE not in said and "Case key" not in said
        assert not [address for address in staff if address in said], letter.letter
        assert not re.search(r"#(?:note|done|contacted)\b", said)

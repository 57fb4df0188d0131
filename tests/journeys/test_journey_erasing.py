"""A person asks what is held on them, and then that it goes: their words are nowhere, the figures stay, the journal
proves that nothing else was changed, and nobody asks them how it was ever again."""

from __future__ import annotations

import collections
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House, london
from doors.embedded import Embedded
from sqlalchemy import select

from mailbot.casework.parts import Place, ReportSettings
from mailbot.casework.vocabulary import MailArrived, Stage, TimerFell
from mailbot.erasing import NOWHERE, erase_person
from mailbot.evidence import gather
from mailbot.people import LEGAL_HOLD, held_back, held_on
from mailbot.postroom.reading import read
from mailbot.reckoning import reckon
from mailbot.reports.ledger import rows_of
from mailbot.retention import carry_out, look
from mailbot.subject_access import REVIEW, gather_person
from mailbot.surveys import wants_no_survey
from storage import chain, schema

HER = f"Jo Finch <{JO}>"
KIM = "Kim Mayhew <kim.mayhew@example.com>"
WORDS = (
    COMPLAINT,
    "4 out of 5. Your colleague was kind to me, but my kitchen stank of wet plaster for weeks.",
    "Please send me no more surveys, my inbox is full of them.",
    "Thank you, I accept your answer and you can close my complaint. My late mother's piano is dry again.",
)
SEALED = (
    f"From: {HER}\r\nTo: complaints@example.com\r\nSubject: My late mother's piano\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n--b\r\n'
    "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream"
    "\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA1zFf8Zr2N0Q\r\n-----END PGP MESSAGE-----\r\n--b--\r\n"
).encode()
SENTENCES = [s.strip() for text in WORDS for s in re.split(r"(?<=[.!?])\s|\n", text) if len(s.strip()) > 11]


SETTINGS = ReportSettings(
    estates=(Place("Kitchen House", ("kitchen ceiling", "hall ceiling")),),
    contractors=(Place("Roofers", ("your contractor",)),),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, make_house: Callable[..., House], embedded_mail: Embedded) -> House:
    """Jo's complaint from the first word to the survey, her mail that was set aside, and a neighbour's case."""
    choices = {"url": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    house = make_house(embedded_mail, policy="mhs", **choices)
    house.write(HER, COMPLAINT, headers={"Keywords": "leak"})
    house.write(KIM, COMPLAINT.replace("kitchen", "hall").replace("Jo Finch", "Kim Mayhew"), subject="Hall")
    house.turn()
    house.write(HER, "", raw=SEALED)
    house.write(
        ALEX, "A word on Jo Finch of Alder Court: her mother died last week. Be kind.", subject="Jo Finch"
    )
    house.turn()
    hers = her_case(house)
    assigned = next(r for r in house.letters(SAM, "case_assigned") if hers.reference in r.subject)
    house.go_to("2026-03-04")
    house.write(SAM, "#note Jo Finch rang, she was in tears about the piano.", answers=assigned)
    house.write(SAM, "#contacted by phone\n#respond upheld\nDear Jo, we are sorry.", answers=assigned)
    house.turn()
    house.write(HER, WORDS[3], answers=house.letters(JO)[-1])
    house.turn()
    house.write(ALEX, "#sort reply", answers=house.last(ALEX, "question"))
    house.turn()
    house.write(SAM, "#close agreed", answers=assigned)
    house.turn()
    assert her_case(house).stage is Stage.CLOSED
    if request.param == "sqlite":  # once is enough for what no database makes a difference to
        asked_how_it_was(house)
    with house.parts.store.begin() as work:
        assert work.sortings()
        work.remember(f"paused:{JO}", f"|{house.clock.now().isoformat()}")
    return house


def asked_how_it_was(house: House) -> None:
    house.go_to("2026-03-11")
    survey = house.last(JO, "survey")
    for words in WORDS[1:3]:
        house.write(HER, words, answers=survey)
        house.turn()


def her_case(house: House) -> Any:
    return next(c for c in house.cases() if c.resident.address == JO)


def figures(house: House) -> dict[str, Any]:
    """What reports count, from the tables and from the journal."""
    found: dict[str, Any] = {}
    with house.parts.store.read() as work:
        lines = [line for case in work.cases() for line in work.journal_of(case.reference)]
        steps = [line for line in lines if line.event is not None]
        found["cases"] = [
            (c.reference, c.stage, c.closed_because, c.received_at, c.closed_at, c.topics, c.handler, c.flags,
             *(r and (r.requested_at, r.acknowledge, r.acknowledged_at, r.respond, r.responded_at, r.decision)
               for r in (c.stage1, c.stage2)))
            for c in work.cases()
        ]  # fmt: skip
        found["steps"] = [
            (s.seq, s.at, s.kind, s.version, type(s.event), s.summary.startswith("An answer to the survey"))
            for s in steps
        ]
        found["intents"] = [
            (e.received_at, e.verdict.intent, e.verdict.topics) for e in (s.event for s in steps)
            if isinstance(e, MailArrived)
        ]  # fmt: skip
        found["timers"] = collections.Counter(s.event.timer for s in steps if isinstance(s.event, TimerFell))
        found["marks"] = [
            re.findall(r"[1-5]", s.event.text[:200])[:1]
            for s in steps if isinstance(s.event, MailArrived) and s.event.answers == "survey"
        ]  # fmt: skip
        found["orders"] = [[(type(e).__name__, getattr(e, "due_at", None)) for e in s.effects] for s in steps]
        found["letters"] = collections.Counter(
            (x.order.letter, x.sent_at) for c in work.cases() for x in work.letters_of(c.reference)
        )
        report = replace(SETTINGS, tenure_unless_recorded="general needs")
        service, calendar = house.parts.service, house.parts.service.settings.calendar
        people = service.settings.people
        rows = rows_of(work.cases(), lines, service.policy_of, calendar, people, report)
        found["reports"] = [replace(row, person="") for row in rows]
        counted = reckon(work, "complaints", house.clock.now())
        found["mails"] = (counted.kept, counted.of_cases, counted.filed, counted.differences)
        found["done with"] = counted.set_aside + counted.discarded
    return found


def dump(house: House) -> Iterator[tuple[str, str]]:
    """Every column of every table as text, and what every mail among the bytes says to a reader."""
    with house.parts.store._writer.begin() as connection:
        for table in schema.metadata.tables.values():
            for row in connection.execute(select(table)):
                for name, value in row._mapping.items():
                    if isinstance(value, bytes):
                        mail = read(value)
                        yield f"{table.name}.{name}", value.decode("utf-8", "replace")
                        yield f"{table.name}.{name} read", f"{mail.sender} {mail.subject} {mail.text}"
                    else:
                        yield f"{table.name}.{name}", str(value)


def traces(house: House) -> list[tuple[str, str]]:
    wanted = [JO, "Jo Finch", "jo.finch", "her mother died", "in tears", *SENTENCES]
    squeezed = [" ".join(w.split()) for w in wanted]
    kims = COMPLAINT.replace("kitchen", "hall").replace("Jo Finch", "Kim Mayhew")
    shared = {s for s in squeezed if s in " ".join(kims.split())}  # the neighbour wrote the same sentences
    found = []
    for place, text in dump(house):
        flat = " ".join(text.replace("\\n", " ").replace("> ", "").split())
        found += [(place, w) for w in squeezed if w not in shared and w in flat]
    return found


def test_a_person_is_erased_everywhere_and_the_figures_and_the_proof_stay(house: House) -> None:
    service, store = house.parts.service, house.parts.store
    settings = replace(service.settings, reports=SETTINGS)
    case, now = her_case(house), house.clock.now()
    surveyed = bool(house.letters(JO, "survey"))
    assert traces(house)
    handed_out_with_others_flagged(house, case.reference)
    what_is_old_goes_but_for_what_is_held(house, case.reference)
    before = figures(house)
    with store.begin() as work:
        held = held_on(work, service.settings, JO.upper())
        assert len(held.cases) == 1 and len(held.mails) >= 4 and held.telling
        assert held.traces.names == ("Jo Finch",)
        assert [ours for _, ours in held.about] == [True]  # what a colleague wrote of her
        assert any("closed cases are kept 6 years" in r for r in held_back(work, service.settings, case, now))
        done = erase_person(work, settings, held, now, "alex", "the ICO asked for it")
    assert done.trained and done.on_server and not done.for_a_person
    assert store.shred()
    assert traces(house) == []
    after = figures(house)
    assert {row.estate for row in before["reports"]} == {"Kitchen House"}
    for name in before:
        assert after[name] == before[name], name
    assert before["marks"] == ([["4"], []] if surveyed else [])
    with store.read() as work:
        found = work.verify_journal()
        assert found.faults == () and [e.seq for e in found.erasures] == [done.order]
        assert "March 2026 by order of alex, despite" in found.erasures[0].summary
        assert work.verify_journal(case.reference).faults == ()
        assert wants_no_survey(work, JO) == surveyed
        assert work.sortings() == [] and work.quarantined() == []
    if house.url.startswith("sqlite"):
        files = [p for p in Path(house.url.partition("///")[2]).parent.glob("mailbot-*") if p.is_file()]
        assert files
        for file in files:
            assert JO.encode() not in file.read_bytes() and b"late mother" not in file.read_bytes(), file
    # Life goes on: digests are written, the neighbour's case is worked on, a pack of what is left can be made.
    house.go_to("2026-03-12")
    assert "Journal sealed on 1" in house.last(ALEX, "digest").text
    with store.read() as work:
        erased = work.case(case.reference)
        assert erased is not None and erased.resident.address.endswith(f"@{NOWHERE}")
        pack = gather(work, service.settings, erased, now, with_pdf=False)
        page = pack.files[0].content.decode()
        lines = work.lines_as_kept(case.reference)
        assert sum("seals" in line for line in lines) > 5 and chain.faults_of(lines) == []
        assert "Personal data erased on" in page and "The words of this entry were erased." in page
        assert work.verify_journal().faults == ()
    her_next_matter_is_a_new_one_and_goes_too(house, case.reference)


def her_next_matter_is_a_new_one_and_goes_too(house: House, first: str) -> None:
    settings, store, now = house.parts.service.settings, house.parts.store, house.clock.now()
    with store.read() as work:
        assert not held_on(work, settings, JO).anything
    house.write(HER, COMPLAINT.replace("leak", "mould"), subject="Mould")
    house.turn()
    again = her_case(house)
    assert again.reference != first
    with store.begin() as work:
        erase_person(work, settings, held_on(work, settings, JO), now, "alex", "it is open")
        assert work.verify_journal().faults == ()
    assert [c.closed_because for c in house.cases() if c.reference == again.reference] == ["erased"]
    assert not [t for t in traces(house) if t[1] in (JO, "Jo Finch")]


def handed_out_with_others_flagged(house: House, reference: str) -> None:
    settings, now = house.parts.service.settings, house.clock.now()
    with house.parts.store.read() as work:
        pack = gather_person(work, settings, held_on(work, settings, JO), now, with_pdf=False)
    files = {f.path: f.content for f in pack.files}
    page = files["what-we-hold.html"].decode()
    assert reference in page and "never decides against you" in page
    assert ("That you want no surveys" in page) == bool(house.letters(JO, "survey"))
    together = b"\n".join(files.values())
    for sentence in (
        "contractor missed",
        "late mother's piano",
        "her mother died last week",
        "BEGIN PGP MESSAGE",
    ):
        assert sentence.encode() in together, sentence
    assert b"kim.mayhew" not in b"\n".join(c for p, c in files.items() if not p.startswith("told-to-staff/"))
    review = files[REVIEW].decode()
    assert "written-by-others/" in review and "staff: Sam Okafor" in review


class TakenBack(Exception):
    pass


def what_is_old_goes_but_for_what_is_held(house: House, reference: str) -> None:
    with pytest.raises(TakenBack):
        try_retention(house, reference)


def try_retention(house: House, reference: str) -> None:
    settings, now, later = house.parts.service.settings, house.clock.now(), london("2033-01-10")
    with house.parts.store.begin() as work:
        open_ones = [c.reference for c in work.open_cases()]
        assert look(work, settings, now).cases == ()
        plan = look(work, settings, later)
        assert [c.reference for c in plan.cases] == [reference] and plan.letters
        work.remember(f"{LEGAL_HOLD}{reference}", f"{now.isoformat()} alex|claim issued")
        held = look(work, settings, later)
        assert held.cases == () and "claim issued" in held.excepted[0][1][0]
        work.forget(f"{LEGAL_HOLD}{reference}")
        carry_out(work, settings, plan, later, "retention")
        assert look(work, settings, later).anything is False
        assert work.verify_journal().faults == ()
        assert [c.reference for c in work.open_cases()] == open_ones
        kept = replace(settings.retention, cases_years=0, other_mail_months=0, staff_letters_months=0)
        assert not look(work, replace(settings, retention=kept), london("2099-01-01")).anything
        raise TakenBack

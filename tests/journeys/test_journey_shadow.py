"""A shadow run beside the team: it reads the mailbox and changes nothing there, writes to supervisors alone, and
shows them what it would have done beside what the team did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ALEX, COMPLAINT, JO, REQUEST, SAM, House, london
from doors.embedded import Embedded
from doors.mailboxes import Mailboxes

from mailbot.casework.parts import Mode
from mailbot.shadow_day import WROTE
from storage.rows import LetterState

BEN = "ben.ode@example.net"


def lying(server: Mailboxes, address: str) -> dict[str, Any]:
    """Everything that the server tells of a mailbox, byte by byte: folders, subscriptions, mails, flags, dates."""
    with server.client(address) as client:
        told: dict[str, Any] = {"subscribed": sorted(name for _, _, name in client.list_sub_folders())}
        for _, _, folder in client.list_folders():
            status = client.folder_status(folder, ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN"])
            client.select_folder(folder, readonly=True)
            uids = client.search("ALL")
            items = ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"]
            got = client.fetch(uids, items) if uids else {}
            told[folder] = (
                sorted(status.items()),
                {uid: (sorted(f for f in one[b"FLAGS"] if f != b"\\Recent"), one[b"INTERNALDATE"], one[b"BODY[]"])
                 for uid, one in got.items()},
            )  # fmt: skip
    return told


def team_writes(
    house: House, sender: str, text: str, subject: str, answers_to: str = JO, folder: str = "Sent"
) -> None:
    """A member of the team answers somebody from their own mail program: the mail lies in the Sent folder."""
    raw = house.compose(sender, text, subject=subject, to=answers_to)
    with house.mail_server.client(house.address) as client:
        if not client.folder_exists(folder):
            client.create_folder(folder)
    house.mail_server.put(house.address, raw, house.clock.now(), folder)


def open_sent(house: House) -> None:
    with house.mail_server.client(house.address) as client:
        if not client.folder_exists("Sent"):
            client.create_folder("Sent")


@pytest.fixture(params=["dovecot", "embedded_mail"])
def shadow(request: pytest.FixtureRequest, make_house: Callable[..., House]) -> House:
    """A shadow run on a mailbox that has a Sent folder; a reply waits for nobody's second thoughts."""
    server = request.getfixturevalue(request.param)
    return shadow_on(server, make_house)


def shadow_on(server: Mailboxes, make_house: Callable[..., House], **choices: Any) -> House:
    house = make_house(server, mode="shadow", smtp='sent_folder = "Sent"', after="move", **choices)
    house.stop()  # the Sent folder is there before the run begins, as it is at a landlord's
    open_sent(house)
    house.start()
    return house


def test_nothing_in_the_mailbox_changes_and_only_supervisors_are_written_to(shadow: House) -> None:
    shadow.write(JO, COMPLAINT)
    shadow.write(BEN, REQUEST, subject="Key fob")
    shadow.write(SAM, "#note she rang twice", subject="a command that nobody asked for")
    shadow.write(ALEX, "#respond upheld\n\nDear Jo, sorry.", subject="trying it out")
    team_writes(shadow, shadow.address, "Dear Jo, we look into it.\n\nSam", "Re: Leak in the kitchen")
    before = lying(shadow.mail_server, shadow.address)
    assert len(before["INBOX"][1]) == 4 and "Done" not in before

    shadow.turn()
    shadow.go_to("2026-03-18")  # the response is late by then, and everybody has been reminded

    assert lying(shadow.mail_server, shadow.address) == before  # no flag, no move, no folder, no copy
    sent = shadow.letters()
    assert {letter.to for letter in sent} == {ALEX}
    assert {letter.kind for letter in sent} == {"shadow_drafts", "shadow_day"}
    assert any("what your team sent from complaints was read just now" in letter.text for letter in sent)
    assert all(letter.subject.startswith("[shadow] ") for letter in sent)
    assert all("shadow run" in letter.text.lower() for letter in sent)
    with shadow.parts.store.read() as work:
        absorbed = [
            row for row in work.letters_in(LetterState.SENT) if row.answer.startswith("shadow run: not sent")
        ]
    assert {row.order.to for row in absorbed} >= {JO, BEN, SAM}  # they would have had letters


@pytest.mark.parametrize(("server", "named"), [("dovecot", "Sent"), ("embedded_mail", "")])
def test_the_mail_that_makes_the_sent_folder_counts_and_what_was_moved_into_it_does_not(
    make_house: Callable[..., House], request: pytest.FixtureRequest, server: str, named: str
) -> None:
    """A brand-new mailbox has no Sent folder on Monday 2 March 2026; on Tuesday the team's first answer makes it."""
    doors = request.getfixturevalue(server)
    house = make_house(doors, mode="shadow", smtp=f'sent_folder = "{named}"' if named else "", after="leave")
    house.write(JO, COMPLAINT)
    house.turn()
    house.clock.put(london("2026-03-03", "10:00"))
    team_writes(house, house.address, "Dear Jo, we look into it.\n\nSam", "Re: Leak in the kitchen")
    for day, time in (
        ("2026-02-27", "10:00"),
        ("2026-03-02", "08:30"),
    ):  # weeks before, and half an hour before
        old = house.compose(house.address, "Dear Jo, an old story.", subject=f"Re: Gate {day}", to=JO)
        house.mail_server.put(house.address, old, london(day, time), "Sent")
    house.clock.put(london("2026-03-03", "10:05"))
    house.turn()
    with house.parts.store.read() as work:
        since = london("2026-03-01")
        told = {
            m.subject: m.disposition
            for m in work.attended_mails(since, london("2026-04-01"))
            if m.sender != JO
        }
    assert told == {"Re: Leak in the kitchen": WROTE, "": "there before the first start"}
    assert house.the_case().last_landlord_word_at == london("2026-03-03", "10:00")


def test_a_draft_is_the_letter_as_its_reader_would_see_it_and_nothing_in_it_acts(shadow: House) -> None:
    shadow.write(JO, COMPLAINT)
    shadow.turn()
    (drafts,) = shadow.letters(ALEX, "shadow_drafts")
    assert "letters that would have been sent" in drafts.subject  # the resident's, the handler's, the digest
    assert "Monday 2 March 2026 at 09:00" in drafts.text  # when
    assert "Code 6.2" in drafts.text  # by which clause
    assert "Dear Jo Finch" in drafts.text or "Hello" in drafts.text  # the letter itself
    assert "SHADOW-2026-" in drafts.text  # a reference that nobody can take for a real one
    html = drafts.message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "Draft, not sent" in html and "I have taken two days off work" in html
    assert "mailto:" not in html
    assert "Act with one press" in html  # the handler's mail is shown as well, its buttons switched off


def test_an_answer_to_a_draft_does_nothing(shadow: House) -> None:
    shadow.write(JO, COMPLAINT)
    shadow.turn()
    drafts = shadow.letters(ALEX, "shadow_drafts")[0]
    stands = shadow.the_case()
    shadow.write(ALEX, "#close withdrawn", answers=drafts, to=shadow.address)
    shadow.write(ALEX, "Looks good to me.", answers=drafts, to=shadow.address)
    shadow.turn()
    assert shadow.the_case() == stands
    with shadow.parts.store.read() as work:
        told = [
            row.disposition
            for row in work.attended_mails(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), london("2026-12-31"))
        ]
    assert told.count("staff wrote to the shadow run: nothing was done") == 2


def test_drafts_gather_so_that_nobody_is_drowned_and_danger_is_shown_at_once(shadow: House) -> None:
    shadow.write(JO, COMPLAINT)
    shadow.turn()
    assert len(shadow.letters(ALEX, "shadow_drafts")) == 1
    for number in range(6):
        shadow.write(f"resident{number}@example.net", COMPLAINT, subject=f"Leak number {number}")
    shadow.clock.put(london("2026-03-02", "09:05"))
    shadow.turn()
    assert len(shadow.letters(ALEX, "shadow_drafts")) == 1  # they gather
    shadow.clock.put(london("2026-03-02", "09:31"))
    shadow.turn()
    second = shadow.letters(ALEX, "shadow_drafts")[1]
    assert "letters that would have been sent" in second.subject
    assert (
        sum(f"resident{n}@example.net" in second.text for n in range(6)) >= 5
    )  # residents' letters come first
    shadow.write(
        "kim@example.net", "There is a strong smell of gas in my flat and nobody comes!", subject="Gas"
    )
    shadow.clock.put(london("2026-03-02", "09:35"))
    shadow.turn()
    third = shadow.letters(ALEX, "shadow_drafts")[2]
    assert "ACT NOW" in third.text and "smell of gas" in third.text


def test_the_teams_own_mail_is_the_word_of_the_landlord_and_the_morning_holds_both_together(
    shadow: House,
) -> None:
    """2 March 2026 is a Monday: an acknowledgement is due by 9 March, the response ten working days after."""
    shadow.write(JO, COMPLAINT)
    shadow.write(BEN, COMPLAINT.replace("Jo Finch", "Ben Ode"), subject="Damp in the hall")
    shadow.turn()
    shadow.go_to("2026-03-04", "11:00")
    team_writes(
        shadow, shadow.address, "Dear Jo, thank you. We are looking into it.", "Re: Leak in the kitchen"
    )
    shadow.turn()
    shadow.go_to("2026-03-05", "08:00")
    day = shadow.last(ALEX, "shadow_day")
    assert "the team wrote 1" in day.subject
    assert "the team: a mail, 04 Mar 11:00" in day.text
    jo, ben = sorted(shadow.cases(), key=lambda case: case.subject, reverse=True)
    assert jo.stage1 is not None and jo.stage1.contacted_at is not None  # the case went on as it really did

    shadow.go_to("2026-03-11", "08:00")
    day = shadow.last(ALEX, "shadow_day")
    assert "Complaint that nobody acknowledged" in day.text and ben.reference in day.text
    assert "An acknowledgement was due by Monday 09 March 2026; mailbot has seen none" in day.text

    team_writes(
        shadow, SAM, "Dear Jo,\n\nWe have decided to uphold your complaint. We repair the ceiling.\n\nSam",
        "Stage 1 response to your complaint",
    )  # fmt: skip
    shadow.turn()
    jo = next(case for case in shadow.cases() if case.reference == jo.reference)
    assert jo.stage1 is not None and jo.stage1.responded_at is not None and jo.stage1.decision == "upheld"
    assert {letter.to for letter in shadow.letters()} == {ALEX}


def test_a_morning_that_could_not_see_the_teams_letters_says_so(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    house = make_house(embedded_mail, mode="shadow", smtp='sent_folder = "Gone"')
    house.turn()
    house.go_to("2026-03-03")
    day = house.letters(ALEX, "shadow_day")[-1]
    assert "What your team sent from complaints could not be read and is missing here" in day.text
    assert "'Gone'" in day.text and "FolderGone" not in day.text


def test_a_shadow_run_and_live_work_never_share_a_database(
    make_house: Callable[..., House], dovecot: Any
) -> None:
    house = shadow_on(dovecot, make_house)
    url = str(house.parts.service.settings.database.url)
    assert url.endswith("-shadow.db") and house.parts.service.settings.mode is Mode.SHADOW
    assert not Path(house.url.removeprefix("sqlite:///")).exists()  # no live database was begun
    house.stop()
    house.mode, house.url = "live", url
    from storage.rows import StorageRefused

    with pytest.raises(StorageRefused, match=r'mode = "live": the database belongs to a shadow run.*let url'):
        house.turn()
    house.stop()

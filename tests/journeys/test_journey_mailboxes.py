"""A landlord adds a second mailbox to a service that is at work, and takes it away again while its cases are open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import ALEX, COMPLAINT, ESCALATION, JO, SAM, House, london
from doors.embedded import Embedded
from typer.testing import CliRunner, Result

from mailbot.__main__ import app
from mailbot.casework.vocabulary import Stage
from mailbot.health import examine
from storage.rows import StorageRefused

KIM = "kim.lee@example.net"
SECOND = """
[[mailbox]]
name = "feedback"
address = "{address}"
policy = "mtvh"
[mailbox.imap]
host = "127.0.0.1"
port = {port}
security = "none"
user = "{address}"
password = "secret"
"""


@pytest.fixture
def house(make_house: Callable[..., House], embedded_mail: Embedded) -> House:
    """One mailbox at work, with a case that was answered."""
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(
        SAM, "#respond upheld\n\nWe are sorry. It is mended.\n", answers=house.last(SAM, "case_assigned")
    )
    house.turn()
    return house


def add_another(house: House) -> str:
    """Configure a second mailbox, in which an old mail lies, and start again."""
    house.stop()
    other = house.mail_server.fresh_mailbox()
    house.mail_server.put(other, house.compose("old@example.net", COMPLAINT), london("2026-02-02"))
    house.calendar = SECOND.format(address=other, port=house.mail_server.imap_port)
    house.turn()
    return other


def take_away(house: House) -> None:
    house.stop()
    house.calendar = ""


def into_the_other(house: House, other: str, sender: str, text: str, **how: object) -> None:
    stamp = "Authentication-Results: mx.landlord.example.org; dmarc=pass header.from="
    raw = house.compose(sender, text, to=other, **how)  # type: ignore[arg-type]
    house.mail_server.put(other, f"{stamp}{sender.rpartition('@')[2]}\r\n".encode() + raw, house.clock.now())


def run(house: House, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(house.write_config())])


def test_a_second_mailbox_is_worked_beside_the_first_from_its_first_look_on(house: House) -> None:
    other = add_another(house)
    checked = run(house, "config", "check").output
    assert f"{other} by mtvh@2021-08-23" in checked and f"{house.address} by code-2024@" in checked
    examined = run(house, "doctor", "--no-send").output
    for name, address, mails in (("complaints", house.address, 2), ("feedback", other, 1)):
        assert f"mailbox {name}: 127.0.0.1" in examined, examined
        assert f"lets us in as {address}; {mails} mails in INBOX" in examined, examined
    assert len(house.cases()) == 1, "what lay in it before is answered to nobody"

    house.clock.put(london("2026-03-02", "11:00"))
    into_the_other(house, other, KIM, COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.turn()
    of_kim = next(case for case in house.cases() if case.resident.address == KIM)
    assert (of_kim.mailbox, of_kim.policy) == ("feedback", "mtvh@2021-08-23")
    assert of_kim.reference.startswith("CC-2026-000002-"), "one row of numbers"
    acknowledged = house.last(KIM, "acknowledgement")
    assert other in str(acknowledged.message["From"]) and other in acknowledged.answers_to
    assert house.address in str(house.last(JO, "response").message["From"])

    # each goes on in the mailbox to which its people write, staff as well
    house.write(JO, ESCALATION, answers=house.last(JO, "response"))
    assigned = next(r for r in house.letters(kind="case_assigned") if of_kim.reference in r.subject)
    into_the_other(house, other, assigned.to, "#note I rang her", answers=assigned)
    house.turn()
    stages = {case.resident.address: case.stage for case in house.cases()}
    assert stages == {JO: Stage.STAGE2_OPEN, KIM: Stage.STAGE1_OPEN}
    assert house.journal(of_kim.reference)[-1].kind == "staff_acted"

    # the same mail to both is one case
    raw = house.compose("ann@example.net", COMPLAINT.replace("kitchen", "loft"), subject="Loft")
    for address in (house.address, other):
        house.mail_server.put(address, raw, house.clock.now())
    house.turn()
    assert sum(case.resident.address == "ann@example.net" for case in house.cases()) == 1

    house.go_to("2026-03-03", "09:00")
    digests = [r for r in house.letters(ALEX, "digest") if "3 Mar 2026" in r.subject]
    assert len(digests) == 1, "one digest over both"
    assert "Mailbox complaints was read just now; feedback was read just now" in digests[0].text
    assert of_kim.reference in digests[0].text


def test_a_mailbox_with_open_cases_is_not_forgotten_and_another_goes_on_with_them(house: House) -> None:
    other = add_another(house)
    house.clock.put(london("2026-03-02", "11:00"))
    into_the_other(house, other, KIM, COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.turn()
    of_kim = next(case for case in house.cases() if case.mailbox == "feedback")
    with house.parts.store.read() as work:
        timers = work.timers_of(of_kim.reference)

    take_away(house)
    with pytest.raises(
        StorageRefused,
        match=r"cases of feedback are open or have a date before them.*mailbot case move OLD --into NAME",
    ):
        house.turn()
    house.stop()
    assert "did you mean" in run(house, "case", "move", "feedback", "--into", "complaint").output
    assert (
        "take its [[mailbox]] out first"
        in run(house, "case", "move", "complaints", "--into", "complaints").output
    )
    assert run(house, "case", "move", "feedbak", "--into", "complaints").exit_code == 2
    house.mailbox = f'aliases = ["{other}"]'  # its mail is sent on to the first
    said = run(house, "case", "move", "feedback", "--into", "complaints", "--by", "alex")
    assert (said.exit_code, said.output) == (0, "1 case goes on in complaints.\n")

    house.clock.put(london("2026-03-02", "12:00"))
    house.turn()
    moved = next(case for case in house.cases() if case.reference == of_kim.reference)
    assert (moved.mailbox, moved.policy) == ("complaints", "mtvh@2021-08-23"), "it keeps its promises"
    with house.parts.store.read() as work:
        assert work.timers_of(of_kim.reference) == timers
        assert not work.verify_journal().faults
        well = examine(work, house.parts.service.settings, house.clock.now(), running=False)
    assert [trouble.what for trouble in well.troubles if trouble.blocks] == []
    line = house.journal(of_kim.reference)[-1]
    assert (line.who, line.summary) == ("alex", "Goes on in the mailbox complaints: feedback is no more.")

    # she answers the letter that she has, to the address that she has
    house.write(KIM, "It is the hall of the second floor.", answers=house.last(KIM, "acknowledgement"))
    house.turn()
    assert house.journal(of_kim.reference)[-1].kind == "mail_arrived"
    house.go_to("2026-03-06", "09:00")
    assert [r for r in house.letters(kind="chaser") if of_kim.reference in r.text], (
        "its reminders fall as ever"
    )
    digest = house.last(ALEX, "digest").text
    assert "feedback" not in digest and "Mailbox complaints was read just now; no letter waits" in digest

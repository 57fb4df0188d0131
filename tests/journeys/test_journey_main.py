"""The main job, end to end: a resident complains, a handler answers from a mail client, the clock does the rest."""

from __future__ import annotations

import email

from conftest import ALEX, COMPLAINT, ESCALATION, JO, MORGAN, REQUEST, SAM, House

from mailbot.casework.vocabulary import Stage


def test_a_complaint_runs_from_the_first_mail_to_the_final_response(house: House) -> None:
    # the resident complains, and is acknowledged at once
    first = house.compose(f"Jo Finch <{JO}>", COMPLAINT)
    first_id = str(email.message_from_bytes(first)["Message-ID"])
    house.write(JO, "", raw=first)
    house.turn()
    case = house.the_case()
    assert case.stage is Stage.STAGE1_OPEN
    assert case.handler == "sam"
    acknowledgement = house.last(JO, "acknowledgement")
    assert case.reference in acknowledgement.subject
    assert "Sam Okafor" in acknowledgement.text
    assert "01632 960101" in acknowledgement.text
    assert "nobody has come" in acknowledgement.text
    assert "Ombudsman" in acknowledgement.text
    assert acknowledgement.message["Auto-Submitted"] == "auto-replied"
    assert acknowledgement.caught.sender == ""
    assert acknowledgement.message["In-Reply-To"] == first_id
    assert first_id in str(acknowledgement.message["References"])

    # the handler answers the case mail, and the words reach the resident from the mailbox
    assigned = house.last(SAM, "case_assigned")
    house.go_to("2026-03-03", "11:00")
    house.write(f"Sam Okafor <{SAM}>", "Dear Jo, I will ring you today at three.\n\nSam", answers=assigned)
    house.turn()
    reply = house.last(JO, "handler_reply")
    assert "I will ring you today at three." in reply.text
    assert SAM not in reply.caught.raw.decode("utf-8", "replace")

    # the resident answers from a phone, in the thread
    house.write(JO, "Three is fine, my number is 07700 900123.\n\nSent from my iPhone", answers=reply)
    house.turn()
    assert "07700 900123" in house.last(SAM, "case_mail").text
    assert len(house.cases()) == 1

    # the stage 1 response
    house.go_to("2026-03-10", "10:00")
    house.write(
        SAM,
        "#respond upheld\n\nDear Jo, we should have come within two weeks and did not. We are sorry.",
        answers=house.last(SAM, "case_mail"),
    )
    house.turn()
    response = house.last(JO, "response")
    assert "We are sorry." in response.text
    assert "stage 2" in response.text.lower()
    assert "Auto-Submitted" not in response.message
    assert house.the_case().stage is Stage.STAGE1_RESPONDED

    # she asks for stage 2, and somebody else takes it
    house.go_to("2026-03-12", "10:00")
    house.write(JO, ESCALATION, answers=response)
    house.turn()
    case = house.the_case()
    assert case.stage is Stage.STAGE2_OPEN
    assert case.handler == "morgan"
    assert "Morgan Bell" in house.last(JO, "acknowledgement").text

    # the final response signposts
    house.go_to("2026-03-31", "10:00")
    house.write(
        MORGAN,
        "#respond partly upheld\n\nDear Jo, I looked at it afresh.",
        answers=house.last(MORGAN, "case_assigned"),
    )
    house.turn()
    final = house.last(JO, "final_response")
    assert "31 March 2027" in final.text
    assert "0300 111 3000" in final.text

    # a supervisor closes the case for silence, after a reminder
    house.go_to("2026-05-05", "10:00")
    house.write(ALEX, "#approve", answers=house.last(ALEX, "proposal"))
    house.turn()
    case = house.the_case()
    assert case.stage is Stage.CLOSED
    assert case.closed_because == "silence"
    assert [r.kind for r in house.letters(JO)][-2:] == ["closing_reminder", "closure"]

    # every act of the history has its clause
    acts = [line for line in house.journal(case.reference) if line.kind != "mailbox"]
    assert all(line.because for line in acts if line.kind in ("mail_arrived", "staff_acted"))


def test_the_supervisor_gets_one_digest_each_working_morning(house: House) -> None:
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-09", "12:00")
    house.turn()
    digests = house.letters(ALEX, "digest")
    assert len(digests) == 6  # Monday to Monday, no weekend
    assert house.the_case().reference in digests[-1].text


def test_a_request_is_recorded_and_becomes_a_complaint_when_dissatisfaction_follows(house: House) -> None:
    house.write(JO, REQUEST, subject="Key fob")
    house.turn()
    case = house.the_case()
    assert case.stage is Stage.SERVICE_REQUEST
    receipt = house.last(JO, "service_request_receipt")
    house.go_to("2026-03-16")
    assert house.letters(SAM, "chaser"), "an unanswered request is chased"
    house.write(
        JO,
        "It has been two weeks and I still have no fob, nobody has even replied. This is poor service and I want to "
        "complain about it.",
        answers=receipt,
    )
    house.turn()
    case = house.the_case()
    assert case.stage is Stage.STAGE1_OPEN
    assert case.was_service_request
    assert case.stage1 is not None and case.stage1.requested_at == house.clock.now()


def test_a_late_response_is_chased_and_the_supervisor_is_told(house: House) -> None:
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-18", "12:00")
    chasers = house.letters(SAM, "chaser")
    assert chasers
    supervisor = [r for r in house.letters(ALEX) if r.kind == "chaser"]
    assert supervisor
    assert house.the_case().stage is Stage.STAGE1_OPEN, "the clock decides nothing against anybody"
    overdue = [d for d in house.letters(ALEX, "digest") if "overdue" in d.text.lower()]
    assert overdue

"""What the letters say: to residents what the Code asks for, to staff what they need to act."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html as html_words
import re
import urllib.parse

import pytest
from letter_samples import (
    FACTS,
    LETTERHEAD,
    REFERENCE,
    STAFF,
    TEMPLATES,
    altered,
    order_of,
    plain,
    words_of,
    write,
)

from mailbot.casework.commands import CUT_LINE
from mailbot.casework.parts import Ombudsman
from mailbot.casework.vocabulary import Fact, Letter
from mailbot.postroom.letters import Stationery

RESIDENTS = [pytest.param(letter, id=letter.value) for letter in Letter if letter not in STAFF]
WITH_OMBUDSMAN = (
    *(Letter.ACKNOWLEDGEMENT, Letter.RESPONSE, Letter.FINAL_RESPONSE, Letter.EXTENSION_NOTICE),
    *(Letter.CLOSURE, Letter.SIGNPOSTING, Letter.REFUSAL, Letter.NON_ESCALATION),
    *(Letter.UPDATE, Letter.SURVEY, Letter.AUTHORITY_REQUEST),
)


@pytest.fixture(scope="module")
def stationery() -> Stationery:
    return Stationery(TEMPLATES)


# ------------------------------------------------------------------ strangers' words


def test_what_a_resident_writes_is_text_and_never_a_template_nor_html(stationery: Stationery) -> None:
    words = "{{ landlord.name }} {% for x in y %} <b onclick=alert(1)>&amp; </blockquote><script>alert(1)</script>"
    written = write(stationery, Letter.ACKNOWLEDGEMENT, definition=words, outcome_sought=words)
    assert f"> {words}" in written.text
    assert "<script" not in written.html and "<b onclick" not in written.html
    assert words in words_of(written.html.replace("<br>", " ")) or plain(words) in plain(
        html_words.unescape(written.html)
    )


def test_a_long_complaint_is_quoted_whole(stationery: Stationery) -> None:
    words = "\n\n".join(f"{n}. Nobody came on day {n}. " + "and again " * 20 for n in range(60))
    written = write(stationery, Letter.ACKNOWLEDGEMENT, definition=words)
    for n in range(60):
        assert f"> {n}. Nobody came on day {n}." in written.text
        assert f"Nobody came on day {n}." in written.html
    assert len(written.raw) < 60_000


def test_a_name_that_is_an_advertisement_is_not_greeted(stationery: Stationery) -> None:
    for name in (
        "",
        "Win at www.casino.example",
        "free $$$ http://x",
        "call 07700 900123",
        "a@b.example",
        "x" * 80,
    ):
        written = write(stationery, Letter.SERVICE_REQUEST_RECEIPT, resident_name=name)
        assert written.text.startswith("Hello,\n")
    assert write(stationery, Letter.CLOSURE, resident_name="Zoë O'Neil").text.startswith("Dear Zoë O'Neil,\n")


# ------------------------------------------------------------------ what the Code asks for


@pytest.mark.parametrize("letter", RESIDENTS)
def test_every_letter_to_a_resident_says_how_to_reach_the_landlord(
    letter: Letter, stationery: Stationery
) -> None:
    written = write(stationery, letter)
    for said in (written.text, words_of(written.html)):
        for way in (
            "020 7946 0123",
            "complaints@thamesmeadow.example",
            "Wharf House, 12 Quay Street",
            REFERENCE,
        ):
            assert way in said


@pytest.mark.parametrize("letter", WITH_OMBUDSMAN)
def test_the_ombudsman_can_be_reached_from_every_letter_that_the_code_names(
    letter: Letter, stationery: Stationery
) -> None:
    written = write(stationery, letter)
    for said in (plain(written.text), plain(words_of(written.html))):
        assert "0300 111 3000" in said
        assert "housing-ombudsman.org.uk/residents/make-a-complaint/" in said
        assert "PO Box 1484, Unit D, Preston PR2 0ET" in said
        assert "takes no new cases by email" in said
        assert "advice at any time" in said


def test_an_acknowledgement_says_all_that_it_must(stationery: Stationery) -> None:
    written = write(
        stationery,
        Letter.ACKNOWLEDGEMENT,
        **dict.fromkeys(("late", "hazard", "provisional", "representative", "from_service_request"), False),
    )
    for said in (plain(written.text), plain(words_of(written.html))):
        for must in (
            *(REFERENCE, "Joan Bakare", "020 7946 0177", "The boiler has been off since 3 March"),
            *(
                "I want the boiler fixed",
                "Tuesday 17 March 2026",
                "Thursday 26 March 2026",
                "Stage 1 response",
            ),
            *("Have we got something wrong", "Do you need any support?", "goes to Stage 2"),
            *("You will not need to give reasons", "not ours to deal with", "Thursday 12 March 2026"),
        ):
            assert must in said, must
        for must_not in ("sorry", "999", "permission", "request for service", "weren't quite sure"):
            assert must_not not in said, must_not


def test_an_acknowledgement_asks_for_the_outcome_where_none_was_named(stationery: Stationery) -> None:
    written = write(stationery, Letter.ACKNOWLEDGEMENT, outcome_sought="")
    assert "You haven't told us yet what you would like us to do" in written.text
    assert "We have started all the same" in words_of(written.html)


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("late", "We are sorry that it is late"),
        ("hazard", "call 999"),
        ("provisional", "If that isn't what you want, reply and tell us"),
        ("representative", "Please send us their permission"),
        ("from_service_request", "The work that you asked for goes on"),
        ("unnamed", "We are choosing who looks into it"),
        ("overdue", "We are late with it"),
        ("direct", "As you asked, it is at"),
        ("unanswered", "You have not had our first answer"),
    ],
)
def test_an_acknowledgement_says_what_is_so_and_only_then(
    flag: str, said: str, stationery: Stationery
) -> None:
    for value in (True, False):
        written = write(stationery, Letter.ACKNOWLEDGEMENT, **{flag: value})
        assert (said in plain(written.text)) is value
        assert (said in plain(words_of(written.html))) is value


def test_a_stage_2_acknowledgement_promises_somebody_else_and_asks_for_no_reasons(
    stationery: Stationery,
) -> None:
    written = write(
        stationery, Letter.ACKNOWLEDGEMENT, stage=2, stage_name="Stage 2", next_stage_name="", contact_by=""
    )
    for said in (plain(written.text), plain(words_of(written.html))):
        assert "Somebody who did not work on our first answer" in said
        assert "You don't need to give us reasons" in said
        assert "final response in writing" in said
        assert "Tuesday 17 March 2026" not in said
    assert "again" in written.subject


def test_a_receipt_says_that_it_is_a_request_and_how_to_make_it_a_complaint(stationery: Stationery) -> None:
    for handler in (FACTS[Letter.SERVICE_REQUEST_RECEIPT]["handler"], {}):
        written = write(stationery, Letter.SERVICE_REQUEST_RECEIPT, handler=handler)
        for said in (plain(written.text), plain(words_of(written.html))):
            assert "recorded it as a request for service" in said
            assert "Just reply to this email and say so. You don't have to use the word complaint" in said
            assert ("Joan Bakare" in said) is bool(handler)


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("upheld", "We agree with your complaint"),
        ("partly upheld", "We agree with part"),
        ("not upheld", "don't agree"),
    ],
)
def test_a_response_says_what_was_decided_and_how_to_go_on(
    decision: str, said: str, stationery: Stationery
) -> None:
    for letter in (Letter.RESPONSE, Letter.FINAL_RESPONSE):
        written = write(stationery, letter, decision=decision)
        for words in (plain(written.text), plain(words_of(written.html))):
            assert f"Our decision: {decision}" in words
            assert said in words
            assert "By Friday 20 March 2026" in words and "Fit a new boiler fan" in words
    response = plain(write(stationery, Letter.RESPONSE).text)
    assert "by Friday 24 April 2026. Your complaint then goes to Stage 2" in response
    assert "You don't need to give reasons" in response
    final = write(stationery, Letter.FINAL_RESPONSE)
    assert "final response" in final.subject
    assert "Please contact it by Friday 30 April 2027" in plain(final.text)


def test_a_response_without_a_decision_or_actions_has_no_empty_boxes(stationery: Stationery) -> None:
    written = write(stationery, Letter.RESPONSE, decision="", actions=[], window_ends="", close_on="")
    assert "Our decision" not in written.text + written.html
    assert "What we will do" not in written.text + words_of(written.html)
    assert "close your complaint" not in written.text


@pytest.mark.parametrize(
    ("because", "said"),
    [
        ("agreed", "You told us that you are happy"),
        ("silence", "have not heard from you"),
        ("withdrawn", "You asked us to stop"),
        ("service_request_answered", "We will then open a complaint"),
        ("sorted_as_other", "If you think that this is wrong"),
    ],
)
def test_a_closure_says_why_and_what_is_still_open(because: str, said: str, stationery: Stationery) -> None:
    written = write(
        stationery,
        Letter.CLOSURE,
        closed_because=because,
        next_stage_name="",
        window_ends="",
        ombudsman_until="",
    )
    assert said in plain(written.text) and said in plain(words_of(written.html))
    assert "Monday 27 April 2026" in written.text


@pytest.mark.parametrize("letter", [Letter.CLOSURE, Letter.CLOSING_REMINDER])
def test_once_the_time_to_ask_is_over_a_letter_says_so_and_who_decides(
    stationery: Stationery, letter: Letter
) -> None:
    over = write(stationery, letter, next_stage_name="Stage 2", window_ends="", window_over=True)
    for told in (plain(over.text), plain(words_of(over.html))):
        assert "The time to ask for Stage 2 has ended" in told and "A person will then decide" in told
        assert "Your complaint then goes to" not in told
    open_still = write(
        stationery, letter, next_stage_name="Stage 2", window_ends="2026-05-28", window_over=False
    )
    for told in (plain(open_still.text), plain(words_of(open_still.html))):
        assert "by Thursday 28 May 2026" in told and "Your complaint then goes to Stage 2" in told


def test_a_closure_after_the_final_response_says_until_when_the_ombudsman_looks(
    stationery: Stationery,
) -> None:
    written = write(
        stationery, Letter.CLOSURE, next_stage_name="", window_ends="", ombudsman_until="2027-04-30"
    )
    assert "by Friday 30 April 2027" in plain(written.text)


def test_signposting_without_known_dates_still_shows_the_way(stationery: Stationery) -> None:
    written = write(stationery, Letter.SIGNPOSTING, final_response_on="", ombudsman_until="")
    assert "0300 111 3000" in written.text and "A new problem is a new complaint" in written.text


@pytest.mark.parametrize("letter", WITH_OMBUDSMAN)
def test_nothing_is_said_of_another_ombudsman_that_holds_only_of_the_housing_one(
    letter: Letter, stationery: Stationery
) -> None:
    """The Scottish one counts its year from when the resident knew: no letter can name its last day."""
    spso = Ombudsman(
        name="Scottish Public Services Ombudsman",
        phone="0800 377 7330",
        web="https://www.spso.org.uk",
        form="https://www.spso.org.uk/contact-us",
        post="SPSO, Bridgeside House, 99 McDonald Road, Edinburgh EH7 4NS",
        as_of=dt.date(2026, 6, 1),
        key="spso",
        domains=("spso.org.uk",),
        looks_at="looks at complaints about public services in Scotland",
        advises=False,
        takes_no_email=False,
        counts_from_final_response=False,
        limit="It usually can't look at a complaint more than 12 months after you first knew about it.",
    )
    written = stationery.write(order_of(letter), dataclasses.replace(LETTERHEAD, ombudsman=spso))
    for said in (plain(written.text), plain(words_of(written.html))):
        assert "0800 377 7330" in said and "about public services in Scotland" in said
        for only_of_the_housing_one in (
            *("Housing Ombudsman", "by email.", "after our final response", "about landlords"),
            *("30 April 2027", "advice at any time"),
        ):
            assert only_of_the_housing_one not in said, only_of_the_housing_one
        at_the_end = letter in (
            *(Letter.FINAL_RESPONSE, Letter.SIGNPOSTING),
            *(Letter.REFUSAL, Letter.NON_ESCALATION),  # the decision itself can be taken there
        )
        assert ("after you first knew" in said) == at_the_end or letter is Letter.CLOSURE


# ------------------------------------------------------------------ the letters of rarer days


def said_by(stationery: Stationery, letter: Letter, **changes: Fact) -> tuple[str, str]:
    """What a reader of the text and a reader of the HTML see, as plain words."""
    written = write(stationery, letter, **changes)
    return plain(written.text), plain(words_of(written.html))


@pytest.mark.parametrize("letter", [Letter.REFUSAL, Letter.NON_ESCALATION])
def test_a_refusal_gives_its_reasons_and_the_right_to_take_it_to_the_ombudsman(
    letter: Letter, stationery: Stationery
) -> None:
    for said in said_by(stationery, letter):
        assert "Why we decided this" in said
        assert "You have the right to take this decision to the Housing Ombudsman Service" in said
        assert "You can now ask it to look at yours" in said
        assert "A person will read it" in said
        assert not re.search("vexatious|unreasonable|final response|sorry|eligible", said)


def test_a_refusal_names_its_ground_and_what_is_done_instead_where_there_is_any(
    stationery: Stationery,
) -> None:
    for said in said_by(stationery, Letter.REFUSAL):
        assert "What decided it: how long ago it happened" in said
        assert "What we will do instead" in said and "Our estate team will look at the new fence" in said
    for said in said_by(stationery, Letter.REFUSAL, ground="", instead=""):
        assert "What decided it" not in said and "instead" not in said


def test_an_update_says_when_the_next_one_comes_and_until_when_the_answer(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.UPDATE):
        assert "By Wednesday 1 April 2026" in said and "By Thursday 9 April 2026" in said
        assert "even if there is nothing new to tell" in said
    for said in said_by(stationery, Letter.UPDATE, respond_by="", next_update_by=""):
        assert "What happens next" not in said and "It comes on Monday." in said


def test_a_survey_is_free_to_answer_can_be_ended_and_says_how_to_complain(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.SURVEY):
        assert "from 1 (very unhappy) to 5 (very happy)" in said
        assert "You don't have to answer" in said
        assert "no surveys" in said and "never send you one again" in said
        assert (
            "Your answer here is not a complaint. If something is still not right, reply to this email"
            in said
        )
        assert "https://survey.thamesmeadow.example/complaints" in said
    for said in said_by(stationery, Letter.SURVEY, survey_link=""):
        assert "this page" not in said and "call us" in said.lower()


@pytest.mark.parametrize("role", ["office", "representative"])
@pytest.mark.parametrize("response_to", ["resident", "either"])
@pytest.mark.parametrize("authority", ["needed", "given"])
def test_whoever_writes_for_a_resident_hears_that_it_came_and_nothing_about_them(
    role: str, response_to: str, authority: str, stationery: Stationery
) -> None:
    changes: dict[str, Fact] = {"role": role, "response_to": response_to, "authority": authority}
    written = write(stationery, Letter.THIRD_PARTY_RECEIPT, **changes)
    for said in said_by(stationery, Letter.THIRD_PARTY_RECEIPT, **changes):
        assert "We received it on Thursday 12 March 2026" in said
        assert "Our answer goes to the person whom you wrote for" in said
        assert ("Please send us their permission" in said) is (authority == "needed")
        assert ("Nothing waits for this" in said) is (authority == "needed")
        assert ("to you as well" in said) is (response_to == "either")
        assert ("write to your office again" in said) is (role == "office")
    for private in ("Amina", "Begum", "Stage 1", "boiler"):
        assert private not in written.subject + written.text + written.html


def test_a_resident_is_asked_whether_somebody_may_act_and_nothing_waits(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.AUTHORITY_REQUEST):
        assert "Yusuf Begum wrote to us on Thursday 12 March 2026" in said
        assert "Your complaint goes on either way" in said
        assert "You don't have to give a reason, and you can change your mind" in said
    assert (
        "May we talk to somebody about" in write(stationery, Letter.AUTHORITY_REQUEST, writer_name="").subject
    )


def test_an_office_gets_the_answer_itself_only_where_the_resident_agreed(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.OFFICE_REPLY):
        assert "We may share our answer" in said and "went to the wrong block" in said
    unshared = write(stationery, Letter.OFFICE_REPLY, shared=False)
    for said in (plain(unshared.text), plain(words_of(unshared.html))):
        assert "We don't have their permission" in said and "Thursday 26 March 2026" in said
        for private in ("wrong block", "Amina", "Begum", "boiler"):
            assert private not in said, "even where the order carries the text"


def test_personal_information_is_dealt_with_on_its_own_and_the_commissioner_is_named(
    stationery: Stationery,
) -> None:
    for said in said_by(stationery, Letter.DATA_PROTECTION_ACKNOWLEDGEMENT):
        assert "It does not wait for your complaint CC-2026-004198-3" in said
        assert "0303 123 1113" in said and "ico.org.uk/make-a-complaint" in said
    for said in said_by(stationery, Letter.DATA_PROTECTION_ACKNOWLEDGEMENT, linked_reference=""):
        assert "does not wait" not in said
    bare = dataclasses.replace(LETTERHEAD, bodies=())
    written = stationery.write(order_of(Letter.DATA_PROTECTION_ACKNOWLEDGEMENT), bare)
    assert "Its website is ico.org.uk." in written.text


def test_thanks_and_comments_are_passed_on_and_the_choice_to_complain_is_offered(
    stationery: Stationery,
) -> None:
    for said in said_by(stationery, Letter.FEEDBACK_RECEIPT):
        assert "passed your words to the repairs team" in said
        assert "We will look into it as a complaint" in said
    for said in said_by(stationery, Letter.FEEDBACK_RECEIPT, kind="policy", passed_to=""):
        assert "what you think about our policy" in said and "kind words" not in said


def test_an_acknowledgement_offers_the_quick_way_without_making_anything_wait(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.ACKNOWLEDGEMENT):
        assert (
            "You don't have to choose. We have started on your complaint, and its dates stay as they are."
            in said
        )
    for said in said_by(stationery, Letter.ACKNOWLEDGEMENT, early_choice=False):
        assert "just put it right" not in said


def test_an_understanding_is_asked_to_be_confirmed_and_silence_is_taken_for_yes(
    stationery: Stationery,
) -> None:
    for said in said_by(stationery, Letter.ACKNOWLEDGEMENT, stage=2, stage_name="Stage 2"):
        assert "Please tell us by Monday 23 March 2026" in said
        assert "If we hear nothing, we go on with this. Nothing waits for your reply" in said


def test_a_resident_for_whom_somebody_wrote_is_not_told_that_the_words_are_their_own(
    stationery: Stationery,
) -> None:
    for said in said_by(stationery, Letter.ACKNOWLEDGEMENT, written_by="Ann Lee MP"):
        assert "Ann Lee MP wrote to us for you." in said and "As Ann Lee MP wrote it for you:" in said
        assert "your own words" not in said and "Thank you for telling us" not in said


def test_an_acknowledgement_carries_what_the_policys_routes_tell(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.ACKNOWLEDGEMENT):
        assert "You can also tell the Building Safety Regulator." in said


def test_an_extension_asks_for_agreement_only_where_the_policy_does(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.EXTENSION_NOTICE):
        assert "We would like you to agree to the new date" in said
        assert "You may also ask the Housing Ombudsman Service for help at once" in said
        assert "write to you by Wednesday 1 April 2026" in said
    for said in said_by(stationery, Letter.EXTENSION_NOTICE, agreement=False, next_update_by=""):
        assert "agree" not in said and "will keep you up to date" in said


def test_a_proposal_says_that_nothing_is_refused_and_what_to_weigh(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.PROPOSAL):
        for must in (
            *("Only you can decide that", "Until you decide, the complaint goes on", "3.3 e1"),
            *("Twelve months count", "The ground is lifted by: a danger in the home."),
            *(
                "from Wednesday 12 March 2025 on",
                "Is anybody in the home vulnerable?",
                "#decline age because",
            ),
        ):
            assert must in said, must
    late = write(stationery, Letter.PROPOSAL, kind="late_escalation", proposed_by="", reason="")
    assert "It is not refused: you decide." in plain(late.text)
    assert late.subject.startswith("Late, and wants it looked at again: The leak of 2024")


def test_a_proposal_of_a_restricted_case_and_a_mail_that_is_no_complaint_have_no_empty_boxes(
    stationery: Stationery,
) -> None:
    for said in said_by(stationery, Letter.PROPOSAL, text="", subject="Restricted case", lifted_by=[]):
        assert "The mail" not in said and "lifted" not in said
    praise = {"goes_on": "", "complaint": False, "case_handler": "", "attachments": []}
    for said in said_by(stationery, Letter.ROUTED, **praise):
        assert "goes on" not in said and "Who has the complaint" not in said
    assert "<b></b>" not in write(stationery, Letter.ROUTED, **praise).html


def test_a_response_that_must_be_approved_says_that_its_date_runs_on(stationery: Stationery) -> None:
    for said in said_by(stationery, Letter.APPROVAL_REQUEST):
        assert "nothing goes to the resident and the date runs on" in said
        assert "The contractor went to the wrong block" in said and "#approve" in said
    customers = dataclasses.replace(LETTERHEAD, person_noun="customer")
    assert (
        "nothing goes to the customer" in stationery.write(order_of(Letter.APPROVAL_REQUEST), customers).text
    )


# ------------------------------------------------------------------ restricted cases


@pytest.mark.parametrize("letter", [Letter.CASE_MAIL, Letter.CASE_ASSIGNED, Letter.ROUTED])
def test_nothing_that_was_written_in_a_restricted_case_stands_in_a_mail_to_staff(
    letter: Letter, stationery: Stationery
) -> None:
    written = write(stationery, letter, restricted=True)
    for said in (written.text, words_of(written.html), written.subject):
        for private in (
            *("No heating", "nobody calls back", "boiler", "asthma", "12 degrees", "rang four times"),
            *("letter from school", "bedroom.jpg", "Music every night", "until three", "diary.pdf"),
        ):
            assert private not in said, private
    for said in (plain(written.text), plain(words_of(written.html))):
        assert "What was written stands in no email" in said or "what was written stands in no email" in said


def test_a_chaser_of_a_restricted_case_names_its_reference_alone(stationery: Stationery) -> None:
    lines = FACTS[Letter.CHASER]["lines"]
    assert isinstance(lines, list) and isinstance(lines[0], dict)
    written = write(stationery, Letter.CHASER, lines=[{**lines[0], "subject": ""}])
    assert f"{REFERENCE}, Stage 1\n" in written.text and "No heating" not in written.text + written.html


def test_the_landlords_own_word_for_residents_is_used(stationery: Stationery) -> None:
    customers = dataclasses.replace(LETTERHEAD, person_noun="customer")
    written = stationery.write(order_of(Letter.COMMAND_REFUSED), customers)
    assert "nothing was sent to the customer" in written.text
    assert "resident" not in written.text


# ------------------------------------------------------------------ staff


def links_of(page: str) -> list[tuple[str, dict[str, str]]]:
    found = []
    for href in re.findall(r'href="(mailto:[^"]*)"', page):
        address, _, query = html_words.unescape(href)[7:].partition("?")
        pairs = [pair.split("=", 1) for pair in query.split("&")]
        found.append((urllib.parse.unquote(address), {k: urllib.parse.unquote(v) for k, v in pairs}))
    return found


def test_buttons_open_a_prepared_mail_to_the_keyed_address(stationery: Stationery) -> None:
    written = write(stationery, Letter.CASE_MAIL)
    links = links_of(written.html)
    assert len(links) == 5
    for address, prepared in links:
        assert address == "complaints+cc-2026-004217-7.k3f9@thamesmeadow.example"
        assert prepared["subject"] == f"Re: {written.subject}"
    bodies = [prepared["body"] for _, prepared in links]
    assert bodies[0] == "#acknowledge"
    order, _, below = bodies[3].partition(CUT_LINE)
    assert order == "#extend 10 working days because \r\n\r\n\r\n\r\n"
    assert below == "\r\nSay why & for how long.", "advice stands below the line that is never passed on"
    assert "mailto:complaints%2Bcc-2026" in written.html
    for command in (
        "#acknowledge",
        "#contacted by phone",
        "#respond upheld",
        "#extend 10 working days because",
    ):
        assert f"\n  {command}" in written.text


def test_without_a_keyed_address_buttons_write_to_the_mailbox(stationery: Stationery) -> None:
    order = altered(order_of(Letter.QUESTION), reply_to="")
    links = links_of(stationery.write(order, LETTERHEAD).html)
    assert [a for a, _ in links] == ["complaints@thamesmeadow.example"] * 3
    assert [p["body"] for _, p in links] == ["#sort complaint", "#sort service request", "#sort other"]


def test_a_button_whose_link_would_be_too_long_keeps_its_line(stationery: Stationery) -> None:
    command: Fact = {"label": "Respond", "line": "#respond upheld", "body": "é" * 3000}
    ((_, prepared),) = links_of(write(stationery, Letter.CHASER, commands=[command]).html)
    assert prepared["body"] == "#respond upheld"


def test_a_case_mail_shows_reasons_flags_duties_and_clauses(stationery: Stationery) -> None:
    written = write(stationery, Letter.CASE_MAIL)
    for said in (plain(written.text), plain(words_of(written.html))):
        for must in (
            *("93%", "took two days off work", "Danger to health or safety", "12 degrees in his room"),
            *("Thu 26 Mar 2026", "Thu 2 Apr 2026", "3.2 b4, Code 6.3", "bedroom.jpg", "reply address"),
            *("amina.begum@example.org", "Thursday 12 March 2026 at 09:41", "isn't a party to the case"),
            *("Lend two heaters", "goes to the resident"),
        ):
            assert must in said, must


def test_the_case_mail_says_who_and_what_before_anything_else(stationery: Stationery) -> None:
    """A handler with forty cases reads the top: who, what to know, what is next, the new words, what was promised; then
    how to act, and at the end how it was read."""
    for letter in (Letter.CASE_ASSIGNED, Letter.CASE_MAIL):
        written = write(stationery, letter)
        for said in (plain(written.text), plain(words_of(written.html))):
            order = ("amina.begum@example.org", "Know this before you act", "Next: ", "took two days off work",
                     "Promised, not done yet", "To answer, just reply", "#", "How it was read")  # fmt: skip
            places = [said.index(words, said.index("just reply") if words == "#" else 0) for words in order]
            assert places == sorted(places), letter


def test_a_refused_command_says_that_nothing_was_done(stationery: Stationery) -> None:
    written = write(stationery, Letter.COMMAND_REFUSED)
    assert written.subject.startswith("Nothing was done")
    for said in (plain(written.text), plain(words_of(written.html))):
        assert "Nothing was changed, and nothing was sent to the resident" in said
        assert "#extend until 9 April because REASON" in said
        assert "#extnd" in said
        assert "understood, and not done either" in said and "#action repair the fan by 9 April" in said


def test_a_chaser_says_how_late_and_by_which_clause(stationery: Stationery) -> None:
    written = write(stationery, Letter.CHASER)
    assert written.subject == f"Late: Stage 1 response, 3 working days [{REFERENCE}]"
    lines = FACTS[Letter.CHASER]["lines"]
    assert isinstance(lines, list) and isinstance(lines[0], dict)
    soon: Fact = [{**lines[0], "days_late": 0}]
    near = write(stationery, Letter.CHASER, lines=soon, supervisor_copied=False)
    assert near.subject == f"Due Thu 26 Mar 2026: Stage 1 response [{REFERENCE}]"
    assert "supervisor has been told" in written.text and "supervisor has been told" not in near.text


def test_an_alert_that_cannot_wait_says_so_first(stationery: Stationery) -> None:
    assert write(stationery, Letter.ALERT).subject.startswith("ACT NOW: ")
    today = write(stationery, Letter.ALERT, urgency="today", reference="")
    assert today.subject == "Somebody may be in danger"


def test_an_empty_digest_is_still_a_letter(stationery: Stationery) -> None:
    written = write(stationery, Letter.DIGEST, headline_lines=[], counts=[], sections=[], health=[], bars=[])
    assert "Monday 30 March 2026" in written.text
    assert written.subject == "Complaints today, Mon 30 Mar 2026"

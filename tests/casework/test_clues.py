"""Clues: which case a mail belongs to, who is trusted, and what becomes of contradictions."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time

import pytest

from mailbot.casework.clues import Clue, ClueKind, Found, choose, clues, named, plain_subject
from mailbot.casework.references import compose
from mailbot.casework.vocabulary import Case, Flag, Intent, Party, Raised, Role, Stage, Verdict

AMINA = "amina@resident.example"
BEN = "ben@resident.example"
STRANGER = "someone@else.example"
A = compose("CC", 2026, 4217)
B = compose("CC", 2026, 4218)


def case(reference: str, *parties: str, stage: Stage = Stage.STAGE1_OPEN) -> Case:
    return Case(
        reference=reference,
        policy="mtvh@2021-08-23",
        mailbox="complaints",
        stage=stage,
        subject="Damp in the bedroom",
        parties=tuple(Party(address) for address in parties),
        received_at=dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC),
    )


CASES = {A: case(A, AMINA), B: case(B, BEN)}
TOKEN = Clue(ClueKind.REPLY_ADDRESS, "k7q2.mfz4")
THREAD = Clue(ClueKind.THREAD, "<letter-1@landlord.example>")
SUBJECT = Clue(ClueKind.SUBJECT, B)
BODY = Clue(ClueKind.BODY, B)
OWN = Clue(ClueKind.OWN_FIRST_MAIL, "<first@resident.example>")
GUESS = Clue(ClueKind.SAME_SENDER_AND_SUBJECT, "damp in the bedroom")


def test_a_reply_to_the_acknowledgement_yields_its_clues_surest_first() -> None:
    assert clues(
        in_reply_to="<ack-9@landlord.example>",
        references="<first@resident.example> <receipt-3@landlord.example>\r\n <ack-9@landlord.example>",
        subject=f"Re: [{A}] Damp in the bedroom",
        new_text=f"also see {B.lower()}",
        text=f"also see {B.lower()}\n\nOn Monday we wrote:\n> {A}",
        delivered_to=("complaints+k7q2.mfz4@landlord.example", "complaints@landlord.example"),
        prefix="CC",
    ) == (
        TOKEN,
        Clue(ClueKind.THREAD, "<ack-9@landlord.example>"),
        Clue(ClueKind.THREAD, "<receipt-3@landlord.example>"),
        Clue(ClueKind.THREAD, "<first@resident.example>"),
        Clue(ClueKind.SUBJECT, A),
        Clue(ClueKind.BODY, B),
        Clue(ClueKind.BODY, A),
        Clue(ClueKind.OWN_FIRST_MAIL, "<ack-9@landlord.example>"),
        Clue(ClueKind.OWN_FIRST_MAIL, "<receipt-3@landlord.example>"),
        Clue(ClueKind.OWN_FIRST_MAIL, "<first@resident.example>"),
        Clue(ClueKind.SAME_SENDER_AND_SUBJECT, f"[{A.lower()}] damp in the bedroom"),
    )


def test_a_mail_without_anything_yields_no_clue() -> None:
    assert (
        clues("", (), "", "no hot water again", "no hot water again", ("complaints@landlord.example",), "CC")
        == ()
    )


def test_message_ids_are_taken_from_a_header_or_one_by_one() -> None:
    whole = clues("", "<a@x> <b@x>", "", "", "", (), "CC")
    apart = clues("", ("<a@x>", "<b@x>"), "", "", "", (), "CC")
    bare = clues("b@x", ("a@x",), "", "", "", (), "CC")
    assert whole == apart
    assert [clue.value for clue in whole if clue.kind is ClueKind.THREAD] == ["<b@x>", "<a@x>"]
    assert [clue.value for clue in bare if clue.kind is ClueKind.THREAD] == ["b@x", "a@x"]


def test_a_token_survives_a_mail_program_that_changes_the_case_of_an_address() -> None:
    addresses = ("<COMPLAINTS+K7Q2.MFZ4@LANDLORD.EXAMPLE>", "complaints+@landlord.example", "+", "a+b")
    assert clues("", "", "", "", "", addresses, "CC") == (TOKEN,)


def test_thousands_of_references_are_cut_to_the_newest() -> None:
    header = " ".join(f"<{n}@x>" for n in range(50_000))
    started = time.perf_counter()
    thread = [clue.value for clue in clues("", header, "", "", "", (), "CC") if clue.kind is ClueKind.THREAD]
    assert thread[0] == "<49999@x>"
    assert len(thread) == 50
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "subject",
    [
        "Damp in the bedroom",
        "RE: Damp in the bedroom",
        "Re: Fwd: RE : damp  in the bedroom",
        "AW: Re[2]: Damp in the\r\n bedroom",
        "[EXTERNAL] Re: Damp in the bedroom",
        "Re: [External Email] Damp in the bedroom",
    ],
)
def test_the_marks_of_replies_and_gateways_are_no_part_of_a_subject(subject: str) -> None:
    assert plain_subject(subject) == "damp in the bedroom"


def test_a_subject_of_marks_alone_is_no_clue() -> None:
    assert clues("", "", "Re: ", "", "", (), "CC") == ()


def test_a_reply_address_with_a_party_behind_it_is_trusted() -> None:
    assert choose([(TOKEN, A)], AMINA, CASES) == Found(A, TOKEN, trusted=True)


def test_the_spelling_of_the_senders_address_does_not_matter() -> None:
    found = choose([(TOKEN, A)], "Amina@Resident.Example", CASES)
    assert found is not None
    assert found.trusted


@pytest.mark.parametrize("clue", [TOKEN, THREAD, SUBJECT, BODY], ids=lambda clue: clue.kind.value)
def test_somebody_who_is_no_party_is_never_trusted(clue: Clue) -> None:
    found = choose([(clue, A)], STRANGER, CASES)
    assert found == Found(A, clue, trusted=False)


def test_the_reply_address_wins_over_the_subject_and_the_conflict_is_named() -> None:
    found = choose([(SUBJECT, B), (TOKEN, A)], AMINA, CASES)
    assert found is not None
    assert (found.reference, found.clue, found.trusted) == (A, TOKEN, True)
    assert found.others == (B,)
    assert found.conflict == f"the subject says {B}; the reply address says {A}, which is surer"
    assert found.how == "reply address"


def test_the_reply_address_wins_even_where_the_sender_is_party_to_the_other_case() -> None:
    found = choose([(TOKEN, A), (SUBJECT, B)], BEN, CASES)
    assert found is not None
    assert (found.reference, found.trusted, found.others) == (A, False, (B,))


def test_several_other_cases_are_named_in_the_order_of_their_clues() -> None:
    c = compose("CC", 2025, 7)
    found = choose([(BODY, c), (SUBJECT, B), (TOKEN, A), (BODY, B)], AMINA, {**CASES, c: case(c, BEN)})
    assert found is not None
    assert found.others == (B, c)
    assert found.conflict.startswith(f"the subject says {B}, the body says {c}; ")


def test_clues_that_agree_are_no_conflict() -> None:
    found = choose([(BODY, A), (THREAD, A), (GUESS, B)], AMINA, CASES)
    assert found == Found(A, THREAD, trusted=True)


def test_of_two_numbers_in_one_body_the_senders_own_case_goes_first() -> None:
    neighbours, own = Clue(ClueKind.BODY, B), Clue(ClueKind.BODY, A)
    found = choose([(neighbours, B), (own, A)], AMINA, CASES)
    assert found is not None
    assert (found.reference, found.trusted, found.others) == (A, True, (B,))


def test_a_reply_to_ones_own_first_mail_joins_its_case() -> None:
    assert choose([(OWN, A)], AMINA, CASES) == Found(A, OWN, trusted=True)


def test_a_reply_to_somebody_elses_first_mail_joins_nothing() -> None:
    assert choose([(OWN, A)], STRANGER, CASES) is None


def test_the_only_open_case_of_sender_and_subject_is_a_suggestion() -> None:
    assert choose([(GUESS, A)], AMINA, CASES) == Found(A, GUESS, trusted=True, suggestion=True)


def test_two_open_cases_of_sender_and_subject_suggest_nothing() -> None:
    assert choose([(GUESS, A), (GUESS, B)], AMINA, {A: case(A, AMINA), B: case(B, AMINA)}) is None


def test_a_closed_case_of_sender_and_subject_suggests_nothing() -> None:
    assert choose([(GUESS, A)], AMINA, {A: case(A, AMINA, stage=Stage.CLOSED)}) is None


def test_beside_a_closed_one_the_only_open_case_is_suggested() -> None:
    cases = {A: case(A, AMINA, stage=Stage.CLOSED), B: case(B, AMINA)}
    found = choose([(GUESS, A), (GUESS, B)], AMINA, cases)
    assert found is not None
    assert (found.reference, found.suggestion) == (B, True)


def test_a_closed_case_is_still_found_by_its_number() -> None:
    found = choose([(SUBJECT, A)], AMINA, {A: case(A, AMINA, stage=Stage.CLOSED)})
    assert found == Found(A, SUBJECT, trusted=True)


def test_a_representative_is_a_party_too() -> None:
    helped = dataclasses.replace(CASES[A], parties=(Party(AMINA), Party(BEN, role=Role.REPRESENTATIVE)))
    found = choose([(THREAD, A)], BEN, {A: helped})
    assert found is not None
    assert found.trusted


def test_a_clue_to_a_case_that_is_gone_is_no_clue() -> None:
    assert choose([(SUBJECT, compose("CC", 2020, 1))], AMINA, CASES) is None
    assert choose([], AMINA, CASES) is None


@pytest.mark.parametrize(
    ("name", "text", "anonymous"),
    [
        ("Jean Walker", "The bins at Mill Court overflow.", False),
        ("Jean Walker", "Please don't tell them my name. The bins overflow.", True),
        ("Jean Walker", "I want to stay anonymous.", True),
        ("millcourt77", "The bins at Mill Court overflow.", True),
        ("", "The bins at Mill Court overflow.", True),
    ],
)
def test_an_unsigned_mail_is_not_a_nameless_one(name: str, text: str, anonymous: bool) -> None:
    """Who wrote stands in From as well: nobody is put before a supervisor as nameless for want of a signature."""
    verdict = Verdict(Intent.NEW_COMPLAINT, flags=(Raised(Flag.ANONYMOUS, "the bins"), Raised(Flag.ABUSIVE)))
    told = named(verdict, name, text)
    assert (told.has(Flag.ANONYMOUS), told.has(Flag.ABUSIVE)) == (anonymous, True)

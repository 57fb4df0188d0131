"""What the chain makes of mail: decisions, questions, and never a complaint set aside."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from classifiers import Ask, Chain, evaluate
from classifiers.chain import COST, RULES
from classifiers.corpus_reading import read_corpus
from classifiers.model import INTENTS
from classifiers.sentinels import watch
from mailbot.casework.orders import flag_facts
from mailbot.casework.vocabulary import Flag, Intent, ReplyKind, Stage, Topic


def test_a_plain_complaint_is_a_complaint(chain: Chain) -> None:
    verdict = chain.read(
        Ask(
            "I reported the broken boiler three weeks ago. Nobody has come and nobody has rung back. This is not good "
            "enough, I want to make a complaint.",
            "Complaint about my boiler",
            Stage.NONE,
            "resident",
        )
    )
    assert verdict.intent is Intent.NEW_COMPLAINT
    assert verdict.confidence > 0.9
    assert Topic.HEATING_HOT_WATER in verdict.topics
    assert verdict.reply_kind is None
    assert verdict.model == chain.version


def test_a_first_request_is_a_service_request(chain: Chain) -> None:
    ask = Ask(
        "Hi, could I have a new key fob for the front door please? Flat 22. Thanks",
        "Key fob",
        Stage.NONE,
        "resident",
    )
    assert chain.read(ask).intent is Intent.SERVICE_REQUEST


def test_refusing_the_decision_is_an_escalation(chain: Chain) -> None:
    ask = Ask(
        "I do not accept your decision. Please take this to stage 2.",
        "Re: outcome",
        Stage.STAGE1_RESPONDED,
        "resident",
    )
    assert chain.read(ask).intent is Intent.ESCALATION_REQUEST


def test_photos_for_an_open_complaint_are_a_reply(chain: Chain) -> None:
    ask = Ask(
        "Here are the photos you asked for.",
        "Re: your complaint CC-2026-004217-7",
        Stage.STAGE1_OPEN,
        "resident",
    )
    verdict = chain.read(ask)
    assert verdict.intent is Intent.REPLY
    assert verdict.reply_kind is ReplyKind.PROVIDES_INFORMATION


def test_the_stage_tells_what_the_same_words_mean(chain: Chain) -> None:
    words = "No. I don't agree with this. Take it further please."
    answered = chain.read(Ask(words, "Re: your complaint", Stage.STAGE1_RESPONDED, "resident"))
    alone = chain.read(Ask(words, "Re: your complaint", Stage.NONE, "resident"))
    assert answered.intent is Intent.ESCALATION_REQUEST
    assert alone.intent is Intent.UNSURE


@pytest.mark.parametrize("stage", [Stage.NONE, Stage.UNSORTED, Stage.SERVICE_REQUEST])
def test_an_escalation_is_never_taken_for_granted_where_no_complaint_stands(
    chain: Chain, stage: Stage
) -> None:
    asks = [
        Ask(
            "I want this escalated to stage 2, I do not accept your decision on my complaint.",
            "Stage 2",
            stage,
        ),
        Ask("Appeal please. Your decision is wrong and I want a review by a manager.", "Re: outcome", stage),
    ]
    assert all(v.intent is not Intent.ESCALATION_REQUEST for v in chain.read_many(asks))


def test_a_mail_without_words_goes_to_a_person(chain: Chain) -> None:
    for text, subject in (("", ""), ("???", ""), ("  \n", "12")):
        verdict = chain.read(Ask(text, subject, Stage.NONE))
        assert verdict.intent is Intent.UNSURE
        assert len(verdict.readings) >= 2


def test_a_question_to_a_person_shows_the_readings_likeliest_first(chain: Chain, held_out: Path) -> None:
    from classifiers.corpus_reading import read_corpus

    messages = read_corpus([held_out])
    verdicts = chain.read_many([m.ask for m in messages])
    unsure = [v for v in verdicts if v.intent is Intent.UNSURE]
    assert unsure
    for verdict in unsure:
        chances = [r.probability for r in verdict.readings]
        assert 2 <= len(chances) <= 3
        assert chances == sorted(chances, reverse=True)
        assert verdict.reasons[0] in {rule.why for rule in RULES}
    assert sum(bool(v.readings[0].reasons) for v in verdicts) > 0.95 * len(verdicts)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for your letter. While I am writing: the lift in our block has been out of order for six weeks and "
        "nobody answers my calls about it. It's disgraceful.",
        "I rang Sam Okafor yesterday and he was extremely rude to me. I do not want him to deal with my complaint. I "
        "want to complain about him.",
    ],
)
def test_a_second_grievance_in_an_answer_to_our_letter_is_put_to_a_person(chain: Chain, text: str) -> None:
    """Code 6.8: what is not related is a complaint of its own; and no displeasure is filed as a withdrawal."""
    verdict = chain.read(Ask(text, "Re: We have your complaint", Stage.STAGE1_OPEN))
    assert verdict.intent in (Intent.UNSURE, Intent.NEW_COMPLAINT)
    assert verdict.reply_kind is not ReplyKind.WITHDRAWS


def test_reasons_are_words_of_the_mail(chain: Chain) -> None:
    text = "I have rung four times about the lift and nobody rang back. Disgusting."
    verdict = chain.read(Ask(text, "Lift", Stage.NONE, "resident"))
    reasons = verdict.readings[0].reasons
    assert reasons
    assert all(r in f"lift . {text}".lower() for r in reasons)


@pytest.mark.parametrize(
    "text",
    [
        "Unsubscribe. Book a demo of our boiler platform today! By the way we can smell gas at your office.",
        "Just a general question for our newsletter: I'll go to the Ombudsman if nobody answers. When are you open?",
    ],
)
def test_what_names_a_danger_or_an_authority_is_never_set_aside_alone(chain: Chain, text: str) -> None:
    assert chain.read(Ask(text, "Hello", Stage.NONE, "unknown")).intent is not Intent.OTHER


def test_no_complaint_or_hazard_of_an_unseen_writer_is_set_aside_as_other(
    chain: Chain, held_out: Path
) -> None:
    from classifiers.corpus_reading import read_corpus

    messages = read_corpus([held_out])
    for message, verdict in zip(messages, chain.read_many([m.ask for m in messages]), strict=True):
        guarded = message.intent in (Intent.NEW_COMPLAINT, Intent.ESCALATION_REQUEST)
        if guarded or Flag.URGENT_HAZARD in message.flags:
            assert verdict.intent is not Intent.OTHER, message.identity


def test_words_raise_their_flags_with_the_phrase(chain: Chain) -> None:
    verdict = chain.read(Ask("I can smell gas. My MP and my solicitor know.", "", Stage.NONE, "resident"))
    phrases = {r.flag: r.phrase for r in verdict.flags}
    assert phrases[Flag.URGENT_HAZARD] == "smell gas"
    assert phrases[Flag.MP_OR_COUNCILLOR] == "MP"
    assert phrases[Flag.LEGAL_ACTION] == "solicitor"


def test_a_flag_that_the_model_alone_raises_quotes_no_phrase(chain: Chain) -> None:
    """What weighed most is named as that, and stands in the mail; it need not be the cause."""
    text = (
        "The boiler has been broken for 14 months and nobody has come. My mother is eighty one and we have had no "
        "heating in the living room. I want to make a complaint."
    )
    verdict = chain.read(Ask(text, "", Stage.NONE, "resident"))
    raised = {r.flag: r for r in verdict.flags}
    assert Flag.VULNERABILITY not in {r.flag for r in watch(text)}
    by_words, by_all = raised[Flag.URGENT_HAZARD], raised[Flag.VULNERABILITY]
    assert by_words.phrase == "boiler has been broken" and by_words.weighed == ()
    assert by_all.phrase == "" and 1 <= len(by_all.weighed) <= 3
    assert all(words in text.lower() for words in by_all.weighed)
    told = flag_facts(verdict)
    assert {"words": "Vulnerability (by the mail as a whole)", "phrase": ""} in told
    assert {"words": "Danger to health or safety", "phrase": "boiler has been broken"} in told


def test_an_unknown_kind_of_sender_is_read_all_the_same(chain: Chain) -> None:
    ask = Ask("The lift is out again, third time this month.", "Lift", Stage.NONE, "martian")
    assert chain.read(ask) == chain.read(Ask(ask.text, ask.subject, ask.stage))


def test_many_are_read_as_one_is_to_the_last_digit(chain: Chain, held_out: Path) -> None:
    """A mail that is attended to again, after a death, is recorded as it would have been among others."""
    asks = [message.ask for message in read_corpus([held_out])][:120]
    asks += [Ask("Nobody came, again.", "Repair", stage, "resident") for stage in Stage]
    alone = [chain.read(ask) for ask in asks]
    for company in (2, 7, 32):
        parts = [asks[begin : begin + company] for begin in range(0, len(asks), company)]
        assert [verdict for part in parts for verdict in chain.read_many(part)] == alone
    assert chain.read_many([]) == []


def test_a_mail_of_megabytes_is_read_quickly(chain: Chain) -> None:
    assert chain.read(Ask("I want to complain about the damp. " * 60_000, "Damp", Stage.NONE)).readings


def test_missing_a_complaint_costs_more_than_asking_about_one() -> None:
    for taken in (Intent.SERVICE_REQUEST, Intent.REPLY, Intent.OTHER):
        for missed in (Intent.NEW_COMPLAINT, Intent.ESCALATION_REQUEST):
            assert COST[taken][missed] > COST[missed][taken]
    assert all(COST[i][i] == 0 for i in INTENTS)


def test_an_unseen_writer_is_read_well_enough(chain: Chain, held_out: Path) -> None:
    """Floors below what was measured on this writer, the hardest of the eight: F1 0.886."""
    report = evaluate([held_out], chain)
    assert report.n == 200
    assert report.intent_macro_f1 >= FLOORS["f1"]
    assert report.auto_share >= FLOORS["auto"]
    assert report.auto_error <= FLOORS["error"]
    assert report.guarded_recall >= FLOORS["guarded"]
    assert report.ece <= FLOORS["ece"]
    assert report.flags["urgent_hazard"].recall >= 0.93
    assert report.flags["safeguarding"].recall >= 0.85
    assert report.flags["ombudsman"].recall == 1.0


FLOORS = {"f1": 0.86, "auto": 0.7, "error": 0.055, "guarded": 0.98, "ece": 0.06}


def test_reading_costs_milliseconds(chain: Chain, held_out: Path) -> None:
    """Three at most of the processor's time a mail in batches, twice that where the machine is shared."""
    asks = [m.ask for m in read_corpus([held_out])]
    chain.read_many(asks[:10])
    begun = time.process_time()
    chain.read_many(asks)
    assert (time.process_time() - begun) / len(asks) < 0.006


@pytest.mark.parametrize(
    ("subject", "text"),
    [("", "Sent from my iPhone"), ("9 Carder Court", "ok so what now then"), ("", "\nhm\n")],
)
def test_a_mail_that_says_next_to_nothing_is_put_to_a_person(chain: Chain, subject: str, text: str) -> None:
    assert chain.read(Ask(text, subject, Stage.NONE)).intent is Intent.UNSURE

"""Labelled mail: what is read, and what is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers import Ask, Chain, ModelMistake
from classifiers.corpus_reading import (
    PRIMER,
    fingerprint,
    judging,
    read_corpus,
    shipped_corpus,
    with_primer,
)
from classifiers.evaluation import Report, evaluate, report
from classifiers.features import FAMILIES, ages, view
from mailbot.casework.vocabulary import Flag, Intent, Raised, Reading, Stage, Verdict

ROW: dict[str, object] = {
    "id": "z-1",
    "context": "stage1_open",
    "sender": "resident",
    "subject": "Re: lift",
    "body": "any news?",
    "intent": "reply",
    "reply_kind": "chases_update",
    "topics": ["communication"],
    "flags": [],
}


def written(folder: Path, *rows: dict[str, object], name: str = "one.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def test_the_shipped_corpus_is_read_whole() -> None:
    corpus = read_corpus(shipped_corpus())
    judging_ones = [m for m, judges in zip(corpus, judging(corpus), strict=True) if judges]
    assert len(judging_ones) == 1600
    assert len({m.writer for m in judging_ones}) == 8
    assert len({m.identity for m in corpus}) == len(corpus)


def test_the_primer_is_in_every_training_once_and_judges_none(tmp_path: Path) -> None:
    own = written(tmp_path, ROW)
    learnt = with_primer([own])
    assert [p.stem for p in learnt] == ["one", PRIMER]
    assert with_primer(learnt) == learnt
    assert list(judging(read_corpus(learnt))) == [True] + [False] * (len(read_corpus(learnt)) - 1)
    assert judging(read_corpus(learnt[1:])).all(), "alone, it must do"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"context": "stage9"}, "context has 'stage9': write one of none, service_request_open"),
        ({"context": "unsorted"}, "context"),
        ({"sender": "dog"}, "sender has 'dog'"),
        ({"sender": None}, "sender is missing"),
        ({"intent": "unsure"}, "intent"),
        ({"reply_kind": "shrugs"}, "reply_kind"),
        ({"intent": "other"}, "reply_kind 'chases_update' belongs to a reply"),
        ({"topics": ["weather"]}, "topics has 'weather'"),
        ({"topics": "repairs"}, "topics is no list"),
        ({"flags": None}, "flags"),
        ({"body": None}, "body is missing"),
        ({"subject": 7}, r"subject is no text \(7\)"),
    ],
)
def test_a_line_against_the_guide_is_refused_with_file_line_and_key(
    tmp_path: Path, change: dict[str, object], key: str
) -> None:
    path = written(tmp_path, ROW, {**ROW, **change})
    with pytest.raises(ModelMistake, match=rf"one\.jsonl, line 2: {key}"):
        read_corpus([path])


def test_a_line_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    for text, said in (("{", "line 1: is not JSON"), ("\n[]", "line 2: is no object")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ModelMistake, match=rf"odd\.jsonl, {said}"):
            read_corpus([path])


def test_a_file_that_is_no_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, ROW)
    path.write_bytes(path.read_bytes() + b'{"body": "\xa320"}\n')
    with pytest.raises(ModelMistake, match=r"one\.jsonl, line 2: is not UTF-8"):
        read_corpus([path])


def test_a_line_separator_in_a_body_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(
        json.dumps({**ROW, "body": "one\u2028two"}, ensure_ascii=False) + "\r\n", encoding="utf-8"
    )
    assert read_corpus([path])[0].ask.text == "one\u2028two"


def test_a_missing_or_empty_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMistake, match="cannot be read"):
        read_corpus([tmp_path / "none.jsonl"])
    with pytest.raises(ModelMistake, match="no message"):
        read_corpus([written(tmp_path)])


def test_the_fingerprint_tells_any_change_and_no_order(tmp_path: Path) -> None:
    one = written(tmp_path, ROW)
    two = written(tmp_path, {**ROW, "id": "z-2"}, name="two.jsonl")
    assert fingerprint([one, two]) == fingerprint([two, one])
    before = fingerprint([one])
    written(tmp_path, {**ROW, "body": "any news."})
    assert fingerprint([one]) != before


def test_every_stage_has_its_family() -> None:
    assert set(FAMILIES) == set(Stage)


def test_another_matter_in_an_old_thread_is_read_as_one_that_stands_alone() -> None:
    aside = view(
        Ask("This isn't about the fence. A letter went to the wrong house.", "Re: fence", Stage.STAGE1_OPEN)
    )
    about = view(Ask("Any news on the fence?", "Re: fence", Stage.STAGE1_OPEN))
    assert aside.family == "nothing"
    assert about.family == "open"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("since 14 months ago", ["span3", "span6", "span12"]),
        ("it took seven months", ["span3", "span6"]),
        ("four months now", ["span3"]),
        ("two years later", ["span3", "span6", "span12"]),
        ("three weeks", []),
        ("0 months and 999 years", []),
    ],
)
def test_spans_of_time_are_read_as_ages(text: str, found: list[str]) -> None:
    assert ages(text) == found


def verdict(intent: Intent, chance: float, decided: bool = True, *flags: Flag) -> Verdict:
    return Verdict(
        intent if decided else Intent.UNSURE,
        (Reading(intent, chance),),
        flags=tuple(Raised(f) for f in flags),
    )


def small_report(tmp_path: Path) -> Report:
    rows = [
        {**ROW, "intent": "new_complaint", "reply_kind": None},
        {**ROW, "intent": "escalation_request", "reply_kind": None},
        {**ROW, "intent": "service_request", "reply_kind": None, "flags": ["urgent_hazard"]},
        ROW,
    ]
    said = [
        verdict(Intent.NEW_COMPLAINT, 1.0),
        verdict(Intent.REPLY, 0.5, False),  # wrong, but a person is asked
        verdict(Intent.SERVICE_REQUEST, 1.0),  # right, but the hazard isn't seen
        verdict(Intent.NEW_COMPLAINT, 1.0),  # wrong, and nobody is asked
    ]
    return report(read_corpus([written(tmp_path, *rows)]), said, 0.004)


def test_figures_are_what_they_say(tmp_path: Path) -> None:
    found = small_report(tmp_path)
    assert found.n == 4
    assert found.auto_share == 0.75
    assert found.auto_error == pytest.approx(1 / 3)
    assert found.guarded_recall == pytest.approx(2 / 3)
    assert found.intent["new_complaint"].precision == 0.5
    assert found.intent["new_complaint"].recall == 1.0
    assert found.flags["urgent_hazard"].recall == 0.0
    # Three at confidence 1 of which two are right, one at 0.5 that is wrong.
    assert found.ece == pytest.approx((3 * (1 / 3) + 1 * 0.5) / 4)
    assert found.ms_per_message == pytest.approx(1.0)


def test_a_report_is_json_with_the_agreed_keys(tmp_path: Path) -> None:
    told = json.loads(json.dumps(small_report(tmp_path).figures()))
    assert set(told["intent"]["reply"]) == {"precision", "recall", "f1", "n"}
    assert set(told) == {
        "n",
        "intent_macro_f1",
        "intent",
        "auto_share",
        "auto_error",
        "guarded_recall",
        "flags",
        "topics",
        "ece",
        "ms_per_message",
    }


def test_any_file_in_the_format_can_be_evaluated(tmp_path: Path, chain: Chain) -> None:
    assert evaluate([written(tmp_path, ROW)], chain).n == 1

"""`mailbot evaluate` and `mailbot train`: figures of any labelled file, and models from a landlord's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.corpus_reading import shipped_corpus

KEYS = {
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
MESSAGE = {
    "id": "x-1",
    "context": "none",
    "sender": "resident",
    "subject": "fob",
    "body": "Could I have another key fob please?",
    "intent": "service_request",
    "reply_kind": None,
    "topics": ["estate_management"],
    "flags": [],
}


def some(folder: Path, name: str, many: int, of: int = 0) -> Path:
    """The first messages of a shipped file, as a file of its own."""
    lines = shipped_corpus()[of].read_text("utf-8").splitlines()[:many]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_any_labelled_file_is_evaluated(mailbot, tmp_path):
    one, two = some(tmp_path, "one.jsonl", 12), some(tmp_path, "two.jsonl", 8, of=1)
    told = mailbot("evaluate", "--corpus", one, two, "--json").json
    assert set(told) == KEYS
    assert told["n"] == 20
    assert set(told["intent"]["new_complaint"]) == {"precision", "recall", "f1", "n"}
    assert "urgent_hazard" in told["flags"]
    assert "repairs" in told["topics"]
    plain = mailbot("evaluate", "--corpus", one, "--corpus", two)
    assert plain.code == 0
    for words in ("macro F1", "handed to a person", "guarded recall", "calibration error", "ms a message"):
        assert words in plain.out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"intent": "moan"}, "line 2: intent has 'moan': write one of new_complaint"),
        ({"topics": None}, "line 2: topics is no list"),
        ({"body": None}, "line 2: body is missing"),
    ],
)
def test_a_malformed_line_is_told_with_its_place(mailbot, tmp_path, change, said):
    path = tmp_path / "mail.jsonl"
    path.write_text(f"{json.dumps(MESSAGE)}\n{json.dumps({**MESSAGE, **change})}\n")
    asked = mailbot("evaluate", "--corpus", path)
    assert asked.code == 2
    assert f"{path}, {said}" in asked.err
    assert "Traceback" not in asked.err


def test_evaluating_nothing_asks_for_a_file(mailbot):
    said = mailbot("evaluate")
    assert said.code == 2
    assert "--corpus" in said.err


def test_a_model_from_own_files_can_be_evaluated_and_refused_if_spoilt(mailbot, tmp_path):
    one, out, page = some(tmp_path, "one.jsonl", 60), tmp_path / "own.npz", tmp_path / "page.html"
    trained = mailbot("train", "--corpus", one, "--out", out, "--report", page)
    assert trained.code == 0, trained.err
    assert "the model is ready" in trained.out
    assert mailbot("evaluate", "--corpus", one, "--model", out, "--json").json["n"] == 60
    html = page.read_text("utf-8")
    assert "<svg" in html
    assert "Rows: what it is" in html
    assert "urgent_hazard" in html
    out.write_bytes(out.read_bytes()[:-1])
    spoilt = mailbot("evaluate", "--corpus", one, "--model", out)
    assert spoilt.code == 2
    assert "altered" in spoilt.err


def test_training_says_what_it_needs(mailbot, tmp_path):
    one = some(tmp_path, "one.jsonl", 3)
    assert "--out" in mailbot("train", "--corpus", one).err
    assert ".npz" in mailbot("train", "--out", tmp_path / "model.bin").err
    assert "--config" in mailbot("train", "--decisions").err


def test_learning_from_decisions_needs_some(mailbot, office):
    said = mailbot("train", "--decisions", "--config", office.config)
    assert said.code == 2
    assert "#sort" in said.err

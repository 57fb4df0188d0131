"""Learning from a landlord's people: what is refused, what is kept, what a model remembers of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.chain import PRECISION, PRICE, Caution, Chain, generous
from classifiers.corpus_reading import Labelled, labels_of, read_corpus, shipped_corpus
from classifiers.evaluation import Report, report
from classifiers.features import Ask
from classifiers.model import INTENTS, mail_weights
from classifiers.relearning import guarded, keep_previous, relearn
from classifiers.reporting import page
from classifiers.training import notes_beside, notes_of, train
from mailbot.casework.vocabulary import Intent, Stage

UNCLEAR = Ask("Is it usual to wait nine weeks for a lightbulb? I am only curious.", "Light", Stage.NONE)


def decided(number: int, intent: Intent = Intent.NEW_COMPLAINT) -> Labelled:
    text = f"{UNCLEAR.text} I rang {number} times."
    return Labelled(f"m{number}", "decisions", replace(UNCLEAR, text=text), intent, None, (), (), weight=3.0)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """A corpus of two writers, 40 messages each."""
    folder = tmp_path_factory.mktemp("few")
    made = []
    for path in shipped_corpus()[1:3]:
        lines = path.read_text("utf-8").splitlines()[:40]
        part = folder / path.name
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        made.append(part)
    return tuple(made)


@pytest.fixture(scope="module")
def in_use(few: tuple[Path, ...], tmp_path_factory: pytest.TempPathFactory) -> tuple[Chain, Path]:
    path = tmp_path_factory.mktemp("in-use") / "own.npz"
    return train(few, path), path


def test_a_model_that_guards_no_worse_is_installed_and_the_old_one_kept(
    few: tuple[Path, ...], in_use: tuple[Chain, Path], tmp_path: Path
) -> None:
    out = tmp_path / "own.npz"
    for path in (in_use[1], notes_beside(in_use[1])):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    _with_figures(out, 0.0)
    done = relearn(few, [decided(n) for n in range(5)], out, in_use[0], out)
    assert done.installed
    assert done.previous == tmp_path / "own-previous.npz"
    assert notes_of(done.previous)["version"] == in_use[0].version
    notes = notes_of(out)
    assert notes["version"] == done.version != in_use[0].version
    assert notes["decisions"] == [f"m{n}" for n in range(5)]
    assert set(notes["figures"]) == set(guarded(done.corpus))


def test_a_model_that_guards_worse_is_not_installed(
    few: tuple[Path, ...], in_use: tuple[Chain, Path], tmp_path: Path
) -> None:
    out = tmp_path / "own.npz"
    for path in (in_use[1], notes_beside(in_use[1])):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    _with_figures(out, 1.01)  # no model can reach it
    before = out.read_bytes()
    done = relearn(few, [decided(n) for n in range(5)], out, in_use[0], out)
    assert not done.installed
    assert set(done.worse) >= {"guarded recall", "recall of urgent_hazard", "recall of safeguarding"}
    assert out.read_bytes() == before
    assert done.previous is None


def _with_figures(out: Path, value: float) -> None:
    names = ("guarded recall", "recall of urgent_hazard", "recall of safeguarding")
    notes = {**notes_of(out), "figures": dict.fromkeys(names, value)}
    notes_beside(out).write_text(json.dumps(notes), encoding="utf-8")


def test_nothing_is_kept_where_nothing_was(tmp_path: Path) -> None:
    assert keep_previous(tmp_path / "none.npz") is None


def test_a_decided_mail_weighs_more(few: tuple[Path, ...]) -> None:
    corpus: Sequence[Labelled] = (*read_corpus(few), decided(1), replace(decided(2), weight=1.0))
    weights = mail_weights(labels_of(corpus))
    assert weights[-2] == pytest.approx(3 * weights[-1])


def test_costs_and_thresholds_of_the_landlord_ask_more_often(chain: Chain) -> None:
    plain = Ask("Hi, could I have a new key fob for the front door please? Flat 22.", "Key fob", Stage.NONE)
    assert chain.read(plain).intent is Intent.SERVICE_REQUEST
    anything = dict.fromkeys(INTENTS, 1e9)
    dear = replace(chain, caution=Caution(costs=anything)).read(plain)
    assert dear.intent is Intent.UNSURE
    assert len(dear.readings) >= 2
    assert all(reading.reasons for reading in dear.readings[:1])
    sure = replace(chain, caution=Caution(sure={Intent.SERVICE_REQUEST: 1.0})).read(plain)
    assert sure.intent is Intent.UNSURE
    assert "sure" in sure.reasons[0]
    assert replace(chain, caution=Caution(sure={Intent.REPLY: 1.0})).read(plain).intent is not Intent.UNSURE


def test_prices_are_raised_for_what_is_missed() -> None:
    raised = Caution(costs={Intent.ESCALATION_REQUEST: 2.0}).prices()
    column = INTENTS.index(Intent.ESCALATION_REQUEST)
    assert (raised[:, column] == 2 * PRICE[:, column]).all()
    others = [c for c in range(len(INTENTS)) if c != column]
    assert (raised[:, others] == PRICE[:, others]).all()


def test_the_page_tells_figures_and_draws_them(few: tuple[Path, ...], in_use: tuple[Chain, Path]) -> None:
    corpus = read_corpus(few)
    figures: Report = report(corpus, in_use[0].read_many([m.ask for m in corpus]), 0.1)
    html = page(figures, "A <model>", "about & more")
    assert "A &lt;model&gt;" in html
    assert "about &amp; more" in html
    assert html.count("<rect") == len(figures.reliability)
    assert all(f">{intent.value}<" in html for intent in INTENTS)


def test_limits_of_dangers_find_all_they_can_while_half_of_what_rings_is_right() -> None:
    """Four dangers are sure, one is told in words that the model hardly knows; ringing for it costs two false alarms,
    which is borne; ringing for everything would not be."""
    chance = np.array([0.9, 0.8, 0.9, 0.7, 0.13, 0.15, 0.14, 0.11, 0.09, *[0.07] * 40])
    right = np.array([True, True, True, True, True, *[False] * 44])
    none = np.zeros(len(chance), dtype=bool)
    broad = none.copy()
    broad[7] = True
    doubt, hint, alone = generous(chance, right, none, broad, none)
    assert alone <= 0.12
    rung = (broad & (chance >= doubt)) | (chance >= alone)
    assert rung[:5].all()
    assert right[rung].mean() >= PRECISION
    assert 0 < hint < 1

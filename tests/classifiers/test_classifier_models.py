"""Training, keeping and refusing models."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from classifiers import Chain, ModelMistake, ensure, load, train
from classifiers.corpus_reading import fingerprint, read_corpus, shipped_corpus
from classifiers.training import default_cache, notes_beside, save

SMALL = 60  # messages of each of two writers: enough for a model, quick to train


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("small")
    made = []
    for path in shipped_corpus()[:2]:
        part = folder / path.name
        part.write_text(
            "\n".join(path.read_text(encoding="utf-8").splitlines()[:SMALL]) + "\n", encoding="utf-8"
        )
        made.append(part)
    return tuple(made)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_corpus: tuple[Path, ...]) -> Path:
    path = tmp_path_factory.mktemp("trained") / "model.npz"
    train(small_corpus, path)
    return path


@pytest.fixture
def kept(tmp_path: Path, trained: Path) -> Path:
    """A model file that a test may spoil."""
    for path in (trained, notes_beside(trained)):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / trained.name


def test_two_trainings_give_identical_probabilities(
    tmp_path: Path, trained: Path, small_corpus: tuple[Path, ...]
) -> None:
    """And a model says the same after it was kept: one is loaded, the other fresh."""
    kept_one, fresh = load(trained, fingerprint(small_corpus)), train(small_corpus, tmp_path / "two.npz")
    asks = [m.ask for m in read_corpus(small_corpus)]
    assert kept_one.read_many(asks) == fresh.read_many(asks)
    assert kept_one.limits == fresh.limits
    assert kept_one.version == fresh.version


def test_the_notes_say_what_a_model_was_made_of(kept: Path, small_corpus: tuple[Path, ...]) -> None:
    import sklearn

    notes = json.loads(notes_beside(kept).read_text(encoding="utf-8"))
    assert notes["corpus"] == fingerprint(small_corpus)
    assert notes["scikit_learn"] == sklearn.__version__
    assert notes["version"] == load(kept).version
    assert len(notes["labels"]["flags"]) == 27
    assert 0 <= notes["limits"]["ask"] <= 3


def test_an_altered_model_file_is_refused(kept: Path) -> None:
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 0xFF
    kept.write_bytes(bytes(content))
    with pytest.raises(ModelMistake, match=r"altered.*mailbot train"):
        load(kept)


class Stranger:
    """Something that no model of ours holds; reading it back would run its code."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("the model's own code was run",))


def test_a_model_file_that_would_run_code_is_refused_and_runs_none(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(kept, **{"words.words": np.array([Stranger()], dtype=object)})
    beside = notes_beside(kept)
    notes = json.loads(beside.read_text(encoding="utf-8"))
    notes["sha256"] = hashlib.sha256(kept.read_bytes()).hexdigest()
    beside.write_text(json.dumps(notes), encoding="utf-8")
    with pytest.raises(ModelMistake, match=r"the model file is damaged .*allow_pickle"):
        load(kept)
    assert "own code" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("scikit_learn", "0.1", r"another version of scikit-learn \(0\.1, here"),
        ("code", "old", "another version of mailbot's classifiers"),
        ("labels", {}, "other labels"),
        ("format", 0, "another file format"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(kept: Path, key: str, value: object, said: str) -> None:
    beside = notes_beside(kept)
    notes = json.loads(beside.read_text(encoding="utf-8"))
    beside.write_text(json.dumps({**notes, key: value}), encoding="utf-8")
    with pytest.raises(ModelMistake, match=said):
        load(kept)


def test_a_model_of_other_mail_is_refused_where_the_mail_is_known(kept: Path) -> None:
    with pytest.raises(ModelMistake, match="other mail"):
        load(kept, fingerprint(shipped_corpus()))


def test_a_model_that_is_not_there_is_refused_with_what_to_do(tmp_path: Path, kept: Path) -> None:
    with pytest.raises(ModelMistake, match="mailbot train"):
        load(tmp_path / "nowhere.npz")
    notes_beside(kept).write_text("not json", encoding="utf-8")
    with pytest.raises(ModelMistake, match="not JSON"):
        load(kept)


def test_notes_without_limits_are_refused(kept: Path) -> None:
    beside = notes_beside(kept)
    notes = json.loads(beside.read_text(encoding="utf-8"))
    del notes["limits"]["flags"]["urgent_hazard"]
    beside.write_text(json.dumps(notes), encoding="utf-8")
    with pytest.raises(ModelMistake, match="limit is missing"):
        load(kept)


def test_a_missing_model_is_trained_once_and_a_damaged_one_anew(
    tmp_path: Path, small_corpus: tuple[Path, ...]
) -> None:
    first = ensure(tmp_path, small_corpus)
    (made,) = tmp_path.glob("model-*/model.npz")
    when = made.stat().st_mtime_ns
    assert ensure(tmp_path, small_corpus).version == first.version
    assert made.stat().st_mtime_ns == when
    made.write_bytes(b"half a file")
    ensure(tmp_path, small_corpus)
    assert load(made, fingerprint(small_corpus)).version == first.version
    assert not list(tmp_path.glob("making-*"))


def test_other_mail_gets_another_model_beside_the_first(
    tmp_path: Path, kept: Path, small_corpus: tuple[Path, ...]
) -> None:
    first = load(kept, fingerprint(small_corpus))
    cached = tmp_path / "cache" / f"model-{first.version}"
    shutil.copytree(kept.parent, cached, ignore=shutil.ignore_patterns("cache"))
    other = ensure(tmp_path / "cache", small_corpus[:1])
    assert ensure(tmp_path / "cache", small_corpus).version == first.version != other.version
    assert len(list((tmp_path / "cache").glob("model-*/model.npz"))) == 2


def test_a_training_that_fails_says_why(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.jsonl"
    spoilt.write_text('{"body": "no labels"}\n', encoding="utf-8")
    with pytest.raises(ModelMistake, match=r"spoilt\.jsonl, line 1: subject"):
        ensure(tmp_path / "cache", [spoilt])


def test_several_at_once_end_up_with_one_whole_model(tmp_path: Path, small_corpus: tuple[Path, ...]) -> None:
    found: list[Chain] = []
    workers = [
        threading.Thread(target=lambda: found.append(ensure(tmp_path, small_corpus))) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 3
    assert len({c.version for c in found}) == 1
    assert len(list(tmp_path.glob("model-*/model.npz"))) == 1


def test_a_cache_that_cannot_be_written_says_what_to_set(
    tmp_path: Path, small_corpus: tuple[Path, ...]
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(ModelMistake, match="MAILBOT_CACHE"):
        ensure(tmp_path / "file", small_corpus)


def test_saving_leaves_nothing_half_written(kept: Path) -> None:
    save(load(kept), kept, json.loads(notes_beside(kept).read_text(encoding="utf-8")))
    assert sorted(p.name for p in kept.parent.iterdir()) == ["model.json", "model.npz"]
    load(kept)


def test_the_cache_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAILBOT_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
    monkeypatch.delenv("MAILBOT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "mailbot"


def test_a_daemon_that_only_reads_carries_no_scipy_and_no_scikit_learn(kept: Path) -> None:
    """They take a hundred megabytes and a second; only training needs them."""
    code = (
        "import pathlib, sys; import classifiers as c; from mailbot.casework.vocabulary import Stage; "
        "said = c.load(pathlib.Path(sys.argv[1])).read(c.Ask('The heating is off.', 'Heating', Stage.NONE)); "
        "print(len(said.readings) > 0, {'scipy', 'sklearn', 'skops', 'joblib'} & set(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", code, str(kept)], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "True set()"

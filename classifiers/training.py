"""Making a model, keeping it, and refusing one that doesn't fit.

A model is built from labelled mail by a command, never shipped: the wheel carries the corpus, and `ensure`
trains on first use and caches the result. Training has no randomness that matters, and the seed is fixed for
what has: two trainings on the same files give the same probabilities.

On disk: a file of plain arrays (.npz, read without pickles: loading runs no code of the file's choosing) and a
JSON file beside it that says what it was made of. Loading checks both against this installation.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from classifiers.chain import Chain, Limits, choose_limits
from classifiers.corpus_reading import (
    Labelled,
    fingerprint,
    judging,
    labels_of,
    read_corpus,
    shipped_corpus,
    truth_of,
    writers_of,
)
from classifiers.grams import Grams
from classifiers.mistakes import ModelMistake
from classifiers.model import (
    FLAGS,
    INTENTS,
    KINDS,
    RECIPES,
    TOPICS,
    Calibration,
    Model,
    Read,
    fit,
    read,
)
from mailbot.casework.vocabulary import Flag, Topic

SEED = 20
FORMAT = 3  # of the two files; raise it when their contents change
_CODE = (
    "concepts.py",
    "cues.py",
    "explaining.py",
    "features.py",
    "grams.py",
    "model.py",
    "phrasebook.py",
    "sentinels.py",
    "watchwords.py",
    "words.py",
    "chain.py",
)
_ARRAYS = ("intent_weights", "intent_offsets", "kind_weights", "kind_offsets", "slopes", "offsets")


def build(corpus: Sequence[Labelled], seed: int, version: str, reads: Sequence[Read] | None = None) -> Chain:
    """Train on `corpus`, in memory (`reads`: its mail as read already). Calibration and limits come from scores of
    held-back writers."""
    known = [read(m.ask) for m in corpus] if reads is None else list(reads)
    judging_rows = judging(corpus)
    model, held = fit(known, labels_of(corpus), writers_of(corpus), judging_rows, seed)
    judges = np.flatnonzero(judging_rows)
    limits = choose_limits(
        model.calibration.chances(held.of(judges)),
        [known[row] for row in judges],
        truth_of([m for m, judges_here in zip(corpus, judging_rows, strict=True) if judges_here]),
    )
    return Chain(model, limits, version)


def train(
    corpus_paths: Sequence[Path],
    out: Path,
    seed: int = SEED,
    decisions: Sequence[Labelled] = (),
    figures: Mapping[str, float] | None = None,
) -> Chain:
    """Train on `corpus_paths`, and on what a landlord's people decided, and write the model to `out` (an .npz
    file; its JSON lies beside it, with `figures` and the decided mails that it has learnt from).

    Both files are written under other names first: whoever reads `out` meanwhile finds the old model or the new.
    """
    learnt = {m.identity: m.intent.value for m in decisions}
    corpus = fingerprint(corpus_paths)
    if learnt:
        said = json.dumps(learnt, sort_keys=True).encode()
        corpus = hashlib.sha256(corpus.encode() + said).hexdigest()
    made_of = _made_of(corpus, seed)
    chain = build((*read_corpus(corpus_paths), *decisions), seed, made_of["version"])
    save(chain, out, {**made_of, "decisions": sorted(learnt), "figures": dict(figures or {})})
    return chain


def save(chain: Chain, out: Path, made_of: dict[str, Any]) -> None:
    """Write `chain` to `out` and the JSON beside it."""
    model = chain.model
    content: dict[str, NDArray[Any]] = {"shared": model.shared, "crossed": model.crossed}
    for name, grams in model.grams.items():
        content |= {
            f"{name}.words": _as_array(grams.words),
            f"{name}.keys": grams.keys,
            f"{name}.rarity": grams.rarity,
        }
    content |= {name: getattr(model.calibration, name) for name in _ARRAYS}
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".model-", suffix=".npz")
    os.close(handle)
    temporary = Path(name)
    try:
        np.savez(temporary, allow_pickle=False, **content)
        notes = {
            **made_of,
            "sha256": hashlib.sha256(temporary.read_bytes()).hexdigest(),
            "limits": {
                "ask": chain.limits.ask,
                "hint": {f.value: limit for f, limit in chain.limits.hint.items()},
                "doubt": {f.value: limit for f, limit in chain.limits.doubt.items()},
                "flags": {f.value: limit for f, limit in chain.limits.flags.items()},
                "topics": {t.value: limit for t, limit in chain.limits.topics.items()},
            },
        }
        beside = temporary.with_suffix(".json")
        beside.write_text(json.dumps(notes, indent=2), encoding="utf-8")
        temporary.replace(out)
        beside.replace(notes_beside(out))
    finally:
        temporary.unlink(missing_ok=True)
        temporary.with_suffix(".json").unlink(missing_ok=True)


def notes_beside(path: Path) -> Path:
    return path.with_suffix(".json")


def load(path: Path, corpus_fingerprint: str = "") -> Chain:
    """The chain with the model at `path`.

    Raises ModelMistake, saying what to do, when a file is missing or altered, when it was made by another
    version of scikit-learn or of this package, for other labels, or (if `corpus_fingerprint` is given) from
    other mail.
    """
    notes = notes_of(path)
    mend = f"train it anew (mailbot train --out {path})"
    expected = _made_of(corpus_fingerprint or str(notes.get("corpus", "")), int(notes.get("seed", SEED)))
    for key, what in (
        ("format", "another file format"),
        ("scikit_learn", "another version of scikit-learn"),
        ("code", "another version of mailbot's classifiers"),
        ("labels", "other labels"),
        ("corpus", "other mail"),
    ):
        if notes.get(key) != expected[key]:
            said = f" ({notes.get(key)}, here {expected[key]})" if key in ("format", "scikit_learn") else ""
            raise ModelMistake(f"{path}: the model was made with {what}{said}; {mend}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelMistake(f"{path}: no model can be read here ({error.strerror}); {mend}") from error
    if hashlib.sha256(content).hexdigest() != notes.get("sha256"):
        raise ModelMistake(f"{path}: the model file was altered since it was trained; {mend}")
    return Chain(_unpack(content, path, mend), _limits(notes, path, mend), str(notes["version"]))


def notes_of(path: Path) -> dict[str, Any]:
    """What the JSON beside a model says of it."""
    beside = notes_beside(path)
    mend = f"train it anew (mailbot train --out {path})"
    try:
        notes = json.loads(beside.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelMistake(
            f"{beside}: the model's notes cannot be read ({error.strerror}); {mend}"
        ) from error
    except ValueError as error:
        raise ModelMistake(f"{beside}: the model's notes are not JSON ({error}); {mend}") from error
    if not isinstance(notes, dict):
        raise ModelMistake(f"{beside}: the model's notes are not an object; {mend}")
    return notes


def _unpack(content: bytes, path: Path, mend: str) -> Model:
    try:
        with np.load(BytesIO(content), allow_pickle=False) as held:
            return Model(
                {
                    name: Grams(
                        recipe, _as_words(held[f"{name}.words"]), held[f"{name}.keys"], held[f"{name}.rarity"]
                    )
                    for name, recipe in RECIPES.items()
                },
                held["shared"],
                held["crossed"],
                Calibration(*(held[name] for name in _ARRAYS)),
            )
    except (
        BadZipFile,
        zlib.error,
        KeyError,
        TypeError,
        ValueError,
        EOFError,
        RuntimeError,
        OSError,
    ) as error:
        raise ModelMistake(f"{path}: the model file is damaged ({error}); {mend}") from error


def _as_array(words: Sequence[str]) -> NDArray[np.uint8]:
    """Words as bytes, one a line: an array of strings would take the longest one's room for each."""
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def _as_words(array: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(array.tobytes().decode().split("\n")) if len(array) else ()


def _limits(notes: dict[str, Any], path: Path, mend: str) -> Limits:
    try:
        limits = notes["limits"]
        return Limits(
            float(limits["ask"]),
            {flag: float(limits["hint"][flag.value]) for flag in Flag},
            {flag: float(limits["doubt"][flag.value]) for flag in Flag},
            {flag: float(limits["flags"][flag.value]) for flag in Flag},
            {topic: float(limits["topics"][topic.value]) for topic in Topic},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelMistake(
            f"{notes_beside(path)}: a limit is missing or no number ({error}); {mend}"
        ) from error


def _made_of(corpus: str, seed: int) -> dict[str, Any]:
    """What a model trained here and now is made of."""
    labels = {
        "intents": [i.value for i in INTENTS],
        "kinds": [k.value for k in KINDS],
        "topics": [t.value for t in TOPICS],
        "flags": [f.value for f in FLAGS],
    }
    made = {
        "format": FORMAT,
        "corpus": corpus,
        "code": _code_version(),
        "scikit_learn": metadata.version("scikit-learn"),
        "labels": labels,
        "seed": seed,
    }
    made["version"] = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:12]
    return made


def _code_version() -> str:
    """A digest of the sources that features and decisions come from: another reading needs another model."""
    digest = hashlib.sha256()
    for name in _CODE:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:12]


# ------------------------------------------------------------------ the cache


def default_cache() -> Path:
    """$MAILBOT_CACHE, else mailbot/ in $XDG_CACHE_HOME, else ~/.cache/mailbot."""
    if named := os.environ.get("MAILBOT_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mailbot"


def shipped_version() -> str:
    """The version of the model that this installation trains from its own corpus; nothing is trained for the answer."""
    return str(_made_of(fingerprint(shipped_corpus()), SEED)["version"])


def ensure(cache_dir: Path | None = None, corpus_paths: Sequence[Path] = ()) -> Chain:
    """The chain for the shipped corpus (or `corpus_paths`): loaded from the cache, trained there when missing.

    Safe for several processes at once: one trains while the others wait, and a model appears under its name
    only when it is whole. A cached model that is damaged is replaced.
    """
    folder = default_cache() if cache_dir is None else cache_dir
    paths = tuple(corpus_paths) or shipped_corpus()
    corpus = fingerprint(paths)
    version = _made_of(corpus, SEED)["version"]
    path = folder / f"model-{version}" / "model.npz"
    if path.exists():
        with contextlib.suppress(ModelMistake):  # damaged: made anew below
            return load(path, corpus)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder / f"model-{version}.lock"):
            if path.exists():
                try:
                    return load(path, corpus)
                except ModelMistake:
                    shutil.rmtree(path.parent, ignore_errors=True)
            making = Path(tempfile.mkdtemp(dir=folder, prefix="making-"))
            try:
                _train_apart(paths, making / "model.npz")
                with contextlib.suppress(FileExistsError):
                    making.rename(path.parent)
            finally:
                shutil.rmtree(making, ignore_errors=True)
            return load(path, corpus)
    except OSError as error:
        raise ModelMistake(
            f"{folder}: the model cannot be kept here ({error.strerror}); "
            "set MAILBOT_CACHE to a folder that can be written"
        ) from error


def _train_apart(corpus_paths: Sequence[Path], out: Path) -> None:
    """Train in a process of its own: what training takes (some 300 MB) would stay with a daemon for good."""
    order = {"paths": [str(p.absolute()) for p in corpus_paths], "out": str(out.absolute())}
    code = (
        "import json, sys; from pathlib import Path; from classifiers.training import train; "
        "order = json.load(sys.stdin); train([Path(p) for p in order['paths']], Path(order['out']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(order),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ModelMistake(f"training a model failed ({last}); run mailbot train to see all of it")


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold `lock` while training, where the system has such locks: two trainings at once only waste time."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield

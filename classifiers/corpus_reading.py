"""Labelled mail from files in the format of classifiers/corpus/LABELS.md (JSON Lines, one message a line)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TypeVar

import numpy as np

from classifiers.chain import Truth
from classifiers.features import SENDERS, Ask
from classifiers.mistakes import ModelMistake
from classifiers.model import FLAGS, INTENTS, KINDS, TOPICS, Bools, Floats, Integers, Labels
from mailbot.casework.vocabulary import Flag, Intent, ReplyKind, Stage, Topic

_Label = TypeVar("_Label")
_CONTEXTS = {s.value: s for s in Stage if s is not Stage.UNSORTED}


@dataclass(frozen=True)
class Labelled:
    """One labelled message. `writer` is the name of its file: one person wrote each. It counts `weight` times in
    training."""

    identity: str
    writer: str
    ask: Ask
    intent: Intent
    reply_kind: ReplyKind | None
    topics: tuple[Topic, ...]
    flags: tuple[Flag, ...]
    weight: float = 1.0


PRIMER = "primer"
"""The corpus file that is in every training and judges none (no fold, no calibration, no limit): mails written for
turns of phrase and borders that the others lack, by the people who also wrote the cues."""


def shipped_corpus() -> tuple[Path, ...]:
    """The corpus files that lie in this package, in the order of their names; the primer is one of them."""
    folder = Path(str(resources.files("classifiers") / "corpus"))
    paths = tuple(sorted(folder.glob("*.jsonl")))
    if not paths:
        raise ModelMistake(f"no corpus in {folder}: reinstall mailbot, its wheel carries the corpus")
    return paths


def with_primer(paths: Iterable[Path]) -> tuple[Path, ...]:
    """`paths` and the shipped primer, each once."""
    named = tuple(dict.fromkeys(paths))
    primer = next((p for p in shipped_corpus() if p.stem == PRIMER), None)
    return named if primer is None or any(p.stem == PRIMER for p in named) else (*named, primer)


def judging(corpus: Sequence[Labelled]) -> Bools:
    """Which messages calibration and limits are fitted on: all but the primer's, or all where nothing else is."""
    own = np.array([m.writer != PRIMER for m in corpus])
    return own if own.any() else ~own


def read_corpus(paths: Iterable[Path]) -> tuple[Labelled, ...]:
    """All messages of `paths`. A line that doesn't follow LABELS.md is refused with its file, line and key."""
    found: list[Labelled] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise ModelMistake(f"{path}: cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            number = error.object[: error.start].count(b"\n") + 1
            raise ModelMistake(f"{path}, line {number}: is not UTF-8: save the file as UTF-8") from error
        for number, line in enumerate(text.split("\n"), 1):  # not at U+2028, which a body may hold
            if line.strip():
                found.append(_labelled(line, path, number))
    if not found:
        raise ModelMistake("the corpus has no message: name at least one file in the format of LABELS.md")
    return tuple(found)


def _labelled(line: str, path: Path, number: int) -> Labelled:
    where = f"{path}, line {number}"
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ModelMistake(f"{where}: is not JSON ({error})") from error
    if not isinstance(row, dict):
        raise ModelMistake(f"{where}: is no object, but one message a line is")

    def text(key: str) -> str:
        if not isinstance(row.get(key), str):
            problem = "is missing" if row.get(key) is None else f"is no text ({row[key]!r})"
            raise ModelMistake(f"{where}: {key} {problem}")
        return str(row[key])

    def one_of(key: str, allowed: Mapping[str, _Label], value: object) -> _Label:
        if not isinstance(value, str) or value not in allowed:
            problem = "is missing" if value is None else f"has {value!r}"
            raise ModelMistake(f"{where}: {key} {problem}: write one of {', '.join(allowed)}")
        return allowed[value]

    def several(key: str, allowed: Mapping[str, _Label]) -> tuple[_Label, ...]:
        if not isinstance(row.get(key), list):
            raise ModelMistake(f"{where}: {key} {'is no list' if key in row else 'is missing'}")
        return tuple(one_of(key, allowed, value) for value in row[key])

    ask = Ask(
        text("body"),
        text("subject"),
        one_of("context", _CONTEXTS, row.get("context")),
        one_of("sender", {name: name for name in SENDERS}, row.get("sender")),
    )
    intent = one_of("intent", {i.value: i for i in INTENTS}, row.get("intent"))
    kind = row.get("reply_kind")
    if kind is not None and intent is not Intent.REPLY:
        raise ModelMistake(f"{where}: reply_kind {kind!r} belongs to a reply, but intent is {intent.value}")
    return Labelled(
        str(row.get("id", number)),
        path.stem,
        ask,
        intent,
        None if kind is None else one_of("reply_kind", {k.value: k for k in ReplyKind}, kind),
        several("topics", {t.value: t for t in Topic}),
        several("flags", {f.value: f for f in Flag}),
    )


def fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over the corpus files' names and bytes, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.name):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def labels_of(corpus: Sequence[Labelled]) -> Labels:
    return Labels(
        _signs([[m.intent is i for i in INTENTS] for m in corpus]),
        _signs([[m.reply_kind is k for k in KINDS] for m in corpus]),
        _signs([[t in m.topics for t in TOPICS] for m in corpus]),
        _signs([[f in m.flags for f in FLAGS] for m in corpus]),
        np.array([m.weight for m in corpus], dtype=np.float64),
    )


def truth_of(corpus: Sequence[Labelled]) -> Truth:
    labels = labels_of(corpus)
    return Truth(labels.intents.argmax(axis=1), labels.topics > 0, labels.flags > 0)


def writers_of(corpus: Sequence[Labelled]) -> Integers:
    """Each message's writer as a number. Where one writer alone could judge, ten interleaved parts of their mail
    stand in for writers: better than nothing, but such a model thinks better of itself than it is."""
    names = [m.writer for m in corpus]
    judges = judging(corpus)
    if len({name for name, judge in zip(names, judges, strict=True) if judge}) == 1:
        names = [f"{name} {row % 10}" if judges[row] else name for row, name in enumerate(names)]
    known = sorted(set(names))
    return np.array([known.index(name) for name in names], dtype=np.int64)


def _signs(rows: list[list[bool]]) -> Floats:
    return np.where(np.array(rows, dtype=bool), 1.0, -1.0)

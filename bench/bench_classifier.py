"""How good the classifier is on mail by writers that it has not learnt from: train on all corpus files but one,
read that one, once for each file; the verdicts pooled. About two minutes.

    python bench/bench_classifier.py [--json] [--without VIEW…] [--without-primer] [--worst N] [--html FILE]
    python bench/bench_classifier.py --rivals        other models on the same folds, half an hour
    python bench/bench_classifier.py --parts         what each part is worth: one fit each, held-back scores
                                                     from its inverse, one vocabulary for all writers

VIEW is words, letters, subject, edges, standing, cues, concepts or pairs; or stage, sender: weighed anew by it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score, log_loss

from classifiers import model
from classifiers.corpus_reading import (
    PRIMER,
    Labelled,
    judging,
    labels_of,
    read_corpus,
    shipped_corpus,
    writers_of,
)
from classifiers.evaluation import Held, hold_back
from classifiers.reporting import page
from classifiers.training import SEED
from mailbot.casework.vocabulary import Intent


def leave_out(view: str) -> None:
    """Take a view, or a kind of group, out of the model: for this process."""
    if view in ("stage", "sender"):
        setattr(model, f"BY_{view.upper()}", 0.0)
        return
    for weights in (model.WANTED, model.CROSSED, model.ABOUT):
        if view in weights:
            weights[view] = 0.0  # type: ignore[index]


def tell_parts(corpus: tuple[Labelled, ...]) -> None:
    """Figures with one part left out at a time."""
    reads = {m.identity: model.read(m.ask) for m in corpus}
    ways: dict[str, tuple[str, ...]] = {
        "as it is": (),
        "without concepts and their pairs": ("concepts", "pairs"),
        "without cues": ("cues",),
        "without all three: no knowledge of housing": ("concepts", "pairs", "cues"),
        "without words": ("words",),
        "without letters": ("letters",),
        "without edges": ("edges",),
        "without the subject": ("subject",),
        "without weighing anew by stage": ("stage",),
        "without weighing anew by sender": ("sender",),
    }
    kept = [dict(w) for w in (model.WANTED, model.CROSSED)], model.BY_STAGE, model.BY_SENDER
    print(f"{'':<46} macro F1  log loss  decided at 3% wrong")
    for name, views in ways.items():
        for view in views:
            leave_out(view)
        print(f"{name:<46} {quick_figures(corpus, reads)}", flush=True)
        for weights, before in zip((model.WANTED, model.CROSSED), kept[0], strict=True):
            weights.update(before)  # type: ignore[attr-defined]
        model.BY_STAGE, model.BY_SENDER = kept[1:]
    own = tuple(m for m in corpus if m.writer != PRIMER)
    print(f"{'without the primer':<46} {quick_figures(own, reads)}")


def quick_figures(corpus: tuple[Labelled, ...], reads: dict[str, model.Read]) -> str:
    labels, writers, judges = labels_of(corpus), writers_of(corpus), judging(corpus)
    _, held = model.fit([reads[m.identity] for m in corpus], labels, writers, judges, SEED)
    right = labels.intents.argmax(axis=1)
    chances = np.zeros_like(labels.intents)
    for writer in np.unique(writers[judges]):
        others, here = np.flatnonzero(judges & (writers != writer)), np.flatnonzero(writers == writer)
        fitted = model.calibrate(held.of(others), labels.of(others), SEED)
        chances[here] = fitted.chances(held.of(here)).intents
    return figures_of(chances[judges], right[judges])


def figures_of(chances: model.Floats, right: model.Integers) -> str:
    """Macro F1, log loss, and the share that can be decided at three in a hundred wrong."""
    likeliest = chances.argmax(axis=1)
    order = np.argsort(-chances.max(axis=1))
    wrong = np.cumsum((likeliest != right)[order]) / np.arange(1, len(right) + 1)
    share = (np.flatnonzero(wrong <= 0.03).max(initial=-1) + 1) / len(right)
    loss = log_loss(right, np.clip(chances, 1e-9, 1), labels=list(range(chances.shape[1])))
    return f"{f1_score(right, likeliest, average='macro'):.3f}     {loss:.3f}     {share:.1%}"


def main(options: argparse.Namespace) -> None:
    begun = time.perf_counter()
    for view in options.without:
        leave_out(view)
    paths = [p for p in shipped_corpus() if not (options.without_primer and p.stem == PRIMER)]
    corpus = read_corpus(paths)
    if options.rivals:
        from classifier_rivals import compare

        compare(corpus, figures_of)
        return
    if options.parts:
        tell_parts(corpus)
        return
    writers = sorted({m.writer for m in corpus} - {PRIMER})
    report, read = hold_back(corpus, writers)
    if options.html:
        options.html.write_text(
            page(report, "The classifier", "Each file was read by a model of the others.")
        )
    if options.json:
        print(report.to_json())
        return
    print(f"{report.n} messages of {len(report.by_file)} writers, {time.perf_counter() - begun:.0f} s")
    print(f"  macro F1 of the intent            {report.intent_macro_f1:.3f}")
    for name, score in report.intent.items():
        print(
            f"    {name:<20} F1 {score.f1:.3f}  precision {score.precision:.3f}  recall {score.recall:.3f}  n {score.n}"
        )
    print(f"  decided without a person          {report.auto_share:.1%}")
    print(f"  wrong among those                 {report.auto_error:.1%}")
    print(f"  guarded recall                    {report.guarded_recall:.1%}")
    print(f"  expected calibration error        {report.ece:.3f}")
    print(f"  kind of reply right               {report.reply_kind_accuracy:.1%}")
    for name in (
        "urgent_hazard",
        "safeguarding",
        "legal_action",
        "ombudsman",
        "representative",
        "vulnerability",
    ):
        score = report.flags[name]
        print(f"    {name:<20} precision {score.precision:.2f}  recall {score.recall:.2f}  n {score.n}")
    print(
        f"  best and worst writer             {max(report.by_file.values()):.3f}, {min(report.by_file.values()):.3f}"
    )
    print(f"  processor's time, in batches       {report.ms_per_message:.1f} ms a message")
    tell_worst(read, options.worst)


def tell_worst(read: Held, many: int) -> None:
    """The surest mistakes, to be read."""
    wrong = [(v.confidence, m, v) for m, v in read if v.readings[0].intent is not m.intent]
    for sure, mail, verdict in sorted(wrong, key=lambda w: -w[0])[:many]:
        asked = "asked" if verdict.intent is Intent.UNSURE else "decided"
        print(
            f"{mail.identity} {mail.intent.value} -> {verdict.readings[0].intent.value} {sure:.2f} {asked} "
            f"[{mail.ask.stage.value}] {mail.ask.subject} | {' '.join(mail.ask.text.split())[:300]}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--without", nargs="*", default=[], metavar="VIEW")
    parser.add_argument("--without-primer", action="store_true")
    parser.add_argument("--rivals", action="store_true")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    parser.add_argument("--html", type=Path)
    main(parser.parse_args())

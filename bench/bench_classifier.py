"""How good the classifier is on mail by writers that it has not learnt from: train on all corpus files but one,
read that one, once for each file; the verdicts pooled. About two minutes.

    python bench/bench_classifier.py [--json] [--without VIEW…] [--without-primer] [--worst N] [--html FILE]
    python bench/bench_classifier.py --rivals        other models on the same folds, some ten minutes

VIEW is words, letters, edges, standing, cues, concepts or pairs; or stage, sender: features weighed anew by it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from classifiers import model
from classifiers.corpus_reading import PRIMER, read_corpus, shipped_corpus
from classifiers.evaluation import Held, hold_back
from classifiers.reporting import page
from mailbot.casework.vocabulary import Intent


def leave_out(view: str) -> None:
    """Take a view, or a kind of group, out of the model: for this process."""
    if view in ("stage", "sender"):
        setattr(model, f"BY_{view.upper()}", 0.0)
        return
    for weights in (model.WANTED, model.CROSSED, model.ABOUT):
        if view in weights:
            weights[view] = 0.0  # type: ignore[index]


def main(options: argparse.Namespace) -> None:
    begun = time.perf_counter()
    for view in options.without:
        leave_out(view)
    paths = [p for p in shipped_corpus() if not (options.without_primer and p.stem == PRIMER)]
    corpus = read_corpus(paths)
    if options.rivals:
        from classifier_rivals import compare

        compare(corpus)
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
    print(f"  reading, in batches               {report.ms_per_message:.1f} ms a message")
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
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    parser.add_argument("--html", type=Path)
    main(parser.parse_args())

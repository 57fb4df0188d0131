"""How good the classifier is on mail by writers that it has not learnt from: train on all corpus files but one,
read that one, once for each file; the verdicts pooled. About a minute and a half.

    python bench/bench_classifier.py [--json]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import classifiers


def main(as_json: bool) -> None:
    begun = time.perf_counter()
    corpus = Path(classifiers.__file__).parent / "corpus"
    report = classifiers.leave_one_file_out(sorted(corpus.glob("*.jsonl")))
    if as_json:
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


if __name__ == "__main__":
    main("--json" in sys.argv)

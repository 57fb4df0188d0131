"""Draw docs/pictures/reliability.svg: whether the classifier's confidence means what it says, on held-back writers.

python docs/pictures/classifier.py        about two minutes
"""

from __future__ import annotations

from pathlib import Path

from classifiers.corpus_reading import shipped_corpus
from classifiers.evaluation import leave_one_file_out
from classifiers.reporting import reliability_plot

HERE = Path(__file__).parent


def main() -> None:
    drawn = reliability_plot(leave_one_file_out(shipped_corpus()))
    # A picture of a page has no page's colours: dark on white, whatever the reader's own are.
    style = 'style="color:#1b1f24;background:#ffffff" '
    (HERE / "reliability.svg").write_text(drawn.replace("<svg ", f"<svg {style}", 1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""`mailbot classify`, `mailbot train`, `mailbot evaluate`: what the classifier says, learns from, and is worth.

Rooms are imported when a command needs them. Exit codes: 0 done; 1 a model was trained and not installed, because
it is worse than the one in use; 2 a mistake in the command, in a corpus file or in a model file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.policy_commands import AsJson
from mailbot.terminal import in_words, load, plain, print_json, read_bytes, stop, write_bytes

if TYPE_CHECKING:
    from classifiers import Chain, Report
    from mailbot.casework.vocabulary import Raised, Verdict

MailFile = Annotated[Path, typer.Argument(help="A mail as a file (.eml), or - for standard input.")]
OwnConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Read it as the service of this configuration would."),
]
Corpus = Annotated[
    list[Path] | None,
    typer.Option("--corpus", metavar="FILE…", help="Labelled mail, in the format of LABELS.md."),
]
More = Annotated[list[Path] | None, typer.Argument(metavar="[FILE…]", help="More files of the corpus.")]
ModelFile = Annotated[
    Path | None, typer.Option("--model", metavar="FILE", help="A model file; left out: the shipped one.")
]


def classify(
    file: MailFile,
    stage: Annotated[str, typer.Option(help="Where the sender's case stands, e.g. stage1_open.")] = "none",
    as_json: AsJson = False,
    config: OwnConfig = None,
) -> None:
    """Show what mailbot takes a mail for, how sure it is, and why."""
    import classifiers
    from mailbot.casework.vocabulary import Party, Stage
    from mailbot.postroom.reading import read
    from mailbot.senders import kind_of

    if stage not in [s.value for s in Stage]:
        stop(f"--stage {stage}: write one of {', '.join(s.value for s in Stage)}")
    mail = read(read_bytes(file))
    text = mail.text if stage == "none" else mail.new_text
    sender = kind_of(Party(mail.sender.address, mail.sender.name), None) if mail.sender else ""
    verdict = chain_of(config).read(
        classifiers.Ask(text, mail.subject, Stage(stage), sender, reference_found=stage != Stage.NONE)
    )
    seen = told(verdict)
    if as_json:
        print_json(seen)
        return
    seen["flags"] = [_why(raised) for raised in verdict.flags]
    for key, value in seen.items():
        if value:
            typer.echo(plain(f"{key}: {in_words(value)}"))


def _why(raised: Raised) -> str:
    """A flag, with the phrase that raised it or what the classifier went by."""
    if raised.phrase:
        return f'{raised.flag.value} "{raised.phrase}"'
    most = ", most by " + ", ".join(f'"{words}"' for words in raised.weighed) if raised.weighed else ""
    return f"{raised.flag.value} (by the whole text{most})"


def told(verdict: Verdict) -> dict[str, object]:
    """A verdict for a program."""
    return {
        "intent": verdict.intent.value,
        "confidence": round(verdict.confidence, 4),
        "readings": [
            {"intent": r.intent.value, "probability": round(r.probability, 4), "reasons": list(r.reasons)}
            for r in verdict.readings
        ],
        "reply_kind": verdict.reply_kind.value if verdict.reply_kind else None,
        "topics": [t.value for t in verdict.topics],
        "flags": [
            {"flag": r.flag.value, "phrase": r.phrase, "weighed": list(r.weighed)} for r in verdict.flags
        ],
        "reasons": list(verdict.reasons),
        "model": verdict.model,
    }


def evaluate(
    corpus: Corpus = None, more: More = None, as_json: AsJson = False, model: ModelFile = None
) -> None:
    """How good the classifier is on labelled mail that it has not learnt from.

    Any file in the format of LABELS.md will do; a line that isn't is refused with its number."""
    import classifiers

    files = [*(corpus or ()), *(more or ())]
    if not files:
        stop("--corpus: name at least one file of labelled mail (JSON Lines, as in LABELS.md)")
    report = classifiers.evaluate(files, classifiers.load(model) if model else None)
    if as_json:
        print_json(report.figures())
    else:
        _print_figures(report)


def train(
    corpus: Corpus = None,
    more: More = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the model here (an .npz file).")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write an HTML page: figures with each file held back in turn."),
    ] = None,
    decisions: Annotated[
        bool, typer.Option("--decisions", help="Learn from what your people decided, too (with --config).")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Folder with mailbot.toml, for --decisions."),
    ] = None,
) -> None:
    """Build the classifier's model: the shipped one, if this machine has none that fits, or one from your own files.

    Mail of --corpus is learnt from instead of the shipped corpus. With --decisions the new model is tried on mail that
    was held back, and installed only if it is worse on no guarded figure than the one in use; that one is kept beside
    it. A report, and decisions, take some minutes: each file is read by a model that was trained on the others."""
    import classifiers
    from classifiers.corpus_reading import read_corpus, shipped_corpus, with_primer

    files = [*(corpus or ()), *(more or ())]
    if decisions:
        if config is None:
            stop("--decisions: name the folder of mailbot.toml with --config, whose database holds them")
        _learn_from_decisions(config, files, out, report)
        return
    if out is not None and out.suffix != ".npz":
        stop(f"--out {out}: write a file name that ends in .npz")
    if files and out is None and report is None:
        stop("--corpus: say with --out where the model shall be written")
    learnt = with_primer(files) if files else shipped_corpus()
    read_corpus(learnt)  # a mistake in it is told before minutes are spent
    if out is not None:
        chain = classifiers.train(learnt, out)
        typer.echo(f"{out}: the model is ready: {chain.version}")
    elif not files:
        typer.echo(f"The model is ready: {classifiers.ensure(None).version}")
    if report is not None:
        _write_page(classifiers.leave_one_file_out(learnt), learnt, report)


def _learn_from_decisions(config: Path, files: list[Path], out: Path | None, page_at: Path | None) -> None:
    from classifiers.corpus_reading import shipped_corpus, with_primer
    from classifiers.relearning import relearn
    from mailbot.learning import examples
    from mailbot.start import load_chain
    from storage import open_store

    settings = load(config)
    own = settings.classifier.model
    where = (out or own or settings.data_dir / "own-model.npz").resolve()
    store = open_store(settings.database.url)
    if not store.schema_is_current():
        stop("the database is of another version. Run: mailbot db upgrade")
    with store.read() as work:
        decided = examples(work, work.sortings())
    store.close()
    if not decided:
        stop("nobody has decided anything yet (#sort): there is nothing to learn from")
    typer.echo(f"Learning from {len(decided)} decided mails. This takes some minutes.")
    learnt = with_primer(files) if files else shipped_corpus()
    done = relearn(learnt, decided, where, load_chain(settings), own)
    shown = [
        (name, "" if old is None else f"{old:.1%}", f"{new:.1%}", "worse" if name in done.worse else "")
        for name, old, new in done.rows
    ]
    for name, old, new, worse in shown:
        typer.echo(f"  {name:<40} in use {old or '-':>7}   new {new:>7}  {worse}".rstrip())
    if page_at is not None:
        from classifiers.reporting import comparison, page

        verdict = "It was installed." if done.installed else "It was not installed."
        about = f"Learnt from {len(decided)} decided mails besides {len(learnt)} files. {verdict}"
        table = comparison(("held-back mail", "model in use", "new model", ""), shown)
        write_bytes(page_at, page(done.corpus, "A model that learnt from your people", about, table).encode())
    if not done.installed:
        stop(f"the new model was not installed: it is worse on {', '.join(done.worse)}", 1)
    typer.echo(f"{where}: the model is ready: {done.version}")
    if done.previous:
        typer.echo(f"The previous one is kept: {done.previous}")
    if own is None or own.resolve() != where:
        typer.echo(f'Use it with [classifier] model = "{where}" in mailbot.toml, and start the daemon again.')
    else:
        typer.echo("Start the daemon again to use it.")


def _write_page(figures: Report, learnt: Sequence[Path], out: Path) -> None:
    from classifiers.reporting import page

    names = ", ".join(p.name for p in learnt)
    about = f"Each file was read by a model that was trained on the others: {names}."
    write_bytes(out, page(figures, "The classifier on mail that it has not learnt from", about).encode())
    typer.echo(f"{out}: macro F1 {figures.intent_macro_f1:.3f}, guarded recall {figures.guarded_recall:.1%}")


def chain_of(config: Path | None) -> Chain:
    """The chain that the service of this configuration would read with; without one, the shipped chain."""
    import classifiers

    if config is None:
        return classifiers.ensure(None)
    from mailbot.start import load_chain

    return load_chain(load(config))


def _print_figures(report: Report) -> None:
    typer.echo(f"{report.n} messages")
    typer.echo(f"  macro F1 of the intent, all decided   {report.intent_macro_f1:.3f}")
    for name, score in report.intent.items():
        typer.echo(
            f"    {name:<22} precision {score.precision:.3f}  recall {score.recall:.3f}  F1 {score.f1:.3f}"
            f"  {score.n:>4} messages"
        )
    typer.echo(f"  handed to a person                    {1 - report.auto_share:.1%}")
    typer.echo(f"  decided without a person              {report.auto_share:.1%}")
    typer.echo(f"  wrong among those                     {report.auto_error:.1%}")
    typer.echo(f"  guarded recall                        {report.guarded_recall:.1%}")
    typer.echo(f"  expected calibration error            {report.ece:.3f}")
    typer.echo(f"  processor's time                      {report.ms_per_message:.1f} ms a message")
    for what, scores in (("flag", report.flags), ("topic", report.topics)):
        typer.echo(f"  {what:<24} precision  recall  messages")
        for name, score in scores.items():
            typer.echo(f"    {name:<26} {score.precision:.2f}    {score.recall:.2f}  {score.n:>6}")
    typer.echo(
        "  guarded recall: complaints, escalations and dangers that got the right intent or a person; dangers their "
        "flag or a person"
    )

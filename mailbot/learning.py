"""What people's decisions teach: kept when they are made, read again when a model is trained.

A decision is kept as a pointer to the mail, never as a copy of its words: a mail that is deleted teaches no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from classifiers.corpus_reading import Labelled
from classifiers.features import Ask
from mailbot.casework.vocabulary import Act, Case, Flag, Intent, Party, ReplyKind, StaffActed, Stage, Topic
from mailbot.postroom.reading import Mail, read
from mailbot.senders import kind_of
from storage import MailRow, Sorting
from storage.work import Work

DECISIONS = "decisions"
"""The writer of the landlord's own mail, among those of the corpus."""
WEIGHS = 3.0
"""A mail that this landlord's people decided counts as much as this many of the corpus."""


def sorting_of(case: Case | None, event: StaffActed) -> Sorting | None:
    """What `event`, a #sort on `case` as it stood before, says about a mail; None for any other act.

    It answers the question that it names, or the only open one; with none open it corrects what the case's first
    mail was taken for."""
    if case is None or event.act is not Act.SORT or event.intent is None:
        return None
    asked = [q for q in case.open_questions if event.number in (None, q.number)]
    if len(asked) == 1:
        stage = Stage.NONE if case.stage is Stage.UNSORTED else case.stage
        return Sorting(asked[0].mail, event.at, event.who, stage, event.intent, Intent.UNSURE)
    if asked or not case.request_mail:
        return None
    return Sorting(case.request_mail, event.at, event.who, Stage.NONE, event.intent, Intent.SERVICE_REQUEST)


def learn(work: Work, case: Case | None, event: StaffActed) -> None:
    """Keep what a staff act that was carried out says about a mail, if anything."""
    if sorting := sorting_of(case, event):
        work.keep_sorting(sorting)


def examples(work: Work, sortings: Iterable[Sorting]) -> tuple[Labelled, ...]:
    """The decided mails as labelled mail. Intents are the people's; topics and flags those that were read at the
    time, which nobody contradicted. A mail whose bytes are gone is left out."""
    found = []
    for sorting in sortings:
        row = work.mail(sorting.mail)
        mail = read(work.raw(sorting.mail))
        alone = sorting.stage is Stage.NONE
        text, sender = mail.text if alone else mail.new_text, _sender(work, row, mail)
        found.append(
            Labelled(
                sorting.mail,
                DECISIONS,
                Ask(text, mail.subject, sorting.stage, sender, not alone),
                sorting.intent,
                _kind(sorting, row),
                _topics(row),
                _flags(row),
                WEIGHS,
            )
        )
    return tuple(found)


def _sender(work: Work, row: MailRow, mail: Mail) -> str:
    """As the service tells the classifier."""
    if mail.sender is None:
        return ""
    case = work.case(row.reference) if row.reference else None
    return kind_of(Party(mail.sender.address, mail.sender.name), case)


def _kind(sorting: Sorting, row: MailRow) -> ReplyKind | None:
    return row.verdict.reply_kind if row.verdict and sorting.intent is Intent.REPLY else None


def _topics(row: MailRow) -> tuple[Topic, ...]:
    return row.verdict.topics if row.verdict else ()


def _flags(row: MailRow) -> tuple[Flag, ...]:
    return tuple(raised.flag for raised in row.verdict.flags) if row.verdict else ()

"""Puts the parts together: settings, storage, classifier, stationery and doors become a service."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import classifiers
from mailbot.casework.parts import Mode
from mailbot.clock import Clock, WallClock
from mailbot.kept_policies import with_kept_policies
from mailbot.modes import refuse_other_database
from mailbot.places import templates_dir
from mailbot.postroom.imap import ImapDoor
from mailbot.postroom.letters import Letterhead, Stationery
from mailbot.postroom.smtp import SmtpDoor
from mailbot.service import Service
from mailbot.settings import MailboxSettings, Settings
from mailbot.shadow import OnlyTo, ShadowRun, told_of
from storage import Store
from storage.rows import StorageRefused


@dataclass(frozen=True)
class Parts:
    service: Service
    clock: Clock
    door: SmtpDoor | OnlyTo
    store: Store

    def close(self) -> None:
        self.door.close()
        self.store.close()


def build(
    settings: Settings, store: Store, clock: Clock | None = None, with_classifier: bool = True
) -> Parts:
    """A service on this store. Trains the classifier first where this machine has no model that fits."""
    clock = clock or WallClock()
    refuse_other_database(settings, store, claim=True)
    refuse_orphans(settings, store)
    settings = with_kept_policies(settings, store)
    chain = load_chain(settings) if with_classifier else None
    door: SmtpDoor | OnlyTo = SmtpDoor(settings.smtp)
    shadow = settings.mode is Mode.SHADOW
    if shadow:
        door = OnlyTo(door, told_of(settings))
    written_on = stationery_of(settings)
    service = Service(settings, store, chain, written_on, door, clock, copies_into(settings.smtp.sent_folder))
    if shadow:
        run = ShadowRun(service)
        service.shadow, service.outbox.show_absorbed = run, run.show
    return Parts(service, clock, door, store)


def stationery_of(settings: Settings) -> Stationery:
    """The letters as this landlord writes them. LetterMistake for a template of its own, or a colour, that can't be."""
    Letterhead(settings.landlord, settings.ombudsmen[0], colour=settings.letters.colour)
    own = settings.letters.templates
    return Stationery(templates_dir(), own) if own else stationery()


@functools.cache
def stationery() -> Stationery:
    """What letters are written on where the landlord has no templates of its own, compiled once a process."""
    return Stationery(templates_dir())


def copies_into(folder: str) -> Callable[[MailboxSettings, bytes], None] | None:
    """What puts a copy of each letter into this folder of its mailbox; None where no folder is configured."""
    if not folder:
        return None

    def append(mailbox: MailboxSettings, raw: bytes) -> None:
        ImapDoor(mailbox.imap).append_sent(raw, folder)

    return append


@functools.cache
def shipped_chain() -> classifiers.Chain:
    """The classifier that mailbot brings, read once a process."""
    return classifiers.ensure(None)


def load_chain(settings: Settings) -> classifiers.Chain:
    """The landlord's own model where one is configured, else the shipped one, trained here if need be; with the
    landlord's own costs and thresholds."""
    own = settings.classifier
    chain = classifiers.load(own.model) if own.model else shipped_chain()
    return replace(chain, caution=classifiers.Caution(own.costs, own.sure, own.ask_below))


def refuse_orphans(settings: Settings, store: Store) -> None:
    """Cases whose clocks run must have their mailbox: without it these would stand still unseen."""
    with store.read() as work:
        lost = work.open_mailboxes() - {box.name for box in settings.mailboxes}
    if lost:
        raise StorageRefused(
            f"mailbot.toml: [[mailbox]] name: cases of {', '.join(sorted(lost))} are open or have a date before them, "
            "but no mailbox has that name. Write the old name again, or have another mailbox go on with them: "
            "mailbot case move OLD --into NAME"
        )

"""Puts the parts together: settings, storage, classifier, stationery and doors become a service."""

from __future__ import annotations

from dataclasses import dataclass

import classifiers
from mailbot.clock import Clock, WallClock
from mailbot.places import templates_dir
from mailbot.postroom.letters import Stationery
from mailbot.postroom.smtp import SmtpDoor
from mailbot.service import Service
from mailbot.settings import Settings
from storage import Store


@dataclass(frozen=True)
class Parts:
    service: Service
    clock: Clock
    door: SmtpDoor
    store: Store

    def close(self) -> None:
        self.door.close()
        self.store.close()


def build(
    settings: Settings, store: Store, clock: Clock | None = None, with_classifier: bool = True
) -> Parts:
    """A service on this store. Trains the classifier first where this machine has no model that fits."""
    clock = clock or WallClock()
    chain = classifiers.ensure(None) if with_classifier else None
    door = SmtpDoor(settings.smtp)
    service = Service(settings, store, chain, Stationery(templates_dir()), door, clock)
    return Parts(service, clock, door, store)

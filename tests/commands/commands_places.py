"""Where the tests of the commands find things."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = CHECKOUT / "docs"
MAILS_OF_THE_POSTROOM: Final = CHECKOUT / "tests" / "postroom" / "mails"
MAILBOT: Final = (sys.executable, "-m", "mailbot")


@dataclass(frozen=True)
class Office:
    """A folder with a configuration and a database in it."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def database(self) -> Path:
        return self.config / "mailbot.db"

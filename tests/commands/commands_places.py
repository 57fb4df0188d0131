"""Where the tests of the commands find things."""

from __future__ import annotations

import functools
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
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


@functools.cache
def page_writer() -> ModuleType:
    """What writes the pages that are written from the code."""
    spec = importlib.util.spec_from_file_location("write_pages", DOCS / "write_pages.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

"""Where letters in other languages lie: a folder called by the language ("cy") among the landlord's own templates.

The letters in it are those that have all their files; what is wrong with it is told at start-up (`own_templates`).
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from mailbot.casework.vocabulary import Letter

CODE: Final = re.compile(r"[a-z]{2,3}")
FILES: Final = ("subject.txt", "text.txt", "html.html")
WORDS: Final = "words.toml"
SHARED: Final = ("base/parts.txt", "base/parts.html", "base/resident.txt", "base/resident.html")
"""What a language needs beside its letters: without them their foot and their boxes would be English."""


def is_checked(folder: Path) -> bool:
    """Somebody who speaks the language has read its letters, and their name stands in its words. Until then nothing
    is sent in it; a file that can't be read is told elsewhere."""
    try:
        content = tomllib.loads((folder / WORDS).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return bool(str(content.get("checked_by", "")).strip())


def languages_in(own: Path) -> dict[str, frozenset[Letter]]:
    """The letters that there are in each language."""
    return {
        folder.name: frozenset(
            letter for letter in Letter if all((folder / letter / file).is_file() for file in FILES)
        )
        for folder in sorted(own.iterdir())
        if folder.is_dir() and CODE.fullmatch(folder.name)
    }

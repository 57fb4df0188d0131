"""`mailbot policy ...` as people type it, run in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailbot.__main__ import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def policy(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Callable[..., Answer]:
    """Type `mailbot policy ...` in an empty folder: `policy("show", "mtvh")`."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("MAILBOT_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["mailbot", "policy", *map(str, words)])
        code: object = 0
        try:
            main()
        except SystemExit as left:
            code = left.code
        out, err = capfdbinary.readouterr()
        return Answer(code if isinstance(code, int) else 0 if code is None else 1, out.decode(), err.decode())

    return run

"""Typing a command, in this process: what `mailbot ...` answers, and with which exit code."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailbot.__main__ import main


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def keyboard(
    monkeypatch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[bytes], folder: Path
) -> Callable[..., Said]:
    """Gives `run(*words, cwd=folder, stdin=b"")`, which types `mailbot` and these words."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("MAILBOT_CONFIG", raising=False)

    def run(*words: object, cwd: Path = folder, stdin: bytes = b"") -> Said:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["mailbot", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code: object = 0
        try:
            main()
        except SystemExit as left:
            code = left.code
        out, err = captured.readouterr()
        return Said(code if isinstance(code, int) else 0 if code is None else 1, out.decode(), err.decode())

    return run

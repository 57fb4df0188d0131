"""`mailbot policy ...` as people type it, run in this process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from doors.command_line import Said, keyboard


@pytest.fixture
def policy(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Callable[..., Said]:
    """Type `mailbot policy ...` in an empty folder: `policy("show", "mtvh")`."""
    monkeypatch.chdir(tmp_path)
    return partial(keyboard(monkeypatch, capfdbinary, tmp_path), "policy")

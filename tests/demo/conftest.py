"""The demo, played once for all that is asserted about it: workers of one run share what it left."""

from __future__ import annotations

import fcntl
import io
import pickle

import pytest
from demo_stage import Played
from rich.console import Console

from mailbot.demo import perform


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Played:
    """Six weeks under the Code."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if hasattr(request.config, "workerinput") else base) / "demo"
    shared.mkdir(exist_ok=True)
    kept = shared / "played.pickle"
    with (shared / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not kept.exists():
            paper = io.StringIO()
            console = Console(file=paper, width=118, highlight=False, emoji=False)
            ended = perform("code-2024", shared / "out", console)
            kept.write_bytes(pickle.dumps(Played(ended, paper.getvalue(), shared / "out")))
        found = pickle.loads(kept.read_bytes())
    assert isinstance(found, Played)
    return found

"""Named points at which a test can kill the process: the proof that promise 1 holds wherever it stops.

`reached` does nothing unless the environment variable MAILBOT_CRASH_AT names the point ("record:case", or
"record:case:3" for the third time it is reached). Then the process dies at once, as by a power cut: no
`finally`, no rollback of ours, no goodbye to the database.

The names tell the verb and how far it has come: begin, keep, look; attend; step, record; tick; digest; recover,
dispatch. "commit" stands before every commit and "committed" after it.
"""

from __future__ import annotations

import os
import signal
import threading

_times: dict[str, int] = {}
_counting = threading.Lock()


def reached(name: str) -> None:
    """Say that the work has come to the point `name`."""
    wanted = os.environ.get("MAILBOT_CRASH_AT")
    if not wanted:
        return
    point, _, count = wanted.rpartition(":")
    if not count.isdigit():
        point, count = wanted, "1"
    if point != name:
        return
    with _counting:
        _times[name] = _times.get(name, 0) + 1
        if _times[name] == int(count):
            os.kill(os.getpid(), signal.SIGKILL)

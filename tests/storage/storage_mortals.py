"""Processes that are killed in the middle of their work.

Run as a program it imports storage once, then makes a child for every order that it reads from stdin and
tells how the child ended. (A new interpreter for each would take a second; forking the test's own process,
which has threads, would not be safe.)
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import storage_examples

import storage


class Mortals:
    """Where the tests order a death."""

    def __init__(self) -> None:
        rooms = (Path(storage.__file__).parents[1], Path(__file__).parent)
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, rooms))},
        )

    def kill_in(self, work: str, url: str, point: str) -> None:
        """Do the work (a function below) on this database in a process that dies at the point."""
        assert self._process.stdin and self._process.stdout
        print(json.dumps([work, url, point]), file=self._process.stdin, flush=True)
        assert self._process.stdout.readline().strip() == f"killed by {signal.SIGKILL.value}"

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()


def open_a_case(store: storage.Store) -> None:
    with store.begin() as work:
        storage_examples.whole_first_step(work)


def step_the_case(store: storage.Store) -> None:
    with store.begin() as work:
        case = work.case("CC-2026-000001-4")
        assert case
        storage_examples.whole_second_step(work, case)


def hand_over_a_letter(store: storage.Store) -> None:
    with store.begin() as work:
        (letter,) = work.claim_letters(storage_examples.NINE, 1, storage_examples.MINUTE)
    with store.begin() as work:
        work.handing(letter.id, b"x", "Hello", storage_examples.NINE)


def _serve() -> None:
    for line in sys.stdin:
        work, url, point = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ["MAILBOT_CRASH_AT"] = point
            try:
                globals()[work](storage.open_store(url))
            except BaseException:  # whatever it is, a child must never come back into this loop
                traceback.print_exc()
            os._exit(7)
        _, status = os.waitpid(child, 0)
        print(f"killed by {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "survived", flush=True)


if __name__ == "__main__":
    _serve()

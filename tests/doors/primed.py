"""Real processes that start in a blink.

`python -m mailbot` takes seconds to come up, nearly all of it imports and the loading of the model. Here one
process has done both already, and forks for each start that a test asks for. What it makes is a process of its
own in every respect: it has its pid and its environment, runs the words after `python` as the interpreter does,
ends as the interpreter ends, and can be killed. (Forking the test's own process, which has threads, would not
be safe.)
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, or the negative number of the signal that killed it."""

    code: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Process:
    """A process that was started and may still run."""

    def __init__(self, primed: Primed, pid: int, out: Path, err: Path) -> None:
        self.pid = pid
        self.out, self.err = out, err
        self._primed = primed
        self._handle = os.pidfd_open(pid)
        self._ended: Ended | None = None

    def kill(self) -> None:
        self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    @property
    def running(self) -> bool:
        return self._ended is None and not select.select([self._handle], [], [], 0)[0]

    def wait(self, seconds: float = 100) -> Ended:
        """How it ended. Fails the test, and kills the process, when the time is over."""
        if self._ended is None:
            in_time = bool(select.select([self._handle], [], [], seconds)[0])
            if not in_time:
                self.kill()
            code = self._primed.ask({"reap": self.pid})["code"]
            os.close(self._handle)
            self._ended = Ended(code, self.out.read_text(), self.err.read_text())
            assert in_time, f"it still ran after {seconds} s:\n{self._ended.err}"
        return self._ended


class Primed:
    """Where tests start processes. One for each worker; `close` ends it and all that it has started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._papers = Path(tempfile.mkdtemp(prefix="mbpr", dir="/tmp"))
        self._started: list[Process] = []
        rooms = (REPOSITORY, Path(__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # One thread for sums: nothing but the forking thread may run when it forks.
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(map(str, rooms)),
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },
        )

    def start(self, *words: object, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Process:
        """Start `python` with these words (`-m mailbot once ...`, or `-c code ...`). `env` is added to the test's
        environment."""
        number = len(self._started)
        out, err = self._papers / f"{number}.out", self._papers / f"{number}.err"
        out.touch()
        err.touch()
        pid = self.ask(
            {
                "start": [str(word) for word in words],
                "env": {**os.environ, **(env or {})},
                "cwd": str(cwd or Path.cwd()),
                "out": str(out),
                "err": str(err),
            }
        )["pid"]
        self._started.append(Process(self, pid, out, err))
        return self._started[-1]

    def run(
        self,
        *words: object,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        seconds: float = 100,
    ) -> Ended:
        """Start a process and wait for its end."""
        return self.start(*words, env=env, cwd=cwd).wait(seconds)

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        with self._lock:
            print(json.dumps(order), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        assert answer, "the process that starts the others has ended"
        answered = json.loads(answer)
        assert isinstance(answered, dict)
        return answered

    def close(self) -> None:
        for process in self._started:
            if process.running:
                process.kill()
                process.wait(10)
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()
        for paper in self._papers.iterdir():
            paper.unlink()
        self._papers.rmdir()


# ------------------------------------------------------------------ the program


def _prime() -> None:
    """Have everything at hand that a daemon needs before it does anything: code, model, stationery."""
    import gc
    import importlib
    import runpy

    for name in ("mailbot.daemon", "mailbot.demo.servers", "storage.migrate", "holidays.countries"):
        importlib.import_module(name)
    from mailbot.start import shipped_chain, stationery

    shipped_chain()
    stationery()
    sys.argv = ["mailbot", "--version"]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(None):
        runpy.run_module("mailbot", run_name="__main__", alter_sys=True)
    gc.freeze()  # what is shared stays shared


def _become(order: dict[str, Any]) -> None:
    """In the child: be `python` with these words, to the end."""
    import runpy

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, number in (("/dev/null", 0), (order["out"], 1), (order["err"], 2)):
        file = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    flag, what, *further = order["start"]
    if flag == "-m":
        sys.argv = [what, *further]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *further]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def _outcome(order: dict[str, Any]) -> int:
    try:
        _become(order)
    except SystemExit as left:
        if left.code is None or isinstance(left.code, int):
            return left.code or 0
        print(left.code, file=sys.stderr)
        return 1
    except BaseException:  # as the interpreter does
        traceback.print_exc()
        return 1
    return 0


def _end(code: int) -> NoReturn:
    """The end of an interpreter: wait for its threads, run what is to be run at exit, flush. Only that everything
    is freed piece by piece is left out, which takes longer than most of these processes live."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _serve() -> None:
    _prime()
    orders, answers = sys.stdin, sys.stdout
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115 - the child's
    while line := orders.readline():
        order = json.loads(line)
        if "reap" in order:
            _, status = os.waitpid(order["reap"], 0)
            print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), file=answers, flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _end(_outcome(order))
        print(json.dumps({"pid": pid}), file=answers, flush=True)


if __name__ == "__main__":
    _serve()

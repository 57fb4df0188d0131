"""The health of the service over HTTP, for machines.

`/healthz` answers as long as the process gets something done; who restarts processes asks it. `/readyz` answers 200
while nothing keeps mail from being read or letters from leaving, else 503 with the reasons; who wakes people asks it.
`/metrics` is Prometheus' text form (extra [metrics]). The door listens where the configuration says, nowhere by
default. It has no login and tells nothing of anybody; loopback is its place all the same.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Final

from mailbot.casework.vocabulary import Stage
from mailbot.clock import monotonic
from mailbot.health import Duties, Health, duties_of, examine

if TYPE_CHECKING:
    from mailbot.settings import Settings
    from storage import Store

log = logging.getLogger("mailbot.health")

MOST_LOOKED_AT: Final = 50_000
"""Open cases beyond which their duties are not counted: each is read for it."""
DUTIES_KEPT: Final = 300.0
"""Seconds for which the duties are not counted anew."""

COUNTED: Final = {
    "mails_attended": ("taken_for", "Mails attended to: decided, asked about, or neither."),
    "letters_handled": ("outcome", "Letters taken from the outbox, by what became of them at once."),
}
"""What only grows while the process lives: the name of its label, and words."""

AGES: Final = {
    "heartbeat": "Since the daemon last showed life.",
    "oldest_waiting_mail": "Of the oldest mail that is not attended to.",
    "oldest_letter": "Of the oldest letter that may go and has not.",
    "oldest_quarantined_mail": "Of the oldest mail that is set aside.",
}


class Tally:
    """Counts for Prometheus, from 0 with each start. Any thread may count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[tuple[str, str]] = Counter()

    def count(self, name: str, label: str, by: int = 1) -> None:
        """`name` is one of COUNTED, `label` the value of its one label."""
        with self._lock:
            self._counted[name, label] += by

    def counted(self) -> dict[tuple[str, str], int]:
        with self._lock:
            return dict(self._counted)


class DutyCount:
    """The duties of the open cases, counted anew every few minutes at most; None where there are too many."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], dt.datetime]) -> None:
        self._store, self._settings, self._now = store, settings, now
        self._lock = threading.Lock()
        self._at: float | None = None
        self._duties: Duties | None = None

    def __call__(self) -> Duties | None:
        with self._lock:
            if self._at is None or monotonic() - self._at > DUTIES_KEPT:
                with self._store.read() as work:
                    stages = work.cases_by_stage()
                    open_cases = sum(n for stage, n in stages.items() if stage is not Stage.CLOSED)
                    today = self._settings.calendar.london_date(self._now())
                    self._duties = duties_of(work, today) if open_cases <= MOST_LOOKED_AT else None
                self._at = monotonic()
            return self._duties


def look_into(store: Store, settings: Settings, now: Callable[[], dt.datetime]) -> Callable[[], Health]:
    """What gives the health of this service whenever it is asked."""

    def look() -> Health:
        with store.read() as work:
            return examine(work, settings, now())

    return look


# ------------------------------------------------------------------ metrics


def metrics_text(health: Health, counts: Mapping[tuple[str, str], int], duties: Duties | None) -> bytes:
    """Prometheus' text form. ImportError without the extra [metrics]. `counts`: by name and label."""
    from prometheus_client import CollectorRegistry, generate_latest

    class Once:
        def collect(self) -> Iterator[Any]:
            return families(health, counts, duties)

    registry = CollectorRegistry()
    registry.register(Once())
    return bytes(generate_latest(registry))


def families(health: Health, counts: Mapping[tuple[str, str], int], duties: Duties | None) -> Iterator[Any]:
    """All metrics of one moment, each with its unit in its name."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    def labelled(name: str, words: str, label: str, values: Mapping[str, float | None]) -> Any:
        family = GaugeMetricFamily(f"mailbot_{name}", words, labels=[label])
        for key, value in values.items():
            if value is not None:
                family.add_metric([key], value)
        return family

    ages = (
        health.beat_age,
        health.oldest_waiting_mail_age,
        health.oldest_letter_age,
        health.oldest_quarantined_age,
    )
    for (name, words), age in zip(AGES.items(), ages, strict=True):
        if age is not None:
            yield GaugeMetricFamily(f"mailbot_{name}_age_seconds", words, value=age)
    looks = "Since the last look into it that succeeded."
    yield labelled("mailbox_last_look_age_seconds", looks, "mailbox", health.look_ages)
    yield labelled("letters", "Letters, by what became of them.", "state", dict(health.letters))
    yield labelled("quarantined_mails", "Mails set aside for a person.", "cause", dict(health.quarantined))
    yield labelled("cases", "Cases by stage.", "stage", dict(health.open_cases))
    yield labelled("mode_info", "How far mailbot may go: live, assist, shadow.", "mode", {health.mode: 1.0})
    if duties is not None:
        owed = (
            "Acknowledgements and responses that are owed: due today, past their target, past their last day."
        )
        yield labelled("open_duties", owed, "stand", asdict(duties))
    singles: tuple[tuple[str, str, float | None], ...] = (
        ("ready", "1 while nothing keeps mail or letters standing still.", float(health.ready)),
        ("waiting_mails", "Mails kept and not attended to.", health.mails_waiting),
        ("overdue_timers", "Timers due for more than ten minutes.", health.timers_overdue),
        ("reconciliation_differences", "Mailboxes whose mails don't add up.", len(health.differences)),
        ("token_remaining_seconds", "Until the token for the mail servers ends.", health.token_seconds_left),
        ("calendar_remaining_days", "Until the published bank holidays end.", health.calendar_days_left),
        ("secret_remaining_days", "Until the provider's secret ends.", health.secret_days_left),
    )
    for name, words, value in singles:
        if value is not None:
            yield GaugeMetricFamily(f"mailbot_{name}", words, value=value)
    for name, (label, words) in COUNTED.items():
        counter = CounterMetricFamily(f"mailbot_{name}", words, labels=[label])
        for (counted, key), times in counts.items():
            if counted == name:
                counter.add_metric([key], times)
        yield counter


# ------------------------------------------------------------------ the door


class _Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        """Without asking a name server what we are called: it may be the one that is away."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up in the middle of an answer, or speaks no HTTP, is no news."""


class _SixServer(_Server):
    address_family = socket.AF_INET6


class HealthDoor:
    """Answers over HTTP until closed. `look` gives the health, `metrics` Prometheus' text (ImportError where its
    library is missing), `alive` whether the process gets something done. OSError where the address can't be had."""

    def __init__(
        self,
        address: tuple[str, int],
        look: Callable[[], Health],
        metrics: Callable[[], bytes],
        alive: Callable[[], bool],
    ) -> None:
        self._server = (_SixServer if ":" in address[0] else _Server)(address, _handler(look, metrics, alive))
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="health", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


def _handler(
    look: Callable[[], Health], metrics: Callable[[], bytes], alive: Callable[[], bool]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version = "mailbot"
        sys_version = ""
        timeout = 10  # seconds for a question

        def log_message(self, *args: object) -> None:
            """Who asks how we are every few seconds is no news."""

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            try:
                status, kind, body = self._answer(path)
            except Exception as error:  # a question must never harm the service: it is answered with 503
                log.warning("health could not be told", extra={"error": type(error).__name__})
                status, kind, body = 503, "text/plain", f"{type(error).__name__}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _answer(self, path: str) -> tuple[int, str, bytes]:
            if path == "/healthz":
                well = alive()
                return (200 if well else 503), "text/plain", b"ok\n" if well else b"nothing gets done\n"
            if path == "/readyz":
                health = look()
                body = json.dumps(health.as_json(), indent=1).encode() + b"\n"
                return (200 if health.ready else 503), "application/json", body
            if path == "/metrics":
                try:
                    return 200, "text/plain; version=0.0.4", metrics()
                except ImportError:
                    return 501, "text/plain", b'metrics need an extra: pip install "mailbot[metrics]"\n'
            return 404, "text/plain", b"there are /healthz, /readyz and /metrics\n"

    return Handler

"""An SMTP server that catches letters: real protocol, answers as a test wants them."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


@dataclass(frozen=True)
class Caught:
    """A letter that was accepted, with its envelope. `sender` is "" for a null sender."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    user: str = ""  # who had logged in


@dataclass(frozen=True)
class Reply:
    """What to answer: at RCPT, at the end of DATA ("" accepts), or cut the line after DATA, with or without
    having kept the letter."""

    rcpt: str = ""
    data: str = ""
    hang_up_after_data: bool = False
    kept: bool = False


@dataclass
class SmtpCatcher:
    """`reply` is asked for every recipient. `users` (name -> password) may log in, or who has
    one of `tokens` (token -> name, XOAUTH2; `refusal` answers any other); with `tls` (a server
    context) STARTTLS is offered. `connections` counts how often somebody said EHLO."""

    users: dict[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] | None = None
    tls: ssl.SSLContext | None = None
    reply: Callable[[str], Reply] = lambda recipient: Reply()
    host: str = "127.0.0.1"
    port: int = 0
    refusal: str = "535 5.7.3 Authentication unsuccessful"

    def __post_init__(self) -> None:
        self._caught: list[Caught] = []
        self._news = threading.Condition()
        self.connections = 0
        self._controller: Controller | None = None

    @property
    def letters(self) -> tuple[Caught, ...]:
        with self._news:
            return tuple(self._caught)

    def wait_for(self, count: int, seconds: float = 10) -> tuple[Caught, ...]:
        """All letters, once there are so many. Fails the test when the time is over."""
        with self._news:
            enough = self._news.wait_for(lambda: len(self._caught) >= count, seconds)
            assert enough, f"{len(self._caught)} of {count} letters after {seconds} s"
            return tuple(self._caught)

    def start(self) -> None:
        """Listen; a port once taken is kept over stop() and start()."""
        catcher = self

        class OurController(Controller):
            def factory(self) -> SMTP:
                return SMTP(
                    catcher,
                    hostname="catcher.example.org",
                    enable_SMTPUTF8=True,
                    tls_context=catcher.tls,
                    authenticator=catcher._check if catcher.users else None,
                    auth_required=bool(catcher.users) or catcher.tokens is not None,
                    auth_require_tls=catcher.tls is not None,
                    loop=self.loop,
                )

            def _trigger_server(self) -> None:
                assert self.server is not None
                self.port = self.server.sockets[0].getsockname()[1]
                super()._trigger_server()

        self._controller = OurController(self, hostname=self.host, port=self.port)
        self._controller.start()
        self.port = self._controller.port

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _check(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        name = data.login.decode()
        right = self.users.get(name) == data.password.decode()
        return AuthResult(success=right, auth_data=name, handled=False)

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        """One step: the token comes with the command, as aiosmtplib and Exchange do it."""
        parts = base64.b64decode(args[1]).decode().split("\x01")
        user, token = parts[0].removeprefix("user="), parts[1].removeprefix("auth=Bearer ")
        if (self.tokens or {}).get(token) == user:
            return AuthResult(success=True, auth_data=user)
        await server.push(self.refusal)
        return AuthResult(success=False, handled=True)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        refusal = self.reply(address).rcpt
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        replies = [self.reply(address) for address in envelope.rcpt_tos]
        hang_up = any(r.hang_up_after_data for r in replies)
        refusal = next((r.data for r in replies if r.data), "")
        if not refusal and (not hang_up or any(r.kept for r in replies)):
            caught = Caught(
                (envelope.mail_from or "").strip("<>"),
                tuple(envelope.rcpt_tos),
                bytes(envelope.content),
                str(session.auth_data or "") if session.authenticated else "",
            )
            with self._news:
                self._caught.append(caught)
                self._news.notify_all()
        if hang_up:
            server.transport.abort()
        return refusal or "250 2.0.0 accepted"

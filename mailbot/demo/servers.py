"""Mail servers for the demo: IMAP and SMTP on loopback, in one thread of this process.

Real sockets and real protocols (pymap and aiosmtpd, extra `demo`), with mailboxes in memory that are gone
when the servers stop. Made for a clock that runs fast: the date on which a mail reaches a mailbox is the
caller's. They behave like a landlord's own border: a mail delivered here carries a topmost
Authentication-Results field of ours if its sender was checked (RFC 8601), and one that a stranger wrote in
our name is removed (section 5).

Not for the open internet: no TLS, passwords in the clear, listening on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import re
import threading
from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any, TypeVar

HOST = "127.0.0.1"
LARGEST_MAIL = 200_000_000  # bytes; the largest that SMTP takes

_T = TypeVar("_T")
_FIELD = re.compile(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*")


class DemoExtraMissing(RuntimeError):
    """The packages of the demo's servers are not installed."""


@dataclass(frozen=True)
class Sent:
    """A mail that SMTP accepted, with its envelope. `sender` is "" for a null sender."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    at: dt.datetime


@dataclass(frozen=True)
class Answer:
    """What SMTP says for one recipient: `recipient` answers RCPT ("550 5.1.1 no such user"), `content`
    answers the end of DATA ("451 4.3.0 later"), `hang_up` cuts the line there, so that nobody knows."""

    recipient: str = ""
    content: str = ""
    hang_up: bool = False


ACCEPT = Answer()


class EmbeddedMail:
    """IMAP and SMTP for the given users (address -> password).

    `answers` is asked for each recipient of a mail submitted by SMTP; a plus-address ("inbox+token@...")
    belongs to its base user. `clock` dates what is submitted. `wait_for_sent` and `sent` tell what went out.
    """

    def __init__(
        self,
        users: Mapping[str, str],
        clock: Callable[[], dt.datetime] | None = None,
        answers: Callable[[str], Answer] = lambda recipient: ACCEPT,
        authserv_id: str = "mx.demo.example",
    ) -> None:
        self.answers = answers
        self.authserv_id = authserv_id
        self.imap_port = 0
        self.smtp_port = 0
        self._users = {address.lower(): password for address, password in users.items()}
        self._clock = clock or (lambda: dt.datetime.now(dt.UTC))
        self._sent: list[Sent] = []
        self._news = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._backend: Any = None

    # -------------------------------------------------------------- coming and going

    def start(self) -> EmbeddedMail:
        """Listen; return when both ports are open. Raises DemoExtraMissing, OSError."""
        _bring_packages()
        self._thread = threading.Thread(target=self._run, name="demo-mail", daemon=True)
        self._thread.start()
        self._ready.wait(20)
        if self._failed is not None:
            raise self._failed
        if not self._ready.is_set():
            raise TimeoutError("the demo's mail servers did not start within 20 seconds")
        return self

    def stop(self) -> None:
        """End all sessions and close both ports. Mailboxes are forgotten; `sent` stays."""
        loop, thread = self._loop, self._thread
        if loop is not None and thread is not None and thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
                loop.call_soon_threadsafe(self._stopping.set)
            thread.join(10)
        self._loop = None

    def __enter__(self) -> EmbeddedMail:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -------------------------------------------------------------- what happens with mail

    @property
    def sent(self) -> tuple[Sent, ...]:
        """Every mail that SMTP accepted, in order."""
        with self._news:
            return tuple(self._sent)

    def wait_for_sent(self, count: int, seconds: float) -> tuple[Sent, ...]:
        """Wait until at least `count` mails went out, or the time is over; return all of them."""
        with self._news:
            self._news.wait_for(lambda: len(self._sent) >= count, seconds)
            return tuple(self._sent)

    def add_user(self, address: str, password: str) -> None:
        """Open a mailbox."""

        async def add() -> None:
            self._users[address.lower()] = password
            self._admit(address.lower(), password)

        self._call(add())

    def deliver(
        self,
        user: str,
        raw: bytes,
        received_at: dt.datetime | None = None,
        authenticated: bool | None = None,
        folder: str = "INBOX",
    ) -> None:
        """Put a mail into a user's mailbox as if it had come from outside.

        `received_at` becomes its INTERNALDATE. `authenticated`: True stamps dmarc=pass, False dmarc=fail
        (a spoof), None nothing. Raises KeyError for somebody who is not a user.
        """
        base = self._base_user(user)
        if base is None:
            raise KeyError(user)
        self._call(self._store(base, self._stamp(raw, authenticated), received_at or self._clock(), folder))

    # -------------------------------------------------------------- aiosmtpd's hooks

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = self.answers(address)
        if answer.recipient:
            return answer.recipient
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        chosen = [self.answers(address) for address in envelope.rcpt_tos]
        if any(answer.hang_up for answer in chosen):
            server.transport.abort()
            return "421 4.3.2 gone"
        refusal = next((answer.content for answer in chosen if answer.content), "")
        if refusal:
            return refusal
        at = self._clock()
        raw = bytes(envelope.content)
        honest = None
        if session.authenticated:
            honest = str(session.auth_data).lower() == _from_address(raw)
        for address in envelope.rcpt_tos:
            base = self._base_user(address)
            if base is not None:
                await self._store(base, self._stamp(raw, honest), at, "INBOX")
        with self._news:
            self._sent.append(Sent((envelope.mail_from or "").strip("<>"), tuple(envelope.rcpt_tos), raw, at))
            self._news.notify_all()
        return "250 2.0.0 accepted"

    def _check_password(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        from aiosmtpd.smtp import AuthResult

        name = bytes(data.login).decode("utf-8", "replace").lower()
        right = self._users.get(name) == bytes(data.password).decode("utf-8", "replace")
        return AuthResult(success=right, auth_data=name, handled=False)

    # -------------------------------------------------------------- inside the thread

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as e:  # start() raises it in the thread that waits for us
            self._failed = e
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from aiosmtpd.smtp import SMTP
        from proxyprotocol.reader import ProxyProtocolReader
        from pymap.backend.dict import DictBackend
        from pymap.imap import IMAPServer
        from pysasl.hashing import Cleartext

        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._loop.set_exception_handler(lambda loop, context: None)  # sessions cut off by stop() are no news
        options = Namespace(
            debug=False, host=HOST, port=0, cert=None, key=None, tls=False, proxy_protocol=None,
            inherited_sockets=None, passlib_cfg=None, demo_data=False, demo_user="nobody", demo_password="",
        )  # fmt: skip
        # Passwords in the clear: pymap's own hashing takes 0.3 s a login, and there is nothing to protect.
        self._backend, config = await DictBackend.init(
            options, hash_context=Cleartext(), invalid_user_sleep=0
        )
        config.apply_context()
        del self._backend.login.users_dict["nobody"]
        for address, password in self._users.items():
            self._admit(address, password)

        def greet() -> Any:
            return SMTP(
                self,
                hostname="mx.demo.example",
                ident="demo",
                enable_SMTPUTF8=True,
                data_size_limit=LARGEST_MAIL,
                authenticator=self._check_password,
                auth_require_tls=False,
                loop=self._loop,
            )

        sessions = ProxyProtocolReader(config.proxy_protocol).get_callback(
            IMAPServer(self._backend.login, config)
        )
        imap = await asyncio.start_server(sessions, HOST, 0)
        smtp = await self._loop.create_server(greet, HOST, 0)
        self.imap_port = imap.sockets[0].getsockname()[1]
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        imap.close()
        smtp.close()
        for _ in range(3):  # a session that is cancelled leaves a child behind that ends by itself
            open_ones = asyncio.all_tasks() - {asyncio.current_task()}
            for task in open_ones:
                task.cancel()
            if open_ones:
                await asyncio.wait(open_ones, timeout=1)

    def _admit(self, address: str, password: str) -> None:
        from pymap.user import UserMetadata

        self._backend.login.users_dict[address] = UserMetadata(
            self._backend.config, address, password=password
        )

    async def _store(self, user: str, raw: bytes, at: dt.datetime, folder: str) -> None:
        from pymap.backend.dict import Identity
        from pymap.parsing.message import AppendMessage

        identity = Identity(user, self._backend.login, None, frozenset())
        async with identity.new_session() as session:
            await session.append_messages(folder, [AppendMessage(_with_crlf(raw), at, frozenset())])

    def _call(self, doing: Coroutine[Any, Any, _T]) -> _T:
        if self._loop is None:
            doing.close()
            raise RuntimeError("the demo's mail servers are not running")
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(20)

    def _base_user(self, address: str) -> str | None:
        local, _, domain = address.lower().rpartition("@")
        for candidate in (f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}"):
            if candidate in self._users:
                return candidate
        return None

    def _stamp(self, raw: bytes, authenticated: bool | None) -> bytes:
        raw = _without_field_of(self.authserv_id, _with_crlf(raw))
        if authenticated is None:
            return raw
        domain = _from_address(raw).rpartition("@")[2]
        verdict = "pass" if authenticated else "fail"
        field = f"Authentication-Results: {self.authserv_id}; dmarc={verdict} header.from={domain}\r\n"
        return field.encode("utf-8") + raw


def _bring_packages() -> None:
    """Import what the servers need; teach pymap's mailboxes to keep keywords, which it forgets silently."""
    try:
        import aiosmtpd.smtp  # noqa: F401 - only to see that it is there
        from pymap.backend.dict.mailbox import MailboxData
        from pymap.parsing.specials.flag import Flag, get_system_flags
    except ModuleNotFoundError as e:
        raise DemoExtraMissing(
            f'the demo needs the package {e.name}: install the extra with  pip install "mailbot[demo]"'
        ) from e
    lasting = (get_system_flags() - {Flag(b"\\Recent")}) | {Flag(b"\\*")}
    setattr(MailboxData, "permanent_flags", property(lambda mailbox: lasting))  # noqa: B010 - not a method
    # Each login would log that aiosmtpd's own code uses something old of aiosmtpd.
    logging.getLogger("mail.log").setLevel(logging.ERROR)


def _with_crlf(raw: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", raw)


def _from_address(raw: bytes) -> str:
    return parseaddr(str(BytesHeaderParser().parsebytes(raw).get("From", "")))[1].lower()


def _without_field_of(authserv_id: str, raw: bytes) -> bytes:
    """Drop Authentication-Results fields in the name of this server: only it may write them."""
    header, blank, body = raw.partition(b"\r\n\r\n")
    forged = re.compile(
        rb"authentication-results:\s*" + re.escape(authserv_id.encode()) + rb"\s*[;\s]", re.IGNORECASE
    )
    if not forged.search(header):
        return raw
    kept = _FIELD.sub(lambda field: b"" if forged.match(field[0]) else field[0], header + b"\r\n")
    return kept.removesuffix(b"\r\n") + blank + body

"""The door out: one mail to one recipient through the landlord's relay, and what became of it.

Promises: `hand_over` never raises for anything that a relay or a network does; it answers with one of four
outcomes. ACCEPTED: the relay has it. LATER: it certainly has not, try again. REFUSED: it will not take this
mail. UNKNOWN: the connection broke after the content had begun to flow, so the relay may have it: nobody
resends such a mail without a person's word.

Refuses to send in clear text where the settings ask for TLS: a relay that stops offering STARTTLS gets
nothing. Trouble with the relay itself (its greeting, its certificate, our password) is LATER, never the
letter's fault.

One connection is kept and used for one mail after another, in one event loop on one thread of its own,
because an aiosmtplib client belongs to the loop that it was opened in. Any thread may call.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import logging
import re
import ssl
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import aiosmtplib

from mailbot.casework.parts import SmtpSettings
from mailbot.postroom.oauth import TokenRefused, explain, source_for

log = logging.getLogger(__name__)

START_INPUT = 354  # RFC 5321 section 4.3.2: "go on with the content"
# RFC 4954 section 6 and RFC 3207: the relay wants a login or encryption. Ours to mend, the letter is fine.
NOT_THE_LETTER = frozenset({530, 534, 535, 538})
QUIT_SECONDS = 2.0


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    LATER = "later"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Handed:
    """What became of a mail. `code` is the relay's last reply code, 0 where there was none. `answer` is what
    it said, on one line: it may name addresses, so it belongs in the outbox and not in a log."""

    outcome: Outcome
    code: int = 0
    answer: str = ""


@dataclass(frozen=True)
class RelayFound:
    """What a relay is like. `trouble`: why it could not be asked, "" where it could. `certificate` is as ssl gives it,
    empty without TLS. `null_sender_taken`: MAIL FROM:<> was tried and accepted."""

    trouble: str = ""
    extensions: frozenset[str] = frozenset()
    certificate: Mapping[str, Any] = field(default_factory=dict)
    null_sender_taken: bool = False


class Door(Protocol):
    """Whatever takes a mail for one recipient and says what became of it, without raising."""

    def hand_over(self, raw: bytes, sender: str, to: str, *, null_sender: bool = False) -> Handed: ...

    def close(self) -> None:
        """Nothing is handed over any more; what is being is cut off soon."""


def read_reply(code: int, answer: str) -> Handed:
    """A reply code as an outcome (RFC 5321 section 4.2.1). What is no reply code proves nothing: LATER."""
    words = " ".join(answer.split())[:500]
    if 200 <= code < 300:
        return Handed(Outcome.ACCEPTED, code, words)
    if 500 <= code < 600 and code not in NOT_THE_LETTER:
        return Handed(Outcome.REFUSED, code, words)
    return Handed(Outcome.LATER, max(code, 0), words)


def prepare_content(raw: bytes) -> bytes:
    """The mail as DATA wants it: CRLF line ends, lines that begin with a dot doubled, the closing dot (RFC
    5321 section 4.5.2)."""
    whole = raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    lines = raw if whole else re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..") + b".\r\n"


class SmtpDoor:
    """The way to the relay. `tls` replaces the machine's own trust store and verification (for a private CA).
    Raises nothing at the start: the first `hand_over` connects."""

    def __init__(self, settings: SmtpSettings, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._tls = tls
        self._client: aiosmtplib.SMTP | None = None
        self._null_refused = False  # this relay wants a sender, always
        self._last_token = ""
        self._found = RelayFound()
        self._one_at_a_time = asyncio.Lock()
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def hand_over(self, raw: bytes, sender: str, to: str, *, null_sender: bool = False) -> Handed:
        """Give this mail (RFC 5322 bytes) to the relay, for one recipient.

        `sender` is the mailbox's own address. `null_sender` asks for an empty envelope sender, so that
        nothing can answer the mail (RFC 3834 section 3.3); where the settings or the relay don't allow that,
        `sender` takes its place. An empty `sender` asks for the same, the From address standing in.
        """
        wants_null = null_sender or not sender
        own = sender or email.utils.parseaddr(read_from(raw))[1]
        for address in (own, to):
            if not re.fullmatch(r"[^\s<>\x00-\x20\x7f]+@[^\s<>\x00-\x20\x7f]+", address):
                return Handed(Outcome.REFUSED, 0, "not a mail address")
        null = wants_null and self._settings.null_sender
        return self._run(self._hand_over(raw, ascii_domain(own), ascii_domain(to), null))

    def examine(self) -> RelayFound:
        """Connect, log in, and ask what the relay can do; nothing is sent. Never raises."""

        async def ask() -> Handed:
            self._found = await self._examine()
            return Handed(Outcome.LATER)

        self._found = RelayFound(trouble="the service is stopping")
        self._run(ask())
        return self._found

    def close(self) -> None:
        """Say goodbye and stop the thread, in some seconds at most. A mail that is just being handed over is
        cut off after two, and its caller hears LATER or UNKNOWN. May be called twice; after it every mail is
        for LATER."""
        with self._guard:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._quit(), loop).result(3 * QUIT_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(QUIT_SECONDS)
        if not thread.is_alive():
            loop.close()

    # ------------------------------------------------------------------ the thread

    def _run(self, work: Coroutine[Any, Any, Handed]) -> Handed:
        with self._guard:
            if self._closed:
                work.close()
                return Handed(Outcome.LATER, 0, "the service is stopping")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        # every wait inside has the settings' timeout
        return future.result()

    # ------------------------------------------------------------------ in the loop

    async def _hand_over(self, raw: bytes, sender: str, to: str, null: bool) -> Handed:
        try:
            await self._one_at_a_time.acquire()
        except asyncio.CancelledError:  # close() while we waited for our turn
            return Handed(Outcome.LATER, 0, "the service is stopping")
        try:
            if null and not self._null_refused:
                handed = await self._try_twice(raw, "", to)
                if handed.outcome is not Outcome.REFUSED:
                    return handed
                # A refusal may be for the empty sender or for the letter; sending it once more under our own
                # address tells which. It was refused, so nothing goes out twice.
                second = await self._try_twice(raw, sender, to)
                if second.outcome is Outcome.ACCEPTED:
                    self._null_refused = True
                    log.warning("the relay takes no empty sender; letters go out under the mailbox's address")
                return second
            return await self._try_twice(raw, sender, to)
        finally:
            self._one_at_a_time.release()

    async def _try_twice(self, raw: bytes, sender: str, to: str) -> Handed:
        """A kept connection may have died unseen: then, and only then, there is a second try at once."""
        kept = self._client is not None and self._client.is_connected
        handed, lost = await self._try(raw, sender, to)
        if lost and kept and handed.outcome is Outcome.LATER:
            handed, _ = await self._try(raw, sender, to)
        return handed

    async def _try(self, raw: bytes, sender: str, to: str) -> tuple[Handed, bool]:
        """One transaction, and whether the connection was lost in it."""
        flowing = False
        try:
            client = await self._connect()
        except asyncio.CancelledError:
            self._drop()
            return Handed(Outcome.LATER, 0, "the service is stopping"), False
        except aiosmtplib.SMTPResponseException as answer:
            self._drop()
            self._doubt_the_token(answer)
            told = " ".join(answer.message.split())[:500]
            if fix := explain(f"{answer.code} {told}", self._settings.oauth is not None):
                told = f"{told} - {fix}"
            return Handed(Outcome.LATER, max(answer.code, 0), told), False
        except (aiosmtplib.SMTPException, OSError, ValueError) as trouble:
            # refused, timed out, no STARTTLS, a certificate that doesn't verify (an OSError), a bad host name
            self._drop()
            return Handed(Outcome.LATER, 0, f"{type(trouble).__name__}: {trouble}"[:500]), False
        try:
            refusal = await self._address(client, raw, sender, to)
            if refusal is None:
                reply = await client.execute_command(b"DATA")
                if reply.code != START_INPUT:
                    refusal = read_reply(reply.code if reply.code >= 400 else 0, reply.message)
            if refusal is not None:
                await self._reset(client)
                return refusal, False
            protocol = client.protocol
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            flowing = True
            protocol.write(prepare_content(raw))
            # the wait begins before the content is on its way: allow for a slow line (50 kB a second)
            reply = await protocol.read_response(timeout=self._settings.timeout + len(raw) / 50_000)
        except asyncio.CancelledError:  # close() would not wait any longer
            self._drop()
            outcome = Outcome.UNKNOWN if flowing else Outcome.LATER
            return Handed(outcome, 0, "the service stopped in the middle"), False
        except (aiosmtplib.SMTPException, OSError) as trouble:
            self._drop()
            outcome = Outcome.UNKNOWN if flowing else Outcome.LATER
            return Handed(outcome, 0, f"{type(trouble).__name__}: {trouble}"[:500]), True
        if reply.code == 421 or not client.is_connected:
            self._drop()
        if not (
            200 <= reply.code < 300 or 400 <= reply.code < 600
        ):  # 3yz is no answer here (RFC 5321, 4.3.2)
            self._drop()
            return Handed(Outcome.UNKNOWN, 0, "the relay's answer to the content can't be read"), False
        return read_reply(reply.code, reply.message), False

    async def _address(self, client: aiosmtplib.SMTP, raw: bytes, sender: str, to: str) -> Handed | None:
        """MAIL and RCPT; the refusal, if there is one."""
        options = []
        if client.supports_extension("size"):
            options.append(f"SIZE={len(raw)}")
        encoding = "ascii"
        if not (sender.isascii() and to.isascii()):
            if not client.supports_extension("smtputf8"):
                return Handed(Outcome.REFUSED, 0, "the relay takes no addresses beyond ASCII (no SMTPUTF8)")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
            encoding = "utf-8"
        for words in (
            (f"MAIL FROM:<{sender}>".encode(encoding), *(option.encode() for option in options)),
            (f"RCPT TO:<{to}>".encode(encoding),),
        ):
            reply = await client.execute_command(*words)
            if not 200 <= reply.code < 300:  # 252: "can't tell, but will take it"
                return read_reply(reply.code, reply.message)
        return None

    async def _connect(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        self._drop()
        s = self._settings
        self._client = aiosmtplib.SMTP(
            hostname=s.host,
            port=s.port,
            local_hostname=s.hello or None,
            timeout=s.timeout,
            use_tls=s.security == "tls",
            # never the library's default (None): it goes on in clear text where STARTTLS is missing
            start_tls=s.security == "starttls",
            tls_context=self._tls if s.security != "none" else None,
            username=s.user or None,
            password=s.password if s.user and s.oauth is None else None,
            oauth_token_generator=self._token if s.oauth else None,
        )
        await self._client.connect()
        if self._client.is_ehlo_or_helo_needed:
            try:
                await self._client.ehlo()
            except aiosmtplib.SMTPHeloError:
                await self._client.helo()
        return self._client

    async def _examine(self) -> RelayFound:
        try:
            client = await self._connect()
            taken = False
            if self._settings.null_sender:
                reply = await client.execute_command(b"MAIL FROM:<>")
                taken = 200 <= reply.code < 300
                await self._reset(client)
            transport = client.transport
            return RelayFound(
                extensions=frozenset(name.upper() for name in client.esmtp_extensions),
                certificate=(transport.get_extra_info("peercert") if transport else None) or {},
                null_sender_taken=taken,
            )
        except aiosmtplib.SMTPResponseException as answer:
            self._drop()
            told = f"{answer.code} {' '.join(answer.message.split())[:500]}"
            fix = explain(told, self._settings.oauth is not None)
            return RelayFound(trouble=f"{told} - {fix}" if fix else told)
        except (aiosmtplib.SMTPException, OSError, ValueError) as trouble:
            self._drop()
            return RelayFound(trouble=f"{type(trouble).__name__}: {trouble}"[:500])

    async def _token(self) -> str:
        """For each login. Asking the provider may take a while, and the loop must be able to end meanwhile."""
        assert self._settings.oauth is not None  # only then is this asked
        source = source_for(self._settings.oauth, self._settings.user)
        try:
            self._last_token = await asyncio.to_thread(source.token)
        except TokenRefused as e:
            raise aiosmtplib.SMTPException(f"no token: {e}") from e
        return self._last_token

    def _doubt_the_token(self, trouble: Exception) -> None:
        """The relay refused the login: the token may have been revoked, so the next try asks for a new one."""
        if self._settings.oauth and isinstance(trouble, aiosmtplib.SMTPAuthenticationError):
            source_for(self._settings.oauth, self._settings.user).forget(self._last_token)

    async def _reset(self, client: aiosmtplib.SMTP) -> None:
        """Leave the connection clean for the next mail, or leave it."""
        try:
            await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._drop()

    async def _quit(self) -> None:
        try:
            await asyncio.wait_for(self._one_at_a_time.acquire(), QUIT_SECONDS)
        except TimeoutError:
            at_work = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in at_work:
                task.cancel()
            await asyncio.wait(at_work, timeout=QUIT_SECONDS)
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            if client.is_connected:
                await client.quit(timeout=QUIT_SECONDS)
        client.close()
        await asyncio.sleep(0)  # one turn of the loop lets the transport close its socket

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def read_from(raw: bytes) -> str:
    """The From header of a mail that we wrote ourselves."""
    head = raw.split(b"\r\n\r\n", 1)[0].replace(b"\r\n ", b" ")
    line = next((h for h in head.split(b"\r\n") if h.lower().startswith(b"from:")), b"")
    return line[5:].decode("utf-8", "replace").strip()


def ascii_domain(address: str) -> str:
    """The address with its domain as DNS knows it (RFC 5891); only a local part may then need SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address

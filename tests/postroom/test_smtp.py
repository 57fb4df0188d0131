"""The door out, against real SMTP servers that answer as they are told."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from letter_samples import LETTERHEAD, TEMPLATES, order_of

from mailbot.casework.parts import Security, SmtpSettings
from mailbot.casework.vocabulary import Letter
from mailbot.postroom.letters import Stationery
from mailbot.postroom.smtp import Handed, Outcome, SmtpDoor, prepare_content

MAIL = b"From: Complaints <complaints@homes.example>\r\nSubject: x\r\n\r\nHello\r\n.\r\n..end\r\n"
US, THEM = "complaints@homes.example", "amina.begum@example.org"


def cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


@dataclass
class Relay:
    """What a test may say to the relay, and what the relay has seen. An answer is a reply line, "drop" to cut
    the line, or "hang" to say nothing more; "" is the usual."""

    mail: str = ""
    null: str = ""  # MAIL FROM:<>
    rcpt: str = ""
    data: str = ""  # to the word DATA
    content: str = ""  # to the content
    greeting: str = ""
    port: int = 0
    connections: int = 0
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    seen_tls: list[bool] = field(default_factory=list)
    helloes: list[str] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    lines: list[asyncio.BaseTransport] = field(default_factory=list)

    def cut_lines(self) -> None:
        """Close every connection, as a relay does with idle ones."""
        for line in self.lines:
            line.close()

    async def say(self, server: SMTP, answer: str, usual: str) -> Any:
        if answer == "drop":
            cut(server)
            await asyncio.sleep(0)
            return usual
        if answer == "hang":
            await self.release.wait()
            return usual
        return answer or usual

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.helloes.append(hostname)
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str | None, options: list[str]
    ) -> Any:
        envelope.mail_from = address
        return await self.say(server, self.null if address == "<>" else self.mail, "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> Any:
        answer = await self.say(server, self.rcpt, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> Any:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if not self.content:
            sender = "" if envelope.mail_from == "<>" else str(envelope.mail_from)
            self.taken.append((sender, ",".join(envelope.rcpt_tos), envelope.content))
            self.seen_tls.append(session.ssl is not None)
        return await self.say(server, self.content, "250 queued as 4217")


class RelayLine(SMTP):
    """One connection to the relay."""

    relay: Relay
    counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.relay.connections += not self.counted  # STARTTLS makes the same connection once more
        self.counted = True
        self.relay.lines.append(transport)
        if self.relay.greeting:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(self.relay.greeting.encode() + b"\r\n")
            transport.close()
            return
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.relay.data == "drop":
            cut(self)
            return
        if self.relay.data:
            await self.push(self.relay.data)
            return
        await super().smtp_DATA(arg)


@contextlib.contextmanager
def serve(relay: Relay, *, implicit_tls: ssl.SSLContext | None = None, **shape: Any) -> Iterator[Relay]:
    loop = asyncio.new_event_loop()

    def line() -> RelayLine:
        made = RelayLine(relay, loop=loop, hostname="relay.test", **shape)
        made.relay = relay
        return made

    async def start() -> asyncio.Server:
        relay.release = asyncio.Event()
        RelayLine.relay = relay  # connection_made may come before the attribute
        return await loop.create_server(line, "127.0.0.1", relay.port, ssl=implicit_tls)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    relay.port = server.sockets[0].getsockname()[1]

    async def stop() -> None:
        relay.release.set()
        server.close()
        for transport in relay.lines:
            transport.close()
        others = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield relay
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def relay() -> Iterator[Relay]:
    with serve(Relay(), enable_SMTPUTF8=True) as running:
        yield running


def settings(relay: Relay, security: Security = "none", **more: Any) -> SmtpSettings:
    host = "127.0.0.1" if security == "none" else "localhost"
    return SmtpSettings(
        host=host, port=relay.port, security=security, hello="mailbot.test", **{"timeout": 5, **more}
    )


@contextlib.contextmanager
def open_door(s: SmtpSettings, tls: ssl.SSLContext | None = None) -> Iterator[SmtpDoor]:
    door = SmtpDoor(s, tls)
    try:
        yield door
    finally:
        door.close()


def hand_over(relay: Relay, **more: Any) -> Handed:
    with open_door(settings(relay, **more)) as door:
        return door.hand_over(MAIL, US, THEM)


# ------------------------------------------------------------------ the four outcomes


def test_a_mail_that_the_relay_takes_is_accepted_and_arrives_as_it_left(relay: Relay) -> None:
    assert hand_over(relay) == Handed(Outcome.ACCEPTED, 250, "queued as 4217")
    assert relay.taken == [(US, THEM, MAIL)]
    assert relay.helloes == ["mailbot.test"]


@pytest.mark.parametrize("where", ["mail", "rcpt", "data", "content"])
def test_a_relay_that_asks_for_patience_gets_the_mail_later(relay: Relay, where: str) -> None:
    setattr(relay, where, "451 4.7.1 greylisted, come back")
    assert hand_over(relay) == Handed(Outcome.LATER, 451, "4.7.1 greylisted, come back")


@pytest.mark.parametrize("where", ["mail", "rcpt", "data", "content"])
def test_a_refusal_for_good_is_refused(relay: Relay, where: str) -> None:
    setattr(relay, where, "550 5.1.1 no such user")
    assert hand_over(relay) == Handed(Outcome.REFUSED, 550, "5.1.1 no such user")


@pytest.mark.parametrize("where", ["mail", "rcpt", "data"])
def test_a_line_that_drops_before_the_content_is_for_later(relay: Relay, where: str) -> None:
    setattr(relay, where, "drop")
    handed = hand_over(relay)
    assert (handed.outcome, handed.code) == (Outcome.LATER, 0)
    assert relay.taken == []


def test_a_line_that_drops_after_the_content_leaves_it_unknown(relay: Relay) -> None:
    relay.content = "drop"
    handed = hand_over(relay)
    assert (handed.outcome, handed.code) == (Outcome.UNKNOWN, 0)
    assert relay.connections == 1, "what may have been taken is not sent again"


def test_a_relay_that_falls_silent_after_the_content_leaves_it_unknown(relay: Relay) -> None:
    relay.content = "hang"
    assert hand_over(relay, timeout=1).outcome is Outcome.UNKNOWN
    assert relay.connections == 1


def test_a_relay_that_falls_silent_before_the_content_is_for_later(relay: Relay) -> None:
    relay.rcpt = "hang"
    assert hand_over(relay, timeout=1).outcome is Outcome.LATER


@pytest.mark.parametrize("answer", ["what was that?", "354 go ahead", "150 wait"])
def test_an_answer_to_the_content_that_is_no_reply_leaves_it_unknown(relay: Relay, answer: str) -> None:
    """Nor is one that asks to go on: the relay may have taken it, and it must not go twice."""
    relay.content = answer
    assert hand_over(relay).outcome is Outcome.UNKNOWN


def test_a_relay_that_closes_with_421_after_the_content_has_not_taken_it(relay: Relay) -> None:
    relay.content = "421 4.3.2 shutting down"
    with open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, THEM) == Handed(Outcome.LATER, 421, "4.3.2 shutting down")
        relay.content = ""
        assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
    assert len(relay.taken) == 1


def test_where_nobody_listens_it_is_for_later() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        s = SmtpSettings("127.0.0.1", unused.getsockname()[1], "none", hello="mailbot.test", timeout=5)
        with open_door(s) as door:
            handed = door.hand_over(MAIL, US, THEM)
    assert (handed.outcome, handed.code) == (Outcome.LATER, 0)
    assert "SMTPConnectError" in handed.answer


def test_a_relay_that_greets_with_a_refusal_does_not_refuse_the_letter() -> None:
    with serve(Relay(greeting="554 5.7.1 go away")) as relay:
        handed = hand_over(relay)
    assert (handed.outcome, handed.code) == (Outcome.LATER, 554)


def test_a_relay_that_wants_a_login_does_not_refuse_the_letter(relay: Relay) -> None:
    relay.mail = "530 5.7.0 Authentication required"
    handed = hand_over(relay)
    assert (handed.outcome, handed.code) == (Outcome.LATER, 530)


def test_an_answer_of_252_to_a_recipient_counts_as_yes(relay: Relay) -> None:
    relay.rcpt = "252 2.5.2 cannot tell, will try"
    assert hand_over(relay).outcome is Outcome.ACCEPTED
    assert len(relay.taken) == 1


@pytest.mark.parametrize(
    "to", ["", "no address", "a@b\r\nRCPT TO:<c@d>", "a b@example.org", "<a@example.org>"]
)
def test_what_is_no_address_never_reaches_the_relay(relay: Relay, to: str) -> None:
    with open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, to).outcome is Outcome.REFUSED
    assert relay.connections == 0


# ------------------------------------------------------------------ one connection


def test_one_connection_serves_one_mail_after_another(relay: Relay) -> None:
    with open_door(settings(relay)) as door:
        for _ in range(20):
            assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
    assert (relay.connections, len(relay.taken)) == (1, 20)


def test_a_refusal_leaves_the_connection_fit_for_the_next_mail(relay: Relay) -> None:
    with open_door(settings(relay)) as door:
        relay.rcpt = "550 5.1.1 no such user"
        assert door.hand_over(MAIL, US, "gone@example.org").outcome is Outcome.REFUSED
        relay.rcpt = ""
        assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
    assert relay.connections == 1
    assert relay.taken == [(US, THEM, MAIL)]


def test_a_connection_that_the_relay_closed_meanwhile_is_opened_again(relay: Relay) -> None:
    with open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
        relay.cut_lines()
        assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
    assert (relay.connections, len(relay.taken)) == (2, 2)


def test_a_kept_connection_that_drops_at_the_first_word_gets_a_second_one_at_once(relay: Relay) -> None:
    with open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
        relay.mail = "drop"
        handed = door.hand_over(MAIL, US, THEM)
        assert handed.outcome is Outcome.LATER
        assert relay.connections == 2, "one more try, not many"
        relay.mail = ""
        assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED


def test_many_threads_may_hand_over_at_once(relay: Relay) -> None:
    outcomes: list[Outcome] = []
    with open_door(settings(relay)) as door:
        threads = [
            threading.Thread(target=lambda: outcomes.append(door.hand_over(MAIL, US, THEM).outcome))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert outcomes == [Outcome.ACCEPTED] * 8
    assert (relay.connections, len(relay.taken)) == (1, 8)


def test_the_door_closes_quickly_and_twice_and_then_everything_is_for_later(relay: Relay) -> None:
    door = SmtpDoor(settings(relay))
    assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
    began = time.monotonic()
    door.close()
    door.close()
    assert time.monotonic() - began < 2
    assert door.hand_over(MAIL, US, THEM).outcome is Outcome.LATER
    assert len(relay.taken) == 1


def test_a_door_that_was_never_used_closes(relay: Relay) -> None:
    SmtpDoor(settings(relay)).close()
    assert relay.connections == 0


def test_closing_in_the_middle_of_a_silent_relay_ends_the_wait_with_the_truth(relay: Relay) -> None:
    relay.content = "hang"
    door = SmtpDoor(settings(relay, timeout=60))
    heard: list[Handed] = []
    caller = threading.Thread(target=lambda: heard.append(door.hand_over(MAIL, US, THEM)))
    caller.start()
    deadline = time.monotonic() + 10
    while relay.connections == 0 and time.monotonic() < deadline:
        caller.join(0.01)
    # the content follows the connection within milliseconds; closing waits two seconds for a mail under way
    door.close()
    caller.join(10)
    assert [h.outcome for h in heard] == [Outcome.UNKNOWN]


# ------------------------------------------------------------------ empty sender


def test_an_empty_sender_is_used_where_it_is_asked_for(relay: Relay) -> None:
    with open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, THEM, null_sender=True).outcome is Outcome.ACCEPTED
        assert door.hand_over(MAIL, "", THEM).outcome is Outcome.ACCEPTED
        assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
    assert [sender for sender, _, _ in relay.taken] == ["", "", US]


@pytest.mark.parametrize("where", ["null", "content"])
def test_a_relay_that_takes_no_empty_sender_gets_our_address_and_is_remembered(where: str) -> None:
    class Picky(Relay):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> Any:  # noqa: N802
            if where == "content" and envelope.mail_from == "<>":
                return "554 5.2.252 SendAsDenied"
            return await super().handle_DATA(server, session, envelope)

    picky = Picky(null="550 5.7.1 empty sender not wanted" if where == "null" else "")
    with serve(picky) as relay, open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, THEM, null_sender=True).outcome is Outcome.ACCEPTED
        assert door.hand_over(MAIL, "", THEM).outcome is Outcome.ACCEPTED
        assert [sender for sender, _, _ in relay.taken] == [US, US]
        relay.null = "drop"  # it isn't even tried any more
        assert door.hand_over(MAIL, US, THEM, null_sender=True).outcome is Outcome.ACCEPTED
        assert relay.connections == 1


def test_a_recipient_who_does_not_exist_says_nothing_about_empty_senders(relay: Relay) -> None:
    with open_door(settings(relay)) as door:
        relay.rcpt = "550 5.1.1 no such user"
        assert door.hand_over(MAIL, US, "gone@example.org", null_sender=True).outcome is Outcome.REFUSED
        relay.rcpt = ""
        assert door.hand_over(MAIL, US, THEM, null_sender=True).outcome is Outcome.ACCEPTED
    assert [sender for sender, _, _ in relay.taken] == [""]


def test_settings_can_forbid_the_empty_sender(relay: Relay) -> None:
    with open_door(settings(relay, null_sender=False)) as door:
        assert door.hand_over(MAIL, US, THEM, null_sender=True).outcome is Outcome.ACCEPTED
        assert door.hand_over(MAIL, "", THEM).outcome is Outcome.ACCEPTED
    assert [sender for sender, _, _ in relay.taken] == [US, US]


def test_an_unknown_fate_under_the_empty_sender_is_not_tried_again_under_another(relay: Relay) -> None:
    relay.content = "drop"
    with open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, THEM, null_sender=True).outcome is Outcome.UNKNOWN
    assert relay.connections == 1


# ------------------------------------------------------------------ addresses beyond ASCII


def test_a_foreign_domain_is_written_as_dns_knows_it(relay: Relay) -> None:
    with open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, "zoe@bücher.example").outcome is Outcome.ACCEPTED
    assert relay.taken[0][1] == "zoe@xn--bcher-kva.example"


def test_a_foreign_name_goes_where_the_relay_can_take_it(relay: Relay) -> None:
    with open_door(settings(relay)) as door:
        assert door.hand_over(MAIL, US, "zoë@example.org").outcome is Outcome.ACCEPTED
    assert relay.taken[0][1] == "zoë@example.org"


def test_a_foreign_name_is_refused_where_the_relay_cannot_take_it() -> None:
    with serve(Relay(), enable_SMTPUTF8=False) as relay, open_door(settings(relay)) as door:
        handed = door.hand_over(MAIL, US, "zoë@example.org")
        assert handed.outcome is Outcome.REFUSED
        assert "SMTPUTF8" in handed.answer
        assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
        assert len(relay.taken) == 1


# ------------------------------------------------------------------ TLS


@dataclass(frozen=True)
class Papers:
    """A CA of our own and a certificate for localhost signed by it."""

    ca: Path
    server: ssl.SSLContext

    @property
    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    folder = tmp_path_factory.mktemp("papers")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    ca = ("-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", *ca)
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "san").write_text("subjectAltName=DNS:localhost\n")
    signed_by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
    openssl(
        *("x509", "-req", "-in", "server.csr", *signed_by, "-days", "2"),
        *("-out", "server.pem", "-extfile", "san"),
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return Papers(folder / "ca.pem", context)


def test_starttls_encrypts_before_anything_is_said(papers: Papers) -> None:
    with serve(Relay(), tls_context=papers.server, require_starttls=True) as relay:
        with open_door(settings(relay, "starttls"), papers.client) as door:
            assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
            assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
        assert relay.seen_tls == [True, True]
        assert relay.connections == 1


def test_a_relay_without_starttls_gets_nothing(relay: Relay, papers: Papers) -> None:
    with open_door(settings(relay, "starttls"), papers.client) as door:
        handed = door.hand_over(MAIL, US, THEM)
    assert handed.outcome is Outcome.LATER
    assert "STARTTLS" in handed.answer
    assert relay.taken == []


def test_a_certificate_that_nobody_vouches_for_gets_nothing(papers: Papers) -> None:
    with serve(Relay(), tls_context=papers.server) as relay:
        with open_door(settings(relay, "starttls")) as door:
            handed = door.hand_over(MAIL, US, THEM)
        assert handed.outcome is Outcome.LATER
        assert "certificate" in handed.answer.lower()
        assert relay.taken == []


def test_tls_from_the_first_byte(papers: Papers) -> None:
    with serve(Relay(), implicit_tls=papers.server) as relay:
        with open_door(settings(relay, "tls"), papers.client) as door:
            assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED
        assert len(relay.taken) == 1


def test_security_none_stays_in_clear_text_even_where_starttls_is_offered(papers: Papers) -> None:
    with serve(Relay(), tls_context=papers.server) as relay:
        assert hand_over(relay).outcome is Outcome.ACCEPTED
        assert relay.seen_tls == [False]


def test_a_login_that_fails_is_ours_to_mend_and_never_the_letters_fault(papers: Papers) -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    with serve(Relay(), tls_context=papers.server, authenticator=check, auth_required=True) as relay:
        with open_door(settings(relay, "starttls", user="us", password="wrong"), papers.client) as door:
            handed = door.hand_over(MAIL, US, THEM)
            assert (handed.outcome, handed.code) == (Outcome.LATER, 535)
            assert "wrong" not in handed.answer and "token" not in handed.answer
        with open_door(settings(relay, "starttls", user="us", password="right"), papers.client) as door:
            assert door.hand_over(MAIL, US, THEM).outcome is Outcome.ACCEPTED


# ------------------------------------------------------------------ the content


def test_thirty_long_references_arrive_whole(relay: Relay) -> None:
    ids = tuple(
        f"<AS8PR07MB{n:04}A1B2C3D4E5F60718293A4B5C6D7E8F9@AS8PR07MB{n:04}.eurprd07.prod.outlook.com>"
        for n in range(30)
    )
    order = order_of(Letter.HANDLER_REPLY)
    order = type(order)(**{**order.__dict__, "references": ids, "in_reply_to": ids[-1]})
    raw = Stationery(TEMPLATES).write(order, LETTERHEAD).raw
    with open_door(settings(relay)) as door:
        assert door.hand_over(raw, US, THEM).outcome is Outcome.ACCEPTED
    content = relay.taken[0][2]
    assert content == raw
    for message_id in ids:
        assert message_id.encode() in content


def test_a_big_mail_with_dots_arrives_as_it_left(relay: Relay) -> None:
    raw = b"Subject: big\r\n\r\n" + b".\r\n..\r\n.x and then some\r\n" * 100_000
    with open_door(settings(relay)) as door:
        assert door.hand_over(raw, US, THEM).outcome is Outcome.ACCEPTED
    assert relay.taken[0][2] == raw


def test_content_is_closed_by_a_lone_dot_and_line_ends_are_mended() -> None:
    assert prepare_content(b"a\n.b\rc") == b"a\r\n..b\r\nc\r\n.\r\n"
    assert prepare_content(b"a\r\n") == b"a\r\n.\r\n"

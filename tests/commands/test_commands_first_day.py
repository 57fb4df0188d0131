"""The first afternoon: `mailbot init`, then `mailbot doctor` against Dovecot and a relay that delivers into it."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import pty
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from doors.catcher import Reply, SmtpCatcher
from doors.command_line import Said
from doors.dovecot import Dovecot

from mailbot import settings
from mailbot.clock import WallClock
from mailbot.doctor import Finding, State, examine

ANSWERS = (
    "--name", "Quayside Homes", "--phone", "0191 496 0000", "--web", "https://quayside.example",
    "--postal-address", "1 Quay, Newcastle NE1 1AA", "--address", "complaints@quayside.example",
    "--supervisor", "Helen Marsh <helen@quayside.example>",
    "--handler", "Priya Shah <priya@quayside.example>", "--handler", "Priya Ray <pray@quayside.example>",
)  # fmt: skip
SECRETS = {"MAILBOT_IMAP_PASSWORD": "secret", "MAILBOT_SMTP_PASSWORD": "secret"}


# ------------------------------------------------------------------ init


def test_init_writes_a_whole_configuration_with_every_key_explained(
    mailbot: Callable[..., Said], tmp_path: Path
) -> None:
    said = mailbot("init", tmp_path / "ours", "--policy", "mtvh", *ANSWERS)
    assert said.code == 0, said.err
    assert "mailbot doctor" in said.out
    made = settings.load(tmp_path / "ours", environ=SECRETS)
    assert made.landlord.name == "Quayside Homes"
    assert (made.mailboxes[0].imap.host, made.smtp.host) == ("imap.quayside.example", "smtp.quayside.example")
    assert made.mailboxes[0].policy.id == "mtvh"
    people = {person.key: person.roles for person in made.people}
    assert people == {
        "helen": ("supervisor", "stage2", "duty"),
        "priya": ("handler",),
        "priya.ray": ("handler",),
    }
    assert (
        "# how long a letter is tried before a person is told"
        in (tmp_path / "ours" / "mailbot.toml").read_text()
    )


@pytest.mark.parametrize(
    ("provider", "host", "trust"),
    [("microsoft", "outlook.office365.com", "microsoft365"), ("google", "imap.gmail.com", "standard")],
)
def test_init_for_a_provider_leaves_the_secret_alone_to_fill_in(
    mailbot: Callable[..., Said], tmp_path: Path, provider: str, host: str, trust: str
) -> None:
    assert mailbot("init", tmp_path / "ours", "--provider", provider, *ANSWERS).code == 0
    (tmp_path / "ours" / "secrets").mkdir()
    for name in ("microsoft", "google.json"):
        (tmp_path / "ours" / "secrets" / name).write_text("{}")
        (tmp_path / "ours" / "secrets" / name).chmod(0o600)
    made = settings.load(tmp_path / "ours", environ={})
    oauth = made.smtp.oauth
    assert oauth is not None and oauth.provider == provider
    assert (made.mailboxes[0].imap.host, made.trust.mode) == (host, trust)
    assert made.smtp.null_sender is False


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Give as options: --name, --phone, --web, --postal-address, --address"),
        ((*ANSWERS, "--policy", "mtv"), "did you mean 'mtvh'?"),
        ((*ANSWERS, "--provider", "gmail"), "known: password, microsoft, google"),
        ((*ANSWERS, "--handler", "priya@quayside.example"), 'write it like "Helen Marsh <helen.marsh@'),
        ((*ANSWERS[:8], "--address", "quayside.example"), "write a bare address like"),
        ((*ANSWERS, "--name", "Quay\nside"), "it must be on one line"),
    ],
)
def test_init_refuses_what_it_can_not_use_and_writes_nothing(
    mailbot: Callable[..., Said], tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    said = mailbot("init", tmp_path / "ours", *words)
    assert said.code == 2
    assert told in said.err
    assert not (tmp_path / "ours").exists()


def test_at_a_terminal_init_asks_again_for_what_can_be_no_answer(tmp_path: Path) -> None:
    """Whoever mistypes the ninth answer need not give the other eight once more."""
    said = (
        "Quayside",
        "01",
        "q.example",
        "1 Quay",
        "complaints.q.example",
        "complaints@q.example",
        "mvth",
        "mtvh",
    )
    rest = (
        "",
        "",
        "",
        "Helen Marsh",
        "Helen Marsh <helen@q.example>",
        "Sam <sam@q.example>, Ann <ann@q.example>",
    )
    terminal, theirs = pty.openpty()
    words = [sys.executable, "-m", "mailbot", "init", str(tmp_path / "ours")]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs) as command:
        os.close(theirs)
        os.write(terminal, "".join(f"{line}\n" for line in (*said, *rest)).encode())
        heard = bytearray()
        with contextlib.suppress(OSError):  # what a terminal says once whoever was there is gone
            while more := os.read(terminal, 4096):
                heard += more
    os.close(terminal)
    assert command.returncode == 0, heard.decode()
    for told in (b"write a bare address like", b"did you mean 'mtvh'?", b'write it like "Helen Marsh <'):
        assert heard.count(told) == 1
    made = settings.load(tmp_path / "ours", servers=False)
    assert made.mailboxes[0].imap.address == "complaints@q.example"
    assert [person.key for person in made.people] == ["helen", "sam", "ann"]


def test_init_overwrites_nothing(mailbot: Callable[..., Said], tmp_path: Path) -> None:
    assert mailbot("init", tmp_path / "ours", *ANSWERS).code == 0
    before = (tmp_path / "ours" / "staff.toml").read_text()
    said = mailbot("init", tmp_path / "ours", *ANSWERS)
    assert said.code == 2 and "nothing was changed" in said.err
    assert (tmp_path / "ours" / "staff.toml").read_text() == before


# ------------------------------------------------------------------ doctor


class Delivering(SmtpCatcher):
    """A relay that hands what it takes to Dovecot, as a landlord's own does."""

    def into(self, dovecot: Dovecot) -> Delivering:
        self.dovecot = dovecot
        return self

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        with smtplib.LMTP(self.dovecot.host, self.dovecot.lmtp_port, timeout=20) as lmtp:
            lmtp.sendmail("x@example.org", envelope.rcpt_tos, envelope.content)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def relay(dovecot: Dovecot) -> Iterator[Delivering]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(dovecot.certificate, dovecot.directory / "key.pem")
    catcher = Delivering(tls=context).into(dovecot)
    catcher.start()
    yield catcher
    catcher.stop()


class Clinic:
    """A configuration that is right, to be spoilt and examined."""

    def __init__(self, folder: Path, dovecot: Dovecot, relay: SmtpCatcher, run: Callable[..., Said]) -> None:
        self.address = dovecot.fresh_mailbox()
        answers = [word if "complaints@" not in word else self.address for word in ANSWERS]
        self.folder = folder / "ours"
        assert run("init", self.folder, *answers, "--authserv-id", "mx.quayside.example").code == 0
        file = self.folder / "mailbot.toml"
        text = file.read_text()
        for old, new in (
            ('host = "imap.example.org"', 'host = "localhost"'),
            ("port = 993", f"port = {dovecot.imaps_port}"),
            ('host = "smtp.example.org"', 'host = "localhost"'),
            ("port = 587", f"port = {relay.port}"),
            (f'user = "{self.address}"\npassword_env = "MAILBOT_SMTP_PASSWORD"', ""),
            ("# plus_addressing = false", "plus_addressing = true"),
        ):
            assert old in text, old
            text = text.replace(old, new)
        file.write_text(text)

    def spoil(self, old: str, new: str) -> None:
        file = self.folder / "mailbot.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def findings(self, **how: Any) -> list[Finding]:
        made = settings.load(self.folder, environ=SECRETS)
        return list(examine(made, WallClock(), **{"seconds": 20, **how}))


@pytest.fixture
def clinic(
    tmp_path: Path,
    dovecot: Dovecot,
    relay: Delivering,
    mailbot: Callable[..., Said],
    monkeypatch: pytest.MonkeyPatch,
) -> Clinic:
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    return Clinic(tmp_path, dovecot, relay, mailbot)


def told(findings: list[Finding], state: State) -> str:
    return "\n".join(f"{f.part}: {f.told} -> {f.fix}" for f in findings if f.state is state)


MAIL = (
    "Authentication-Results: {border}; dmarc={verdict} header.from=quayside.example\r\n"
    "From: {sender}\r\nTo: complaints\r\nSubject: x\r\n\r\nHello\r\n"
)


def post(
    dovecot: Dovecot, to: str, sender: str, verdict: str = "pass", border: str = "mx.quayside.example"
) -> None:
    dovecot.deliver(MAIL.format(border=border, verdict=verdict, sender=sender).encode(), to)


def test_a_service_that_is_well_passes_and_its_test_mails_are_gone_again(
    clinic: Clinic, dovecot: Dovecot
) -> None:
    post(dovecot, clinic.address, "Priya <priya@quayside.example>")
    findings = clinic.findings()
    assert told(findings, State.WRONG) == ""
    well = told(findings, State.OK)
    for part in ("a mail to ourselves arrived", "takes our mail", "lets us in", "vouches for senders",
                 "all 1 mails of staff", "database", "classifier: ready", "bank holidays",
                 "letters: every template"):  # fmt: skip
        assert part in well, part
    assert "certificate holds until" in told(findings, State.WARNING)  # of two days, in this test
    with dovecot.client(clinic.address) as client:
        client.select_folder("INBOX")
        assert len(client.search("ALL")) == 1  # the colleague's


@pytest.mark.parametrize(
    ("old", "new", "part", "fix"),
    [
        ('host = "localhost"', 'host = "imap.invalid"', "imap.invalid", "correct the host"),
        ("# folder = \"INBOX\"", "folder = \"Complaints\"", "Complaints", "correct mailbox.folder"),
    ],
)  # fmt: skip
def test_what_is_wrong_comes_with_what_to_do(clinic: Clinic, old: str, new: str, part: str, fix: str) -> None:
    clinic.spoil(old, new)
    wrong = told(clinic.findings(send=False), State.WRONG)
    assert part in wrong and fix in wrong, wrong


def test_a_mailbox_whose_border_has_another_name_is_told_the_name(clinic: Clinic, dovecot: Dovecot) -> None:
    for _ in range(2):
        post(dovecot, clinic.address, "Jean <jean@example.com>", border="mx7.quayside.example")
    wrong = told(clinic.findings(send=False), State.WRONG)
    assert 'write authserv_id = "mx7.quayside.example"' in wrong


def test_an_empty_mailbox_leaves_the_border_unproved_and_says_so(clinic: Clinic) -> None:
    look = told(clinic.findings(send=False), State.WARNING)
    assert "no mail in INBOX yet" in look and "then run doctor again" in look


def test_a_shadow_run_that_would_not_find_the_teams_letters_is_told_how(
    clinic: Clinic, dovecot: Dovecot
) -> None:
    look = told(clinic.findings(send=False), State.WARNING)
    assert (
        "marks no folder as the one for sent mail" in look and "There is none with sent in its name" in look
    )
    with dovecot.client(clinic.address) as client:
        client.create_folder("Sent Items")
    clinic.spoil('# sent_folder = ""', 'sent_folder = "Sent"')
    look = told(clinic.findings(send=False), State.WARNING)
    assert "there is no folder 'Sent'" in look and "There is Sent Items" in look
    clinic.spoil('sent_folder = "Sent"', 'sent_folder = "Sent Items"')
    assert "what the team sends is read from Sent Items" in told(clinic.findings(send=False), State.OK)


def test_staff_whose_mail_is_not_vouched_for_are_counted(clinic: Clinic, dovecot: Dovecot) -> None:
    post(dovecot, clinic.address, "Priya <priya@quayside.example>")
    post(dovecot, clinic.address, "Helen <helen@quayside.example>", verdict="fail")
    look = told(clinic.findings(send=False), State.WARNING)
    assert "1 of 2 mails of staff were not vouched for: DMARC failed" in look


def test_a_plus_address_that_does_not_arrive_is_found_by_trying(clinic: Clinic, relay: Delivering) -> None:
    relay.reply = lambda recipient: Reply(rcpt="550 5.1.1 no such user" if "+" in recipient else "")
    assert "+anything@example.org does not arrive" in told(clinic.findings(), State.WRONG)


def test_mail_that_goes_nowhere_is_found_by_waiting(
    clinic: Clinic, relay: Delivering, dovecot: Dovecot
) -> None:
    clinic.spoil(f'address = "{clinic.address}"', 'address = "complaints-elsewhere@example.org"')
    clinic.spoil(
        'complaints_address = "complaints-elsewhere@example.org"', f'complaints_address = "{clinic.address}"'
    )
    wrong = told(clinic.findings(seconds=1), State.WRONG)
    assert "a mail to ourselves did not arrive in 1 s" in wrong


def test_a_relay_that_is_away_stops_nothing_else(clinic: Clinic, relay: Delivering) -> None:
    relay.stop()
    findings = clinic.findings()
    assert "correct smtp.host" in told(findings, State.WRONG)
    assert "lets us in" in told(findings, State.OK)


def test_the_command_exits_with_1_when_something_is_wrong(
    clinic: Clinic, mailbot: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    good = mailbot("doctor", "--config", clinic.folder, "--wait", 20)
    assert (good.code, "Nothing is wrong." in good.out) == (0, True), good.out
    monkeypatch.setenv("MAILBOT_IMAP_PASSWORD", "wrong-hush")
    bad = mailbot("doctor", "--config", clinic.folder, "--no-send", "--json")
    assert bad.code == 1
    assert [f["part"] for f in bad.json if f["state"] == "wrong"] == ["mailbox complaints"]
    assert "hush" not in bad.out


def test_the_daemon_attends_to_no_test_mail_of_the_doctor() -> None:
    from mailbot.postroom.examining import own_mail
    from mailbot.postroom.reading import read
    from mailbot.postroom.screening import screen

    raw = own_mail(
        "c@example.org", "c@example.org", "<doctor.1@example.org>", dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    )
    assert screen(read(raw), frozenset({"c@example.org"})).own_come_back

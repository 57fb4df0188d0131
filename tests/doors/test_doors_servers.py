"""The servers that tests and demo stand on do what they promise."""

from __future__ import annotations

import datetime as dt
import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from doors.catcher import Reply, SmtpCatcher
from doors.dovecot import find_dovecot
from doors.mailboxes import Mailboxes
from doors.shelf import mail
from imapclient import IMAPClient

from mailbot.demo.servers import Answer, EmbeddedMail

REPOSITORY = Path(__file__).parents[2]
SECOND_OF_MARCH = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
USERS = {"complaints@landlord.example": "secret", "a.handler@landlord.example": "word"}


@pytest.fixture
def demo() -> Iterator[EmbeddedMail]:
    with EmbeddedMail(USERS, clock=lambda: SECOND_OF_MARCH) as servers:
        yield servers


def inbox(servers: EmbeddedMail, user: str) -> list[tuple[dt.datetime, bytes]]:
    """Everything in a user's inbox, with the date of receipt."""
    with IMAPClient("127.0.0.1", servers.imap_port, ssl=False, timeout=10) as client:
        client.normalise_times = False
        client.login(user, USERS[user])
        client.select_folder("INBOX", readonly=True)
        found = client.fetch(client.search("ALL"), ["INTERNALDATE", "BODY.PEEK[]"])
    return [(found[uid][b"INTERNALDATE"], found[uid][b"BODY[]"]) for uid in sorted(found)]


def submit(
    servers: EmbeddedMail, sender: str, to: str, raw: bytes, login: tuple[str, str] | None = None
) -> Any:
    with smtplib.SMTP("127.0.0.1", servers.smtp_port, timeout=10) as smtp:
        if login:
            smtp.login(*login)
        return smtp.sendmail(sender, [to], raw)


def test_the_demo_delivers_with_the_date_that_it_is_told(demo: EmbeddedMail) -> None:
    in_june = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)
    demo.deliver("complaints@landlord.example", mail("dated"), in_june)
    demo.deliver("complaints+token@landlord.example", mail("by the clock"))
    assert inbox(demo, "complaints@landlord.example") == [
        (in_june, mail("dated")),
        (SECOND_OF_MARCH, mail("by the clock")),
    ]
    with pytest.raises(KeyError):
        demo.deliver("nobody@landlord.example", mail("to nobody"))


def test_the_demo_says_on_top_who_was_checked_and_removes_what_is_said_in_its_name(
    demo: EmbeddedMail,
) -> None:
    forged = b"Authentication-Results: mx.demo.example;\r\n dmarc=pass header.from=landlord.example\r\n"
    other = b"Authentication-Results: elsewhere.example; dmarc=pass\r\n"
    for authenticated in (True, False, None):
        demo.deliver("complaints@landlord.example", other + forged + mail("x"), authenticated=authenticated)
    stamp = b"Authentication-Results: mx.demo.example; dmarc=%b header.from=example.com\r\n"
    assert [raw for _, raw in inbox(demo, "complaints@landlord.example")] == [
        stamp % b"pass" + other + mail("x"),
        stamp % b"fail" + other + mail("x"),
        other + mail("x"),
    ]


def test_what_is_sent_through_the_demo_is_kept_with_its_envelope_and_reaches_its_users(
    demo: EmbeddedMail,
) -> None:
    submit(demo, "", "resident@example.com", mail("a letter"))
    submit(demo, "resident@example.com", "Complaints+abc@landlord.example", mail("a reply"))
    first, second = demo.wait_for_sent(2, 5)
    assert (first.sender, first.recipients, first.at) == ("", ("resident@example.com",), SECOND_OF_MARCH)
    assert first.raw == mail("a letter")
    assert second.recipients == ("Complaints+abc@landlord.example",)
    assert inbox(demo, "complaints@landlord.example") == [(SECOND_OF_MARCH, mail("a reply"))]


@pytest.mark.parametrize(("written_by", "verdict"), [("a.handler", b"pass"), ("another", b"fail")])
def test_a_user_who_logs_in_is_vouched_for_under_the_own_name_only(
    demo: EmbeddedMail, written_by: str, verdict: bytes
) -> None:
    raw = mail("#contacted").replace(b"resident@example.com", f"{written_by}@landlord.example".encode())
    login = ("a.handler@landlord.example", "word")
    submit(demo, "a.handler@landlord.example", "complaints@landlord.example", raw, login)
    ((_, received),) = inbox(demo, "complaints@landlord.example")
    expected = b"Authentication-Results: mx.demo.example; dmarc=%b header.from=landlord.example\r\n" % verdict
    assert received.startswith(expected)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        submit(
            demo, "a.handler@landlord.example", "x@y.example", raw, ("a.handler@landlord.example", "wrong")
        )


def test_the_demo_refuses_puts_off_and_hangs_up_as_it_is_told() -> None:
    answers = {
        "gone@example.com": Answer(recipient="550 5.1.1 no such user"),
        "busy@example.com": Answer(content="451 4.3.0 later"),
        "mute@example.com": Answer(hang_up=True),
    }
    with EmbeddedMail(USERS, answers=lambda to: answers.get(to, Answer())) as demo:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            submit(demo, "x@landlord.example", "gone@example.com", mail("1"))
        with pytest.raises(smtplib.SMTPDataError) as put_off:
            submit(demo, "x@landlord.example", "busy@example.com", mail("2"))
        assert put_off.value.smtp_code == 451
        with pytest.raises(smtplib.SMTPServerDisconnected):
            submit(demo, "x@landlord.example", "mute@example.com", mail("3"))
        submit(demo, "x@landlord.example", "fine@example.com", mail("4"))
        assert [sent.raw for sent in demo.sent] == [mail("4")]


def test_the_demo_stops_without_a_word_while_people_are_connected() -> None:
    story = """
import smtplib
from imapclient import IMAPClient
from mailbot.demo.servers import EmbeddedMail
servers = EmbeddedMail({"a@b.example": "secret"}).start()
idle, silent = (IMAPClient("127.0.0.1", servers.imap_port, ssl=False, timeout=5) for _ in range(2))
idle.login("a@b.example", "secret"); idle.select_folder("INBOX"); idle.idle()
smtp = smtplib.SMTP("127.0.0.1", servers.smtp_port); smtp.login("a@b.example", "secret"); smtp.mail("a@b.example")
servers.deliver("a@b.example", b"Subject: x\\n\\nhello\\n")
servers.stop(); servers.stop()
"""
    told = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "ignore::ResourceWarning", "-c", story],
        capture_output=True, text=True, timeout=60, check=True, cwd=REPOSITORY,
    )  # fmt: skip
    assert told.stdout + told.stderr == ""


def test_without_its_packages_the_demo_says_what_to_install() -> None:
    story = """
import sys
sys.modules["pymap"] = None
from mailbot.demo.servers import DemoExtraMissing, EmbeddedMail
try:
    EmbeddedMail({}).start()
except DemoExtraMissing as e:
    print(e)
"""
    told = subprocess.run(
        [sys.executable, "-c", story], capture_output=True, text=True, timeout=60, check=True, cwd=REPOSITORY
    )
    assert "mailbot[demo]" in told.stdout


def test_every_mail_server_takes_mail_at_a_plus_address(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    mail_server.deliver(mail("to the token"), to=address.replace("@", "+CC-2026-000001-4.abcd@"))
    assert len(mail_server.uids(address)) == 1


def test_the_catcher_catches_refuses_and_hangs_up(smtp_catcher: SmtpCatcher) -> None:
    def send(to: str) -> None:
        with smtplib.SMTP(smtp_catcher.host, smtp_catcher.port, timeout=10) as smtp:
            smtp.sendmail("", [to], mail(to))

    replies = {
        "no": Reply(rcpt="550 no"),
        "later": Reply(data="451 later"),
        "lost": Reply(hang_up_after_data=True),
        "unknown": Reply(hang_up_after_data=True, kept=True),
    }
    smtp_catcher.reply = lambda to: replies.get(to.partition("@")[0], Reply())
    send("yes@example.com")
    for to, error in (
        ("no", smtplib.SMTPRecipientsRefused),
        ("later", smtplib.SMTPDataError),
        ("lost", smtplib.SMTPServerDisconnected),
        ("unknown", smtplib.SMTPServerDisconnected),
    ):
        with pytest.raises(error):
            send(f"{to}@example.com")
    caught = smtp_catcher.wait_for(2)
    assert [(c.sender, c.recipients) for c in caught] == [
        ("", ("yes@example.com",)),
        ("", ("unknown@example.com",)),
    ]
    assert caught[0].raw == mail("yes@example.com")
    assert smtp_catcher.connections == 5


def test_every_test_has_an_empty_database_of_its_own(postgres_url: str, postgres: Any) -> None:
    other = postgres.fresh_database()
    assert other != postgres_url
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE only_here (n int)")
        count = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert count == (1,)
    with psycopg.connect(other.replace("+psycopg", "")) as connection:
        count = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert count == (0,)
    postgres.drop(other)


def test_dovecot_is_found_where_an_ordinary_user_does_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_dovecot()


def test_installing_servers_that_are_there_is_quick_and_silent() -> None:
    told = subprocess.run(
        [REPOSITORY / ".ci" / "install-servers"], capture_output=True, text=True, timeout=10, check=True
    )
    assert told.stdout + told.stderr == ""


def test_installing_servers_without_the_rights_names_the_command(tmp_path: Path) -> None:
    """A machine without Dovecot, apt-get or sudo: PATH holds nothing that would help."""
    script = (REPOSITORY / ".ci" / "install-servers").read_text()
    bare = tmp_path / "install-servers"
    bare.write_text(script.replace("/usr/local/sbin:/usr/sbin:/sbin", "/nowhere"))
    told = subprocess.run(
        ["/bin/sh", str(bare)],
        capture_output=True, text=True, timeout=10, env={**os.environ, "PATH": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert told.returncode == 1
    assert "apt-get install -y --no-install-recommends dovecot-imapd dovecot-lmtpd" in told.stderr

"""An export of a team's own mailbox, replayed: what they missed is found, exactly, and nothing is sent."""

from __future__ import annotations

import datetime as dt
import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doors.command_line import Said, keyboard
from doors.dovecot import Dovecot

from mailbot.places import templates_dir
from mailbot.replay.playing import decision_in, is_formal
from mailbot.replay.sources import NoExport, date_of, open_export

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
BENCH = Path(__file__).parents[2] / "bench" / "export_with_faults.py"


@pytest.fixture(scope="module")
def faults() -> Any:
    """The bench's maker of exports with mistakes in them."""
    spec = importlib.util.spec_from_file_location("export_with_faults", BENCH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["export_with_faults"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def mailbot(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Callable[..., Said]:
    return keyboard(monkeypatch, capfdbinary, tmp_path)


def test_planted_mistakes_of_a_team_are_found_and_no_others(
    faults: Any, mailbot: Callable[..., Said], tmp_path: Path
) -> None:
    mails, planted = faults.export(90, seed=1)
    faults.write_mbox(tmp_path / "export.mbox", mails)
    said = mailbot("replay", tmp_path / "export.mbox", "--policy", "mtvh", "--html", "report.html", "--json")
    assert said.code == 0, said.err
    told = said.json
    assert told["mails_in"] + told["mails_out"] == planted.mails
    writer = {case["reference"]: case["from"] for case in told["cases"]}

    def found(kind: str) -> list[str]:
        return sorted(writer[f["case"]] for f in told["findings"] if f["kind"] == kind)

    assert planted.late and planted.never and planted.unanswered and planted.crossed
    assert found("late acknowledgement") == sorted(planted.late)
    assert found("complaint that nobody acknowledged") == sorted(planted.never)
    assert found("escalation that nobody answered") == sorted(planted.unanswered)
    assert found("answer in somebody else's thread") == sorted(planted.crossed)
    assert found("escalation answered late") == []
    # what mailbot would have sent: an acknowledgement to each, on the day on which they wrote
    received = {case["reference"]: case["received"][:10] for case in told["cases"]}
    acknowledged = [row for row in told["letters"] if row["letter"] == "acknowledgement"]
    first = {row["case"]: row["at"][:10] for row in reversed(acknowledged)}
    sorted_by_the_model = {mail["case"] for mail in told["mails"] if mail["taken_for"] == "new_complaint"}
    assert {case: first[case] for case in sorted_by_the_model} == {
        c: received[c] for c in sorted_by_the_model
    }
    page = (tmp_path / "report.html").read_text()
    assert "Acknowledged in time by the team" in page and "http://" not in page and "<script" not in page
    # every kind of letter could be written; what nobody does is one thing a case, however often it is asked for
    assert told["unwritten"] == [] and "be written" not in page
    closing = [row for row in told["letters"] if row.get("about") == "a proposal to close waits for you"]
    asked = [row for row in closing if not row["reminder"]]
    assert sorted({row["case"] for row in closing}) == sorted(row["case"] for row in asked)
    assert {row["letter"] for row in asked} == {"proposal"}
    reminders = Counter(row["case"] for row in closing if row["reminder"])
    assert max(reminders.values()) == 12
    words = " ".join(re.sub("<[^>]*>", " ", page).split())
    row = f"a proposal to close waits for you supervisor {len(reminders)} {reminders.total()} 12 (CC-"
    assert "What would have waited for somebody" in words and row in words


def test_every_form_of_export_holds_the_same_mails(faults: Any, tmp_path: Path) -> None:
    mails, _ = faults.export(20)
    faults.write_mbox(tmp_path / "one.mbox", mails)
    folder, maildir = tmp_path / "folder" / "deep", tmp_path / "maildir"
    folder.mkdir(parents=True)
    for sub in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new"):
        (maildir / sub).mkdir(parents=True)
    for n, raw in enumerate(mails):
        (folder / f"{n:03}.eml").write_bytes(raw)
        (maildir / (("cur", "new", ".Sent/cur")[n % 3]) / f"{n}:2,S").write_bytes(raw)
    (folder / "notes.docx").write_bytes(b"no mail")
    exports = [open_export(path, NOW) for path in (tmp_path / "one.mbox", tmp_path / "folder", maildir)]
    bodies = [[m.fetch().split(b"\n\n", 1)[1].strip() for m in export.mails] for export in exports]
    assert len(bodies[0]) == len(mails)
    assert sorted(bodies[0]) == sorted(bodies[1]) == sorted(bodies[2])
    assert [m.at for m in exports[0].mails] == sorted(m.at for m in exports[0].mails)


def test_a_folder_over_imap_is_read_and_nothing_there_changes(
    faults: Any,
    dovecot: Dovecot,
    mailbot: Callable[..., Said],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = dovecot.fresh_mailbox()
    mails, _ = faults.export(12)
    for raw in mails:
        dovecot.deliver(raw.replace(faults.BOX.encode(), address.encode()), address)
    answers = ("--name", "L", "--phone", "1", "--web", "w", "--postal-address", "p", "--address", address,
               "--imap-host", dovecot.host, "--supervisor", "H <h@example.org>",
               "--handler", "P <p@example.org>")  # fmt: skip
    assert mailbot("init", "ours", *answers).code == 0
    toml = tmp_path / "ours" / "mailbot.toml"
    text = (
        toml.read_text()
        .replace("port = 993", f"port = {dovecot.imap_port}")
        .replace('security = "tls"', 'security = "none"')
    )
    toml.write_text(text)
    monkeypatch.setenv("MAILBOT_IMAP_PASSWORD", dovecot.password)
    monkeypatch.setenv("MAILBOT_SMTP_PASSWORD", "x")
    with dovecot.client(address) as client:
        client.select_folder("INBOX", readonly=True)
        before = client.fetch(client.search("ALL"), ["FLAGS", "UID"])
    today = dt.datetime.now(dt.UTC).date()
    said = mailbot("replay", "imap", "--config", "ours", "--since", today - dt.timedelta(days=1), "--json")
    assert said.code == 0, said.err
    assert said.json["mails_in"] + said.json["mails_out"] == len(mails)
    with dovecot.client(address) as client:
        client.select_folder("INBOX", readonly=True)
        after = client.fetch(client.search("ALL"), ["FLAGS", "UID"])
    assert {k: v[b"FLAGS"] for k, v in after.items()} == {k: v[b"FLAGS"] for k, v in before.items()}


def test_of_several_mailboxes_of_ones_own_the_mails_choose_theirs(
    faults: Any, mailbot: Callable[..., Said], tmp_path: Path
) -> None:
    mails, _ = faults.export(2)
    faults.write_mbox(tmp_path / "export.mbox", mails)
    answers = ("--name", "L", "--phone", "1", "--web", "w", "--postal-address", "p", "--address", "first@x.example",
               "--supervisor", "H <h@x.example>", "--handler", "P <p@x.example>")  # fmt: skip
    assert mailbot("init", "ours", *answers).code == 0
    toml = tmp_path / "ours" / "mailbot.toml"
    one = toml.read_text()
    strange = mailbot("replay", "export.mbox", "--config", "ours")
    assert strange.code == 0
    assert (
        f"Most of these mails are to {faults.BOX}, which mailbot.toml names as no mailbox or alias"
        in strange.err
    )
    section = one[one.index("[[mailbox]]") : one.index("[smtp]")].replace("first@x.example", faults.BOX)
    toml.write_text(
        one.replace("[smtp]", section.replace('name = "complaints"', 'name = "second"') + "\n[smtp]", 1)
    )
    told = mailbot("replay", "export.mbox", "--config", "ours")
    assert f"the mailbox is {faults.BOX}" in told.err and "Most of these" not in told.err
    asked = mailbot("replay", "export.mbox", "--config", "ours", "--address", "first@x.example")
    assert "the mailbox is first@x.example" in asked.err
    assert (
        "Known: first@x.example" in mailbot("replay", "x", "--config", "ours", "--address", "a@b.example").err
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere.mbox",), "is not there: name an mbox file, a Maildir, or a folder of .eml files"),
        (("empty",), "there is no mail in"),
        (("imap",), "over IMAP: name your configuration with --config"),
        (("one.eml", "--policy", "mtv"), "policy"),
        (("one.eml", "--staff", "none.toml"), "none.toml is not there"),
        (("one.eml", "--since", "2026-01-01"), "holds no mail with a date between these days"),
        (("one.eml", "--html", "no/where.html"), "there is no folder"),
    ],
)
def test_what_can_not_be_replayed_is_told_in_a_sentence(
    mailbot: Callable[..., Said], tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "one.eml").write_bytes(
        b"From: a@b.example\nTo: c@d.example\nDate: Mon, 3 Mar 2025 10:00 +0000\n\nHello\n"
    )
    said = mailbot("replay", *words)
    assert said.code == 2
    assert told in said.err
    assert "Traceback" not in said.err


RECEIVED = (
    b"Received: from a by b; Mon, 3 Mar 2025 10:00:00 +0100\n"
    b"Received: from x by a; Mon, 3 Mar 2025 09:00:00 +0100\n"
)


def test_a_template_that_cannot_be_written_is_found_by_file_and_line(
    faults: Any, mailbot: Callable[..., Said], tmp_path: Path
) -> None:
    mails, _ = faults.export(8)
    faults.write_mbox(tmp_path / "export.mbox", mails)
    answers = ("--name", "L", "--phone", "1", "--web", "w", "--postal-address", "p", "--address", faults.BOX,
               "--supervisor", "H <h@x.example>", "--handler", "P <p@x.example>")  # fmt: skip
    assert mailbot("init", "ours", *answers).code == 0
    toml = tmp_path / "ours" / "mailbot.toml"
    toml.write_text(toml.read_text().replace('# templates = ""', 'templates = "own"', 1))
    own = tmp_path / "ours" / "own" / "acknowledgement"
    own.mkdir(parents=True)
    shipped = (templates_dir() / "acknowledgement" / "text.txt").read_text()
    (own / "text.txt").write_text(
        shipped.replace("{% block main %}", "{% block main %}\n{{ handler.nickname }}", 1)
    )
    line = shipped[: shipped.index("{% block main %}")].count("\n") + 2
    said = mailbot("replay", "export.mbox", "--config", "ours", "--json")  # no start would find that
    (fault,) = said.json["unwritten"]
    acknowledged = sum(row["letter"] == "acknowledgement" for row in said.json["letters"])
    assert (
        fault.startswith(f"letter acknowledgement: {own / 'text.txt'}, line {line}: ") and "nickname" in fault
    )
    assert fault.endswith(f"({acknowledged} letters)") and acknowledged > 1
    assert f"can't be written: {fault}" in said.err


@pytest.mark.parametrize(
    ("head", "at"),
    [
        (RECEIVED + b"Date: Sat, 1 Mar 2025 10:00:00 +0000\n\n", "2025-03-03T09:00:00+00:00"),
        (b"Date: Sat, 1 Mar 2025 10:00:00 +0000\n\nx", "2025-03-01T10:00:00+00:00"),
        (b"Date: Thu, 1 Jan 1970 00:00:00 +0000\n\n", None),
        (b"Date: Fri, 1 Jan 2099 00:00:00 +0000\n\n", None),
        (b"Date: yesterday\n\n", None),
        (b"Subject: x\n\nDate: Sat, 1 Mar 2025 10:00:00 +0000\n", None),
        (b"Received: from a by b;\n Mon, 3 Mar 2025\n 10:00:00 +0100 (CET)\n\n", "2025-03-03T09:00:00+00:00"),
        (b"", None),
    ],
)
def test_a_mail_is_dated_by_the_last_server_that_had_it(head: bytes, at: str | None) -> None:
    found = date_of(head, NOW)
    assert (found.isoformat() if found else None) == at


def test_a_mail_without_any_date_is_counted_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"Subject: x\n\nHello\n")
    export = open_export(tmp_path, NOW)
    assert (export.mails, export.undated) == ([], ["a.eml"])
    with pytest.raises(NoExport):
        open_export(tmp_path / "b", NOW)


@pytest.mark.parametrize(
    ("subject", "text", "formal"),
    [
        ("Stage 1 response to your complaint", "Dear Jean", True),
        ("Re: Stage 1 response to your complaint", "Thank you, a surveyor comes on Monday.", False),
        ("Re: leak", "This is our stage 2 response. We have not upheld your complaint.", True),
        ("Re: leak", "We will send you our stage 1 response by 14 January.", False),
        ("Re: leak", "Your complaint has been partly upheld.", True),
        ("Re: leak", "You can ask for a final response if you are unhappy.", False),
    ],
)
def test_a_formal_response_is_told_from_a_reply_that_promises_one(
    subject: str, text: str, formal: bool
) -> None:
    assert is_formal(subject, text) is formal


def test_what_a_response_decided_is_read_from_its_words() -> None:
    assert decision_in("We have not upheld your complaint.") == "not upheld"
    assert decision_in("Your complaint is partially upheld.") == "partly upheld"
    assert decision_in("We uphold it.") == decision_in("Sorry.") == "upheld"


def test_one_mail_is_told_in_words(mailbot: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(
        b"From: Jean <jean@mail.example>\nTo: c@d.example\nDate: Mon, 3 Mar 2025 10:00 +0000\n"
        b"Subject: Formal complaint\n\n"
        b"I want to make a formal complaint about the leak. It has gone on for months.\n"
    )
    said = mailbot("replay", "one.eml")
    assert (said.code, "jean@mail.example" in said.out) == (0, True)
    assert "What was missed" in said.out

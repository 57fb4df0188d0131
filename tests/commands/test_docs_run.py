"""Every command that a page shows or names is typed, and does what the page says of it."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer.main
from commands_places import CHECKOUT, DOCS, Office
from docs_typed import IN_FULL, NOT_RUN, PAGES, REFUSES, in_blocks, in_words, words_of
from doors.catcher import SmtpCatcher
from doors.command_line import Said
from doors.dovecot import Dovecot

import classifiers
from classifiers.training import default_cache
from mailbot.__main__ import app

PASSWORDS = ("MAILBOT_IMAP_PASSWORD", "MAILBOT_SMTP_PASSWORD")
LABELLED = json.dumps(
    {
        "id": "o-1", "context": "none", "sender": "resident", "subject": "Leak", "intent": "new_complaint",
        "body": "Nobody has come about the leak for five weeks and I want to complain.", "reply_kind": None,
        "topics": ["repairs"], "flags": [],
    }
)  # fmt: skip


@dataclass
class Desk:
    """A folder where somebody follows the pages: an office that is at work in `config`, servers that are real, and what
    the pages take for granted (an export, some mails, a story)."""

    office: Office
    run: Callable[..., Said]
    monkeypatch: pytest.MonkeyPatch
    dovecot: Dovecot
    relay: SmtpCatcher

    def __post_init__(self) -> None:
        self.user = self.dovecot.fresh_mailbox()
        self._connect_the_office()
        self._lay_out()

    def _connect_the_office(self) -> None:
        file = self.office.config / "mailbot.toml"
        change(
            file,
            ('user = "complaints@landlord.example.org"', f'user = "{self.user}"'),
            ("port = 1\n", f"port = {self.dovecot.imap_port}\n"),
            ("port = 1\n", f'port = {self.relay.port}\nsent_folder = "Sent"\n'),
        )
        with self.dovecot.client(self.user) as client:
            client.create_folder("Sent")

    def _lay_out(self) -> None:
        here = self.office.folder
        for folder in ("backups", "export", "scenarios"):
            (here / folder).mkdir()
        story = re.search(r"^```text\n(Scenario: .*?)^```", (DOCS / "scenarios.md").read_text(), re.M | re.S)
        assert story
        for place in ("christmas.txt", "scenarios/christmas.txt"):
            (here / place).write_text(story[1])
        faults = export_maker()
        mails, _ = faults.export(3)
        faults.write_mbox(here / "export.mbox", mails)
        (here / "export" / "1.eml").write_bytes(mails[0])
        self.dovecot.put(self.user, mails[0])
        shutil.copy(self.office.config / "staff.toml", here)
        (here / "ours.jsonl").write_text(LABELLED + "\n")
        for part in ("model.npz", "model.json"):
            made = default_cache() / f"model-{classifiers.ensure(None).version}" / part
            shutil.copy(made, here / part.replace("model", "own-model"))

    def type(self, line: str) -> str:
        """Type the command of a page; what was otherwise than the page says, "" for nothing."""
        words = [self._looked_up(word) for word in words_of(line)]
        if "etc" in words and words[0] != "init" and not (self.office.folder / "etc").exists():
            self.type("init /etc/mailbot")  # a page that takes it for made
        stdin = b""
        if "<" in words:
            stdin = (self.office.folder / words[-1]).read_bytes()
            words = words[: words.index("<")]
        said = self.run(*words, cwd=self.office.folder, stdin=stdin)
        if words[0] == "init" and said.code == 0 and "--name" in words and "--provider" not in words:
            self._do_what_init_says(self.office.folder / words[1])
        code, told = REFUSES.get(line, (0, ""))
        right = said.code == code and told in said.out + said.err
        return "" if right else f"{line} ({' '.join(words)}): {said.code}\n{said.out}{said.err}"

    def _looked_up(self, word: str) -> str:
        def ask(*words: str) -> Said:
            return self.run(*words, cwd=self.office.folder)

        match word:
            case "SEAL":
                return ask("journal", "verify").out.partition("seal: ")[2].strip()
            case "HELD":
                return str(ask("letters", "held", "--json").json[0]["letter"])
            case "MAIL":
                return str(ask("quarantine", "list", "--json").json["mails"][0]["mail"])
        return word

    def _do_what_init_says(self, folder: Path) -> None:
        """The passwords. And the servers of the tests instead of the landlord's."""
        for name in PASSWORDS:
            self.monkeypatch.setenv(name, "secret")
        user = 'user = "complaints@quayside.example"\npassword_env'
        (folder / "templates").mkdir()
        change(
            folder / "mailbot.toml",
            ("[landlord]", '[landlord]\ntemplates = "templates"'),
            (
                'host = "imap.quayside.example"\nport = 993',
                f'host = "localhost"\nport = {self.dovecot.imaps_port}',
            ),
            (user, f'user = "{self.user}"\npassword_env'),
            ('host = "smtp.quayside.example"\nport = 587', f'host = "127.0.0.1"\nport = {self.relay.port}'),
            ('security = "starttls"', 'security = "none"'),
            (f'{user} = "MAILBOT_SMTP_PASSWORD"', ""),
        )


def change(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text)


def export_maker() -> Any:
    """The bench's maker of exports."""
    spec = importlib.util.spec_from_file_location(
        "export_with_faults", CHECKOUT / "bench" / "export_with_faults.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["export_with_faults"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def desk(
    office: Office,
    mailbot: Callable[..., Said],
    monkeypatch: pytest.MonkeyPatch,
    dovecot: Dovecot,
    smtp_catcher: SmtpCatcher,
) -> Desk:
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # an installation without mailbot[pdf]: seconds less
    for name in PASSWORDS:
        monkeypatch.delenv(name, raising=False)
    return Desk(office, mailbot, monkeypatch, dovecot, smtp_catcher)


# ------------------------------------------------------------------ typed


@pytest.mark.parametrize("page", [page for page in PAGES if in_blocks(page)], ids=lambda page: page.name)
def test_the_commands_of_a_page_do_what_it_says(desk: Desk, page: Path) -> None:
    for line in in_blocks(page):
        if line not in NOT_RUN:
            assert desk.type(line) == ""


def test_the_commands_that_sentences_name_do_what_they_say(desk: Desk) -> None:
    """Those that no block has typed, in one office: each page's in their order."""
    typed = {words_of(line) for page in PAGES for line in in_blocks(page)}
    assert desk.type(IN_FULL["init ours"].replace("fresh", "ours")) == ""
    make_versions(desk)
    wrong = [
        desk.type(line) for line in ("backup now.zip", "restore now.zip --replace")
    ]  # so that letters are held
    for page in PAGES:
        for line in in_words(page):
            if line in NOT_RUN or (words := words_of(line)) in typed:
                continue
            typed.add(words)
            wrong.append(desk.type(line))
    assert [one for one in wrong if one] == []


def make_versions(desk: Desk) -> None:
    """The policy of which docs/policies.md speaks: `policy new ours`, in force from 1 April 2026."""
    assert desk.type("policy new ours") == ""
    file = desk.office.config / "policies" / "ours.toml"
    file.write_text(
        re.sub(r"^valid_from = .*$", "valid_from = 2026-04-01", file.read_text(), flags=re.MULTILINE)
    )


# ------------------------------------------------------------------ not typed


def test_what_is_not_typed_stands_on_a_page_is_done_by_another_test_and_would_be_taken() -> None:
    lines = {line for page in PAGES for line in (*in_blocks(page), *in_words(page))}
    assert sorted({*NOT_RUN, *REFUSES, *IN_FULL} - lines) == []
    tests = "\n".join(path.read_text("utf-8") for path in (CHECKOUT / "tests").rglob("test_*.py"))
    for line, why in NOT_RUN.items():
        (name,) = re.findall(r"test_\w+", why)
        assert f"def {name}(" in tests, name
        parse(words_of(line))


def parse(words: tuple[str, ...]) -> None:
    """What the command line makes of it, short of doing it."""
    command: Any = typer.main.get_command(app)  # typer brings a click of its own
    above, name, rest = None, "mailbot", list(words)
    while hasattr(command, "get_command"):
        above = command.context_class(command, parent=above, info_name=name)
        name = rest.pop(0)
        command = command.get_command(above, name)
    command.make_context(name, rest, parent=above)


def test_a_command_that_is_mistaken_would_be_found(desk: Desk) -> None:
    for line in ("replay export.mbox --polcy mtvh", "lettres list", "letters preview --all --langage cy"):
        assert desk.type(line)

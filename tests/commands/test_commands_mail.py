"""`mailbot read` and `mailbot classify`: what a person, or another program, gets told about a mail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands_places import MAILBOT, MAILS_OF_THE_POSTROOM

from mailbot.casework.vocabulary import Intent, Stage

KEYS = ["from", "subject", "text", "new_text", "automatic", "failed_recipients", "attachments"]


def mail_file(folder: Path, raw: bytes) -> Path:
    file = folder / "mail.eml"
    file.write_bytes(raw)
    return file


def test_the_json_of_read_begins_with_its_promised_keys(mailbot, tmp_path):
    file = mail_file(tmp_path, b"From: Jo <Jo@Example.com>\r\nSubject: A leak\r\n\r\nThe tap drips.\r\n")
    said = mailbot("read", file, "--json")
    assert (said.code, said.err) == (0, "")
    assert list(said.json)[:7] == KEYS
    assert said.json["from"] == "jo@example.com"
    assert said.json["subject"] == "A leak"
    assert said.json["text"].strip() == said.json["new_text"].strip() == "The tap drips."
    assert said.json["automatic"] is None
    assert said.json["failed_recipients"] == said.json["attachments"] == []


@pytest.mark.parametrize("file", sorted(MAILS_OF_THE_POSTROOM.glob("*.eml"))[::8], ids=lambda f: f.stem)
def test_odd_mail_is_read_into_the_promised_shape(mailbot, file):
    said = mailbot("read", file, "--json")
    told = said.json
    assert said.code == 0
    assert list(told)[:7] == KEYS
    assert told["from"] is None or isinstance(told["from"], str)
    assert told["automatic"] in (None, "bounce", "vacation", "list", "other")
    assert all(set(a) == {"name", "size"} and isinstance(a["size"], int) for a in told["attachments"])
    plain = mailbot("read", file)
    assert plain.code == 0
    assert "\x1b" not in plain.out


@pytest.mark.parametrize(
    ("file", "automatic"),
    [
        ("bounce-delivery-report", "bounce"),
        ("out-of-office-rfc3834", "vacation"),
        ("newsletter", "list"),
        ("read-receipt", "other"),
        ("human-says-out-of-office", None),
    ],
)
def test_the_json_tells_mail_of_machines_from_mail_of_people(mailbot, file, automatic):
    told = mailbot("read", MAILS_OF_THE_POSTROOM / f"{file}.eml", "--json").json
    assert told["automatic"] == automatic
    assert bool(told["failed_recipients"]) == (automatic == "bounce")


def test_attachments_are_told_by_name_and_size(mailbot, tmp_path):
    raw = (
        b'From: jo@example.com\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nSee below.\r\n'
        b'--b\r\nContent-Type: image/png; name="damp.png"\r\n\r\n12345\r\n--b--\r\n'
    )
    file = mail_file(tmp_path, raw)
    assert mailbot("read", file, "--json").json["attachments"] == [{"name": "damp.png", "size": 5}]
    assert "attachments: damp.png 5" in mailbot("read", file).out


def test_a_minus_reads_standard_input(mailbot):
    raw = b"From: jo@example.com\r\nSubject: Piped\r\n\r\nHello\r\n"
    assert mailbot("read", "-", "--json", stdin=raw).json["subject"] == "Piped"
    assert mailbot("classify", "-", "--json", stdin=raw).json["intent"] in list(Intent)


def test_nothing_at_all_is_still_a_mail(mailbot):
    said = mailbot("read", "-", "--json", stdin=b"")
    assert (said.code, said.json["from"], said.json["text"]) == (0, None, "")


@pytest.mark.parametrize("command", ["read", "classify"])
def test_a_file_that_cannot_be_read_is_a_sentence(mailbot, tmp_path, command):
    missing = mailbot(command, tmp_path / "none.eml")
    assert missing.code == 2
    assert missing.err.strip() == f"mailbot: {tmp_path / 'none.eml'} can't be read: No such file or directory"
    folder = mailbot(command, tmp_path)
    assert (folder.code, folder.out) == (2, "")
    assert "Is a directory" in folder.err


def test_a_strangers_mail_cannot_command_the_terminal(mailbot, tmp_path):
    raw = "From: jo@example.com\r\nSubject: \x1b]0;owned\x07\r\n\r\n\x1b[2Jgone \u202etxet\r\n".encode()
    said = mailbot("read", mail_file(tmp_path, raw))
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out)
    assert "gone" in said.out


def test_the_json_is_utf8_whatever_the_terminal_speaks(tmp_path):
    file = mail_file(tmp_path, "From: jo@example.com\r\nSubject: caf\u00e9 \u20ac\r\n\r\n\u2603\r\n".encode())
    environ = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    asked = subprocess.run([*MAILBOT, "read", file, "--json"], capture_output=True, env=environ, check=True)
    assert json.loads(asked.stdout.decode("utf-8"))["subject"] == "caf\u00e9 \u20ac"
    plain = subprocess.run([*MAILBOT, "read", file], capture_output=True, env=environ, check=True)
    assert b"caf\xe9 \\u20ac" in plain.stdout


def test_a_complaint_is_classified_with_its_reasons(mailbot, office):
    said = mailbot("classify", office.folder / "leak.eml", "--json")
    told = said.json
    assert (said.code, told["intent"]) == (0, "new_complaint")
    assert 0.5 < told["confidence"] <= 1
    assert told["reasons"]
    assert sum(r["probability"] for r in told["readings"]) == pytest.approx(1, abs=0.01)
    assert "damp_mould_leaks" in told["topics"]
    plain = mailbot("classify", office.folder / "leak.eml")
    assert plain.out.startswith("intent: new_complaint\nconfidence: ")


def test_a_flag_names_its_phrase_or_says_that_it_is_by_the_whole_text(mailbot):
    text = "My boiler has been broken for 14 months. My mother is eighty one. I want to make a complaint."
    raw = f"From: jo@example.com\r\nSubject: Boiler\r\n\r\n{text}\r\n".encode()
    told = mailbot("classify", "-", stdin=raw).out
    assert 'urgent_hazard "boiler has been broken"' in told
    assert 'vulnerability (by the whole text, most by "' in told


def test_the_stage_of_the_case_changes_how_a_mail_is_taken(mailbot):
    raw = b"From: jo@example.com\r\nSubject: Re: your answer\r\n\r\nI do not accept this. Please take it further.\r\n"
    at_first = mailbot("classify", "-", "--json", stdin=raw).json
    answered = mailbot("classify", "-", "--json", "--stage", "stage1_responded", stdin=raw).json
    assert answered["intent"] == "escalation_request"
    assert at_first["intent"] != "escalation_request"


def test_an_unknown_stage_is_answered_with_all_known_ones(mailbot, office):
    said = mailbot("classify", office.folder / "leak.eml", "--stage", "stage3")
    assert said.code == 2
    assert all(stage.value in said.err for stage in Stage)


def test_classifying_for_a_configuration_keeps_its_threshold(mailbot, office):
    toml = office.config / "mailbot.toml"
    toml.write_text(toml.read_text() + "\n[classifier]\nthresholds = { ask_below = 1.0 }\n")
    said = mailbot("classify", office.folder / "leak.eml", "--json", "--config", office.config)
    assert said.json["intent"] == "unsure"
    assert said.json["readings"][0]["intent"] == "new_complaint"


def test_a_model_that_cannot_be_used_is_a_sentence(mailbot, office):
    (office.config / "own.npz").write_bytes(b"this is no model")
    toml = office.config / "mailbot.toml"
    toml.write_text(toml.read_text() + '\n[classifier]\nmodel = "own.npz"\n')
    said = mailbot("classify", office.folder / "leak.eml", "--config", office.config)
    assert said.code == 2
    assert said.err.startswith("mailbot: ")
    assert "own.npz" in said.err
    assert "Traceback" not in said.err


def test_help_and_version_come_without_the_heavy_rooms():
    """What makes `mailbot --help` slow is importing SQLAlchemy, scikit-learn, lxml, rich and the core's policies."""
    heavy = (
        "sqlalchemy",
        "alembic",
        "sklearn",
        "numpy",
        "storage",
        "apscheduler",
        "jinja2",
        "lxml",
        "rich",
        "mailbot.casework.policy",
    )
    probe = (
        "import sys\n"
        "from mailbot.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    code = left.code\n"
        f"print(code, [m for m in {heavy} if m in sys.modules])\n"
    )
    for words in (["--help"], ["case", "--help"], ["classify", "--help"]):
        asked = subprocess.run(
            [sys.executable, "-c", probe, *words], capture_output=True, text=True, check=True
        )
        assert asked.stdout.splitlines()[-1] == "0 []", words

"""The commands that set mailbot up and run it, and what all commands say when something is mistaken."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import time

import pytest
from commands_places import MAILBOT

import classifiers
import mailbot as product
from mailbot.reports.flow import BEGIN, END

NEED_CONFIG = (
    ["run"],
    ["once"],
    ["case", "list"],
    ["case", "show", "CC-2026-000001-4"],
    ["digest", "--preview", "x.html"],
    ["quarantine", "list"],
    ["quarantine", "show", "x"],
    ["quarantine", "release", "x"],
    ["config", "check"],
    ["db", "upgrade"],
)


@pytest.mark.parametrize("words", [["version"], ["--version"]])
def test_the_version_is_told_either_way(mailbot, words):
    said = mailbot(*words)
    assert (said.code, said.out.splitlines()[0]) == (0, f"mailbot {product.__version__}")
    assert re.search(r"^model [0-9a-f]{12}$", said.out, re.MULTILINE)
    assert "mtvh@2021-08-23" in said.out


def test_the_model_that_is_told_is_the_one_that_answers(mailbot):
    told = mailbot("version", "--json").json
    assert told["model"] == classifiers.ensure(None).version
    assert len(told["policies"]) >= 8


def test_everything_that_mailbot_stands_on_is_listed_with_its_licence(mailbot):
    said = mailbot("licences")
    for name in ("imapclient", "SQLAlchemy", "scikit-learn", "pydantic.core", "numpy"):
        assert re.search(rf"^{name} ", said.out, re.MULTILINE | re.IGNORECASE), name
    assert "pytest" in said.out  # the development environment is all extras; the wheel's has only its own
    bill = mailbot("licences", "--json").json
    assert bill["bomFormat"] == "CycloneDX"
    assert "pkg:pypi/jinja2@" in " ".join(part["purl"] for part in bill["components"])
    told = [part["licenses"][0]["license"]["name"] for part in bill["components"]]
    assert all(told) and told.count("told in its own files") < len(told) / 10


@pytest.mark.parametrize("words", [["--help"], [], ["case"], ["config", "--help"], ["quarantine"], ["db"]])
def test_help_lists_the_commands_with_a_sentence_each(mailbot, words):
    said = mailbot(*words)
    told = said.out + said.err
    assert said.code in (0, 2)  # 2: a group without a command
    listed = re.findall(r"^  (\w+) +(\S.*(?:\n {6,}\S.*)*)$", told.partition("Commands:")[2], re.MULTILINE)
    assert listed and all(len(sentence) > 10 and "..." not in sentence for _, sentence in listed)


@pytest.mark.parametrize(
    "words", [["raed"], ["case", "shw"], ["read"], ["read", "a", "b"], ["classify", "--jsn"]]
)
def test_a_mistyped_command_ends_with_2_and_usage(mailbot, words):
    said = mailbot(*words)
    assert (said.code, said.out) == (2, "")
    assert "Usage:" in said.err


@pytest.mark.parametrize("words", NEED_CONFIG, ids=" ".join)
def test_a_missing_configuration_folder_says_how_to_begin_one(mailbot, tmp_path, words):
    said = mailbot(*words, cwd=tmp_path)
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "mailbot: config is not a folder. Name the folder that holds mailbot.toml with --config or "
        "MAILBOT_CONFIG, or begin one with: mailbot config new config\n"
    )


def test_whoever_names_the_file_is_told_its_folder(mailbot, office):
    said = mailbot("config", "check", "--config", office.config / "mailbot.toml")
    assert said.code == 2 and f"name the folder that it lies in, --config {office.config}" in said.err


def test_the_folder_may_be_named_by_option_or_environment(mailbot, office, primed, tmp_path):
    assert mailbot("config", "check", "-c", office.config, cwd=tmp_path).code == 0
    named = {"MAILBOT_CONFIG": str(office.config)}
    asked = primed.run("-m", "mailbot", "config", "check", cwd=tmp_path, env=named)
    assert asked.code == 0, asked.err


def test_a_right_configuration_is_summed_up(mailbot, office):
    said = mailbot("config", "check", cwd=office.folder)
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "The configuration is right: complaints@landlord.example.org by code-2024@2024-04-01 (enforce); "
        "3 people.\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[landlord]", "[landlord", ["mailbot.toml: (the file)", "this is no TOML", "line 2"]),
        (
            'name = "complaints"',
            'nmae = "complaints"',
            ["mailbox[1].nmae", "nobody knows this key", "'name'"],
        ),
        ("port = 1\n", 'port = "1"\n', ["mailbox[1].imap.port = '1'", "whole number without quotes"]),
        ('"code-2024"', '"mtvhh"', ["mailbox[1].policy = 'mtvhh'", "did you mean 'mtvh", "code-2024"]),
    ],
)
def test_a_mistaken_configuration_names_file_key_value_and_remedy(mailbot, office, old, new, told):
    toml = office.config / "mailbot.toml"
    assert old in toml.read_text()
    toml.write_text(toml.read_text().replace(old, new, 1))
    for words in (["config", "check"], ["case", "list"], ["once"]):
        said = mailbot(*words, cwd=office.folder)
        assert (said.code, said.out) == (2, "")
        assert all(piece in said.err for piece in told), said.err
        assert "Traceback" not in said.err


def test_what_works_but_hardly_as_meant_is_a_warning(mailbot, office):
    toml = office.config / "mailbot.toml"
    toml.write_text(toml.read_text().replace('policy = "code-2024"', 'policy = "mtvh"\noverlay = "off"'))
    said = mailbot("config", "check", cwd=office.folder)
    assert said.code == 0
    assert said.out.startswith("warning: mailbot.toml: mailbox[1].overlay = 'off'")
    assert "The configuration is right" in said.out


def test_a_new_configuration_is_whole_and_never_written_over_another(mailbot, tmp_path, monkeypatch):
    said = mailbot("config", "new", "ours")
    assert (said.code, said.err) == (0, "")
    unset = mailbot("config", "check", "--config", "ours")
    assert unset.code == 2
    assert "MAILBOT_IMAP_PASSWORD" in unset.err and "MAILBOT_SMTP_PASSWORD" in unset.err
    letters = mailbot("letters", "list", "--config", "ours")
    assert letters.code == 0, letters.err  # whoever speaks to no server needs no password
    monkeypatch.setenv("MAILBOT_IMAP_PASSWORD", "one")
    monkeypatch.setenv("MAILBOT_SMTP_PASSWORD", "two")
    assert mailbot("config", "check", "--config", "ours").code == 0
    again = mailbot("config", "new", "ours")
    assert again.code == 2
    assert "nothing was changed" in again.err
    (tmp_path / "file").write_text("")
    assert "can't be made" in mailbot("config", "new", "file/ours").err


# ------------------------------------------------------------------ the database


def test_the_database_is_brought_up_to_date_once_and_again(mailbot, office):
    office.database.unlink()
    for _ in range(2):
        said = mailbot("db", "upgrade", cwd=office.folder)
        assert (said.code, said.out) == (0, "The database is up to date.\n")


def test_a_database_that_is_not_upgraded_by_itself_says_which_command_does(mailbot, office):
    toml = office.config / "mailbot.toml"
    toml.write_text(toml.read_text() + "\n[database]\nupgrade_on_start = false\n")
    assert mailbot("case", "list", cwd=office.folder).code == 0
    office.database.unlink()
    said = mailbot("case", "list", cwd=office.folder)
    assert (said.code, said.err) == (
        2,
        "mailbot: the database is of another version. Run: mailbot db upgrade\n",
    )
    assert mailbot("db", "upgrade", cwd=office.folder).code == 0
    assert mailbot("case", "list", cwd=office.folder).code == 0


def test_a_database_of_a_newer_mailbot_is_left_alone(mailbot, office):
    with sqlite3.connect(office.database) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (["case", "list"], ["db", "upgrade"], ["once"]):
        said = mailbot(*words, cwd=office.folder)
        assert (said.code, said.out) == (2, "")
        assert "another version of mailbot" in said.err
        assert "Traceback" not in said.err


def test_a_file_that_is_no_database_is_a_sentence(mailbot, office):
    office.database.write_bytes(b"my shopping list, quite long and certainly no database at all" * 20)
    said = mailbot("case", "list", cwd=office.folder)
    assert said.code == 2
    assert said.err.startswith("mailbot: the database can't be used (file is not a database)")


def test_a_server_that_is_not_there_is_a_sentence(mailbot, office):
    toml = office.config / "mailbot.toml"
    url = "postgresql://nobody:hush@127.0.0.1:1/mailbot?connect_timeout=2"
    toml.write_text(toml.read_text() + f'\n[database]\nurl = "{url}"\n')
    said = mailbot("case", "list", cwd=office.folder)
    assert said.code == 2
    assert "the database can't be used" in said.err
    assert "hush" not in said.err


# ------------------------------------------------------------------ the chart


def test_the_chart_is_drawn_into_a_readme_and_checked_there(mailbot, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"# Ours\n{BEGIN}\nold\n{END}\nafter\n")
    stale = mailbot("flow", "--check", readme)
    assert (stale.code, stale.out) == (1, "")
    assert f"mailbot flow --write {readme}" in stale.err
    assert mailbot("flow", "--write", readme).code == 0
    fresh = mailbot("flow", "--check", readme)
    assert (fresh.code, fresh.out) == (0, "The chart is what the tables say.\n")
    assert mailbot("flow").out.strip() in readme.read_text()
    assert readme.read_text().startswith("# Ours\n") and readme.read_text().endswith("\nafter\n")


def test_a_readme_without_marks_or_without_existence_is_a_sentence(mailbot, tmp_path):
    (tmp_path / "README.md").write_text("# Ours\n")
    said = mailbot("flow", "--check", "README.md")
    assert said.code == 2
    assert BEGIN in said.err
    assert "No such file" in mailbot("flow", "--write", "none.md").err
    (tmp_path / "README.md").write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in mailbot("flow", "--check", "README.md").err


# ------------------------------------------------------------------ once and run


def test_once_ends_with_1_where_servers_cannot_be_reached_and_names_them(mailbot, office):
    said = mailbot("once", cwd=office.folder)
    assert said.code == 1
    assert "letters handled" in said.out
    assert "mailbox complaints was not reached: ConnectionRefusedError" in said.out
    assert "heartbeat" not in mailbot("health", cwd=office.folder).out, "who prefers cron misses no daemon"
    assert "Traceback" not in said.err


def test_a_second_mailbot_on_the_same_database_is_refused(office, primed):
    from mailbot.daemon import alone_on

    other_way = office.folder / "another-way-to-it.db"
    other_way.symlink_to(office.database)
    with alone_on(f"sqlite:///{other_way}"):
        for words in (["once"], ["run"]):
            said = primed.run("-m", "mailbot", *words, cwd=office.folder)
            assert said.code == 2
            assert "another mailbot works on" in said.err


def test_a_data_folder_that_can_be_none_is_a_sentence(mailbot, office):
    toml = office.config / "mailbot.toml"
    toml.write_text(f'data_dir = "mailbot.toml"\n{toml.read_text()}')
    for words in (["once"], ["run"], ["case", "list"]):
        said = mailbot(*words, cwd=office.folder)
        assert said.code == 2 and "Traceback" not in said.err
        assert (
            "mailbot.toml/mailbot.db can't be written: File exists. In mailbot.toml have data_dir" in said.err
        )
    for words in (["demo", "--out", toml / "out"], ["case", "export", "cc-2026-1", "--to", toml / "out"]):
        said = mailbot(*words, cwd=office.folder)
        assert said.code == 2 and said.err.count("\n") < 4, said.err


def test_a_port_that_is_taken_or_a_heartbeat_that_can_not_be_written_is_a_sentence(mailbot, office):
    toml = office.config / "mailbot.toml"
    whole = toml.read_text()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        for section, line, told in (
            (
                "health",
                f'listen = "{place}"',
                f"health.listen = '{place}'\n    it can't be had: Address already",
            ),
            ("casework", 'heartbeat = "no/such/folder"', "casework.heartbeat = "),
        ):
            toml.write_text(f"{whole}\n[{section}]\n{line}\n")
            said = mailbot("run", cwd=office.folder)
            assert said.code == 2 and told in said.err and "-> name a" in said.err, said.err


def test_the_daemon_starts_without_its_servers_logs_no_resident_and_stops_on_sigterm(office):
    """Real signals need a process of its own."""
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (office.folder / "log").open("w") as log:
        daemon = subprocess.Popen([*MAILBOT, "run"], cwd=office.folder, stderr=log, stdout=log, env=environ)
    try:
        until = time.monotonic() + 60
        while '"event": "running"' not in (office.folder / "log").read_text() and time.monotonic() < until:
            assert daemon.poll() is None, (office.folder / "log").read_text()
            time.sleep(0.1)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(30) == 0
    finally:
        daemon.kill()
        daemon.wait()
    logged = (office.folder / "log").read_text()
    assert '"event": "stopped"' in logged
    assert "jo.finch" not in logged and "Leak" not in logged

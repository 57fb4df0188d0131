"""A backup is taken while mailbot works, and put back after more has happened: nothing is lost that the mailbox still
has, and no resident gets a letter twice."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House, london
from doors.mailboxes import Mailboxes
from typer.testing import CliRunner, Result

from mailbot import backups
from mailbot.__main__ import app
from mailbot.backup_commands import _finish, _put_back
from mailbot.casework.vocabulary import Audience, Letter, SendLetter, Stage
from mailbot.casework.withholding import FOR_A_SUPERVISOR
from mailbot.daemon import alone_on
from storage import backup as copies
from storage.backup import CopyMistake
from storage.rows import LetterState, StorageRefused

KIM, LEE, PAT = "kim@example.com", "lee@example.com", "pat@example.com"
SERVERS = ("dovecot-sqlite", "dovecot-postgres")


def run(house: House, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(house.folder / "config")])


def take(house: House, to: Path) -> Path:
    """As `mailbot backup` does, at the time at which the house stands, while its own process has the database open."""
    file, _, verified = backups.make(house.parts.service.settings, house.parts.store, to, house.clock.now())
    assert not verified.faults
    return file


def put_back(house: House, file: Path) -> None:
    """As `mailbot restore --replace` does, at the time at which the house stands."""
    settings = house.parts.service.settings
    house.stop()
    with backups.opened(file, house.folder) as (told, database):
        before = _put_back(settings, told, database, house.clock.now(), replace=True)
    _finish(settings, told, file, house.clock.now(), before)


def to_residents(house: House) -> Counter[tuple[str, str]]:
    staff = {ALEX, SAM, "morgan@landlord.example.org"}
    return Counter((r.to, r.kind) for r in house.letters() if r.to not in staff)


@pytest.fixture(params=SERVERS)
def moved(
    request: pytest.FixtureRequest, make_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> House:
    """A mailbox whose kept mails are moved away, with a Sent folder."""
    choices = {}
    if request.param.endswith("postgres"):
        choices = {"url": request.getfixturevalue("postgres_url")}
        tools = request.getfixturevalue("postgres").tools
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    server: Mailboxes = request.getfixturevalue("dovecot")
    return make_house(server, after="move", smtp='sent_folder = "Sent"', plus=True, **choices)


def test_what_happened_after_the_backup_is_read_again_and_written_to_nobody_twice(
    moved: House, tmp_path: Path
) -> None:
    house = moved
    house.write(JO, COMPLAINT)
    house.turn()
    with house.parts.store.begin() as work:  # one that waits in the outbox as the backup is taken
        (case,) = work.cases()
        order = next(one.order for one in work.letters_of(case.reference) if one.order.to == JO)
        service = house.parts.service
        letter = service.outbox.mint(work, order, case.reference, service.settings.mailboxes[0])
        waiting = work.add_letter(letter, house.clock.now(), case.reference)
        thanks = SendLetter(
            Letter.FEEDBACK_RECEIPT,
            Audience.RESIDENT,
            JO,
            ("House 32",),
            {"kind": "compliment", "passed_to": ""},
        )
        minted = service.outbox.mint(work, thanks, "", service.settings.mailboxes[0])
        loose = work.add_letter(replace(minted, held=FOR_A_SUPERVISOR), house.clock.now(), None)
    file = take(house, tmp_path)
    with house.parts.store.begin() as work:
        assert work.release_letter(loose)  # a supervisor has said that it goes

    house.turn()  # the waiting one goes
    house.clock.put(london("2026-03-02", "15:00"))
    house.write(KIM, COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.turn()
    house.clock.put(london("2026-03-09", "11:00"))
    house.write(
        SAM,
        "#respond upheld\n\nWe are sorry. It is mended.\n",
        answers=house.letters(SAM, "case_assigned")[0],
    )
    house.turn()
    sent = to_residents(house)
    assert sent[JO, "acknowledgement"] == 2 and sent[KIM, "acknowledgement"] == sent[JO, "response"] == 1
    assert sent[JO, "feedback_receipt"] == 1

    house.clock.put(
        london("2026-03-12", "08:00")
    )  # the database is lost; a mail came that nobody attended to
    house.write(LEE, COMPLAINT.replace("kitchen", "lift"), subject="Lift")
    house.clock.put(london("2026-03-12", "12:00"))
    put_back(house, file)
    house.turn()
    house.go_to("2026-03-13", "17:00")
    assert to_residents(house) == sent, "nothing of the time before goes by itself"

    with house.parts.store.read() as work:
        cases = {case.parties[0].address: case for case in work.cases()}
        held = {(one.order.to, one.order.letter.value): one for one in work.letters_in(LetterState.HELD)}
    assert set(cases) == {JO, KIM, LEE}, "moved mail was taken in again, and so was what came since"
    assert cases[KIM].stage is Stage.STAGE1_OPEN
    assert {(JO, "acknowledgement"), (KIM, "acknowledgement"), (LEE, "acknowledgement")} <= set(held)
    assert held[JO, "acknowledgement"].id == waiting
    assert "put back from the backup of Mon 2 Mar 2026 09:00" in held[JO, "acknowledgement"].last_error
    told = next(r for r in house.letters(ALEX, "alert") if "put back from a backup" in r.subject)
    assert cases[JO].reference in told.text and "Thu 12 Mar 2026 12:00" in told.text
    assert cases[LEE].reference in house.last(ALEX, "digest").text
    assert f"Shall this feedback receipt go? ({held[JO, 'acknowledgement'].last_error})" in " ".join(
        house.last(ALEX, "digest").text.split()
    ), "whoever is asked whether it goes is told that it may have gone"

    house.write(PAT, COMPLAINT.replace("kitchen", "bath"), subject="Bath")  # what comes later is as ever
    house.turn()
    assert to_residents(house)[PAT, "acknowledgement"] == 1

    found = run(house, "letters", "reconcile")
    assert found.exit_code == 0, found.output
    with house.parts.store.read() as work:
        left = {(one.order.to, one.order.letter.value) for one in work.letters_in(LetterState.HELD)}
    assert (JO, "acknowledgement") not in left and (KIM, "acknowledgement") not in left
    assert (JO, "feedback_receipt") not in left, "it lies in the Sent folder, so nobody can send it again"
    assert (LEE, "acknowledgement") in left, "they never got it, and the Sent folder does not know it"
    shown = run(house, "letters", "held")
    number = next(
        line.split()[0] for line in shown.stdout.splitlines() if LEE in line and "acknowledgement" in line
    )
    assert run(house, "letters", "send", number).exit_code == 0
    house.turn()
    after = to_residents(house)
    assert after[LEE, "acknowledgement"] == 1
    assert after[JO, "acknowledgement"] == 2 and after[KIM, "acknowledgement"] == 1

    with house.parts.store.read() as work:
        assert not work.verify_journal().faults


def test_a_backup_can_be_taken_at_any_moment_of_a_busy_service(moved: House, tmp_path: Path) -> None:
    house = moved
    for number in range(3):
        house.write(
            f"r{number}@example.com", COMPLAINT.replace("five", f"{number + 5}"), subject=f"No {number}"
        )
        with house.parts.store.begin() as work:  # somebody writes at this very moment
            work.remember("busy", str(number))
            if house.url.startswith("postgres"):
                file = take(house, tmp_path / f"{number}.zip")
        if not house.url.startswith("postgres"):
            file = take(house, tmp_path / f"{number}.zip")
        house.turn()
        told, _ = backups.verify(file, b"", tmp_path)
        assert told.holds["cases"] == number
    assert file.stat().st_mode & 0o077 == 0


# ------------------------------------------------------------------ refusals


@pytest.fixture
def plain(make_house: Callable[..., House], embedded_mail: Mailboxes) -> House:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    return house


def test_a_restore_over_a_living_or_a_fuller_database_is_refused_unless_told(
    plain: House, tmp_path: Path
) -> None:
    house = plain
    file = take(house, tmp_path)
    house.clock.put(london("2026-03-02", "15:00"))
    house.write(KIM, COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.turn()
    house.stop()
    with alone_on(house.url):
        busy = run(house, "restore", str(file), "--replace")
    assert (
        busy.exit_code == 2
        and "another mailbot works on" in busy.stderr
        and "Nothing was changed" in busy.stderr
    )
    fuller = run(house, "restore", str(file))
    assert fuller.exit_code == 2
    assert (
        "holds 2 cases and 2 mails, and knows what happened up to Mon 2 Mar 2026 15:00; the backup ends on"
        in fuller.stderr
    )
    assert "With --replace it is put aside" in fuller.stderr
    assert len(house.cases()) == 2
    house.stop()
    told = run(house, "restore", str(file), "--replace")
    assert told.exit_code == 0, told.output
    assert len(house.cases()) == 1
    aside = re.search(r"What was there lies in (\S+)\.$", told.stdout, re.MULTILINE)
    assert aside and copies.standing(f"sqlite:///{aside[1]}").cases == 2  # type: ignore[union-attr]


def test_a_backup_is_put_back_into_an_empty_place_without_being_told(plain: House, tmp_path: Path) -> None:
    file = take(plain, tmp_path)
    reference = plain.the_case().reference
    plain.stop()
    database = Path(plain.url.removeprefix("sqlite:///"))
    for one in database.parent.glob(f"{database.name}*"):
        one.unlink()
    if os.geteuid() == 0:  # root puts it back, and somebody else runs the daemon
        os.chown(database.parent, 65534, 65534)
    assert run(plain, "restore", str(file)).exit_code == 0
    assert plain.the_case().reference == reference
    owners = {one.name: one.stat().st_uid for one in database.parent.glob(f"{database.name}*")}
    assert len(owners) > 1 and set(owners.values()) == {database.parent.stat().st_uid}, owners


def test_a_damaged_or_foreign_file_is_told_and_changes_nothing(plain: House, tmp_path: Path) -> None:
    file = take(plain, tmp_path)
    whole = file.read_bytes()
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole[: len(whole) // 2])
    turned = tmp_path / "turned.zip"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(turned, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(
                name, content[:5000] + b"x" + content[5001:] if name == "database.sqlite" else content
            )
    other = tmp_path / "other.zip"
    other.write_bytes(b"a holiday picture")
    rotten = []
    for n, place in enumerate(range(2000, len(whole) - 200, len(whole) // 12)):  # a bad sector, here or there
        rotten.append(tmp_path / f"rotten-{n}.zip")
        rotten[-1].write_bytes(whole[:place] + b"\xa5" * 64 + whole[place + 64 :])
    for bad in rotten:
        with pytest.raises(CopyMistake, match=r"is damaged|is not what was put in|is no backup"):
            backups.verify(bad, b"", tmp_path)
    for bad in (cut, turned, other, tmp_path / "none.zip"):
        with pytest.raises(CopyMistake):
            backups.verify(bad, b"", tmp_path)
        with pytest.raises(CopyMistake):
            run_restore(plain, bad)
    assert plain.the_case().reference


def run_restore(house: House, file: Path) -> None:
    with backups.opened(file, house.folder) as (told, database):
        _put_back(house.parts.service.settings, told, database, house.clock.now(), replace=True)


def test_a_backup_is_verified_where_there_is_no_mailbot_and_written_nowhere_without_a_sentence(
    plain: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = take(plain, tmp_path)
    monkeypatch.chdir(tmp_path)  # no folder config
    monkeypatch.delenv("MAILBOT_CONFIG", raising=False)
    alone = CliRunner().invoke(app, ["backup", "--verify", str(file)])
    assert alone.exit_code == 0 and "The journal in it is as it was written" in alone.stdout, alone.output
    for nowhere in (file, file / "sub"):
        with pytest.raises(StorageRefused, match="can't be made"):
            backups.settings_to(file, nowhere)
    with pytest.raises(CopyMistake, match=r"can't be unpacked into .*: Not a directory|File exists"):
        backups.verify(file, b"", file)


def test_a_journal_that_was_changed_is_found_as_the_backup_is_taken(plain: House, tmp_path: Path) -> None:
    import sqlite3

    file = Path(plain.url.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as raw:
        raw.execute("DROP TRIGGER journal_keeps_its_lines")
        raw.execute("UPDATE journal SET summary = 'Nothing happened.' WHERE seq = 2")
    taken = run(plain, "backup", str(tmp_path / "b.zip"))
    assert taken.exit_code == 1 and "it was changed" in taken.stdout
    checked = run(plain, "backup", "--verify", str(tmp_path / "b.zip"))
    assert checked.exit_code == 1 and "it was changed" in checked.stdout


# ------------------------------------------------------------------ what is in it


def test_it_holds_the_configuration_and_no_secret(plain: House, tmp_path: Path) -> None:
    config = plain.folder / "config"
    text = (config / "mailbot.toml").read_text()
    (config / "mailbot.toml").write_text(
        text.replace('password = "secret"', "password = 'hunter2 \"x\"' # mine")
    )
    (config / "logo.png").write_bytes(b"a logo")
    (config / "secrets").mkdir()
    (config / "secrets" / "imap").write_text("hunter3")
    (config / "policies" / "ours-2.toml").write_text("# a policy\n")
    plain.stop()
    made = run(plain, "backup", str(tmp_path / "b.zip"))
    assert made.exit_code in (0, 2), made.output
    (config / "policies" / "ours-2.toml").unlink()
    made = run(plain, "backup", str(tmp_path / "c.zip"))
    assert made.exit_code == 0, made.output
    with zipfile.ZipFile(tmp_path / "c.zip") as packed:
        whole = b"".join(packed.read(name) for name in packed.namelist() if not name.startswith("database"))
        names = packed.namelist()
    assert b"hunter" not in whole and b"left out of the backup" in whole
    assert {"config/staff.toml", "config/logo.png"} <= set(names) and not [n for n in names if "secrets" in n]
    again = run(plain, "restore", str(tmp_path / "c.zip"), "--settings-to", str(tmp_path / "back"))
    assert (
        again.exit_code == 0
        and (tmp_path / "back" / "staff.toml").read_text() == (config / "staff.toml").read_text()
    )


@pytest.mark.parametrize(
    "line",
    [
        'password = "p4ss"',
        "password='p4ss'",
        'imap = { user = "u", password = "p4ss", port = 1 }',
        'client_secret = """\np4ss"""',
        'url = "postgresql://mailbot:p4ss@db.example/mailbot"',
        'password = "p4\\u0073s"',
    ],
)
def test_no_spelling_of_a_secret_gets_into_a_backup(line: str) -> None:
    import tomllib

    bare = backups.without_secrets(f"[a]\n{line}\nport = 25\n")
    assert "p4ss" not in bare and "p4\\u0073s" not in bare
    assert tomllib.loads(bare)["a"]["port"] == 25


def test_without_the_tools_of_postgresql_it_is_said_what_to_install(
    make_house: Callable[..., House],
    embedded_mail: Mailboxes,
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = make_house(embedded_mail, url=postgres_url)
    monkeypatch.setattr(shutil, "which", lambda tool: None)
    told = run(house, "backup", str(tmp_path / "b.zip"))
    assert "pg_dump is not there" in str(told.exception) + told.output
    assert "apt install postgresql-client" in str(told.exception) + told.output
    assert not list(tmp_path.glob("*.zip*"))


def test_the_time_of_a_backup_stands_in_its_name(plain: House, tmp_path: Path) -> None:
    assert take(plain, tmp_path).name == "mailbot-2026-03-02-090000.zip"
    assert plain.clock.now() == dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)

"""A landlord goes from SQLite to PostgreSQL in the middle of everything, and back: nothing is lost, nothing comes
twice, and all goes on as if it had never moved."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import COMPLAINT, ESCALATION, JO, REQUEST, SAM, House, london
from doors.catcher import Reply
from doors.embedded import Embedded
from journey_worlds import World, difference, empty, world
from sqlalchemy import Connection, Engine, create_engine, text
from typer.testing import CliRunner, Result

import storage
from mailbot.__main__ import app
from mailbot.daemon import alone_on
from storage import moving, schema
from storage.rows import LetterState, StorageRefused

BEN, KIM, ANN = "ben.ode@example.net", "kim.lee@example.net", "ann.ray@example.net"
MakeHouse = Callable[..., House]


def run(house: House, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(house.write_config())])


def begin(house: House, seen: int = 0) -> None:
    """Two days: cases at several stages, a question, a mail set aside, an answer that may still be cancelled, a letter
    that the relay put off."""
    house.relay.reply = lambda to: Reply(rcpt="451 later" if to == BEN else "")
    house.write(JO, COMPLAINT)
    house.write(BEN, REQUEST, subject="Key fob")
    house.write("", "Who wrote this?", subject="No sender at all")
    house.turn()
    house.clock.put(london("2026-03-03", "11:00"))
    house.write(KIM, "It is about the other thing. You know.", subject="Hello")
    house.turn()
    answered = house.letters(SAM, "case_assigned", since=seen)[0]
    house.write(SAM, "#respond upheld\n\nWe are sorry. The ceiling was mended.\n", answers=answered)
    house.turn()


def go_on(house: House) -> None:
    """What waited goes, the resident escalates, others write, lists and digests come."""
    house.relay.reply = lambda to: Reply()
    house.clock.put(london("2026-03-03", "11:05"))
    house.turn()
    house.write(JO, ESCALATION, answers=house.last(JO, "response"))
    house.write(ANN, COMPLAINT.replace("kitchen", "hall"), subject="Hall")
    house.go_to("2026-03-05", "12:00")


def outcome(house: House, seen: int = 0) -> World:
    """The world but for the line of the journal that tells of the move."""
    house.stop()
    found = world(house.url, house.mail_server, house.address, house.relay.letters[seen:])
    journal = Counter({row: n for row, n in found.record["journal"].items() if row[3] != "moved"})
    return replace(found, record={**found.record, "journal": journal})


def once_more(make_house: MakeHouse, like: House) -> tuple[House, int]:
    """The same landlord from the beginning, his mailbox empty again; and how many letters others got before."""
    house = make_house(like.mail_server, hold=2)
    house.stop()
    empty(like.mail_server, like.address)
    house.address, house.url = like.address, f"{house.url}.again"
    seen = len(house.relay.letters)
    return house.start(), seen


def last_number(url: str, table: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        number = moving._last_number(connection, schema.metadata.tables[table], "id")
    engine.dispose()
    return number


def test_everything_goes_on_in_postgresql_as_if_it_had_never_moved(
    make_house: MakeHouse, embedded_mail: Embedded, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stayed = make_house(embedded_mail, hold=2)
    begin(stayed)
    go_on(stayed)
    as_ever = outcome(stayed)
    assert {kind for _, kind, _, _ in as_ever.delivered} >= {"response", "service_request_receipt", "digest"}

    house, seen = once_more(make_house, stayed)
    begin(house, seen)
    with house.parts.store.begin() as work:  # the highest number was given to a letter that is there no more
        kept = work.letters_in(LetterState.WAITING)
        gone = work.add_letter(
            house.parts.service.outbox.mint(
                work, kept[0].order, "", house.parts.service.settings.mailboxes[0]
            ),
            house.clock.now(),
            None,
        )
        work._connection.execute(schema.letters.delete().where(schema.letters.c.id == gone))
        before = work.verify_journal()
    assert [one.order.letter.value for one in kept] == ["service_request_receipt"]
    house.stop()
    file, house.url = house.url.removeprefix("sqlite:///"), postgres_url
    said = run(house, "db", "move", file)
    assert said.exit_code == 0, said.output
    assert "3 cases, 5 mails" in said.output and f"as it was here: {before.lines} lines." in said.output
    assert last_number(postgres_url, "letters") == gone, "a number is never given again"

    refused = CliRunner().invoke(app, ["case", "list", "--config", str(with_url(house, f"sqlite:///{file}"))])
    assert isinstance(refused.exception, StorageRefused), "nobody works on the old one any more"
    assert "this database was moved to postgresql://" in str(refused.exception)
    house.write_config()
    again = run(house, "db", "move", file)
    assert f"{file} was moved here already: start mailbot" in str(again.exception)

    with house.parts.store.read() as work:
        assert not work.verify_journal().faults
        assert [one.id for one in work.letters_in(LetterState.WAITING)] == [one.id for one in kept]
    go_on(house)
    assert difference(as_ever, outcome(house, seen)) == ""

    # and back, into a new file
    house.url = f"{stayed.url}.back"
    monkeypatch.setenv("WHERE_IT_WAS", postgres_url)
    said = run(house, "db", "move", "--from-env", "WHERE_IT_WAS")
    assert said.exit_code == 0, said.output
    assert last_number(house.url, "letters") == last_number(postgres_url, "letters") > gone
    house.clock.put(london("2026-03-05", "15:00"))
    house.write("new@example.net", COMPLAINT.replace("kitchen", "loft"), subject="Loft")
    house.turn()
    with house.parts.store.read() as work:
        assert not work.verify_journal().faults
        numbers = [case.reference.split("-")[2] for case in work.cases()]
    assert sorted(numbers) == ["000001", "000002", "000003", "000004", "000005"]


def with_url(house: House, url: str) -> Path:
    """The configuration, with the old database in it."""
    config = house.write_config()
    file = config / "mailbot.toml"
    file.write_text(file.read_text().replace(house.url, url))
    return config


# ------------------------------------------------------------------ when it can't be


def test_a_move_that_breaks_off_leaves_the_old_database_at_work(
    make_house: MakeHouse, embedded_mail: Embedded, postgres_url: str
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.stop()
    old = house.url
    storage.upgrade(postgres_url)
    engine = create_engine(postgres_url)
    with engine.begin() as connection:  # a server that takes no more after some tables
        connection.execute(text("ALTER TABLE journal ADD CONSTRAINT full_disk CHECK (kind = 'nothing')"))
    engine.dispose()
    with pytest.raises(Exception, match="full_disk"):
        moving.move(old, postgres_url, b"", house.clock.now())
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM mails")).scalar() == 0, "whole or not at all"
        connection.execute(text("ALTER TABLE journal DROP CONSTRAINT full_disk"))
    engine.dispose()
    house.turn()
    assert house.the_case().resident.address == JO, "it works as before"
    house.stop()
    assert moving.move(old, postgres_url, b"", house.clock.now()).rows["cases"] == 1


def test_a_move_that_is_stopped_once_the_new_one_is_there_frees_the_old_one_no_more(
    make_house: MakeHouse, embedded_mail: Embedded, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.stop()
    whole = moving._one_moment

    class Stopped:
        """Ctrl-C after the new database's commit, before the move has heard of it."""

        def __init__(self, engine: Engine) -> None:
            self.engine = whole(engine)

        @contextlib.contextmanager
        def begin(self) -> Iterator[Connection]:
            with self.engine.begin() as connection:
                yield connection
            raise KeyboardInterrupt

    monkeypatch.setattr(moving, "_one_moment", Stopped)
    with pytest.raises(KeyboardInterrupt):
        moving.move(house.url, postgres_url, b"", house.clock.now())
    with pytest.raises(StorageRefused, match="was moved to"):
        house.turn()  # both would have sent
    with pytest.raises(StorageRefused, match="moved here already"):
        moving.move(house.url, postgres_url, b"", house.clock.now())


def test_a_move_that_was_killed_is_only_to_be_run_again(
    make_house: MakeHouse, embedded_mail: Embedded, postgres_url: str
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    with house.parts.store.begin() as work:  # as it was marked, and nothing more
        work.remember(moving.MOVED, f"{house.clock.now().isoformat()}|{moving.place(postgres_url)}")
    house.stop()
    with pytest.raises(StorageRefused, match="if the move was broken off, run it again"):
        house.turn()
    with pytest.raises(StorageRefused, match="was moved to postgresql://"):
        moving.move(house.url, f"{house.url}.other", b"", house.clock.now())
    assert moving.move(house.url, postgres_url, b"", house.clock.now()).rows["mails"] == 1


def test_a_move_into_a_fuller_or_from_a_busy_or_an_empty_database_is_refused(
    make_house: MakeHouse, embedded_mail: Embedded, tmp_path: Path
) -> None:
    house, other = make_house(embedded_mail), make_house(embedded_mail)
    for one in (house, other):
        one.write(JO, COMPLAINT)
        one.turn()
    other.stop()
    with alone_on(other.url):
        busy = run(house, "db", "move", other.url.removeprefix("sqlite:///"))
    assert (busy.exit_code, "works on" in busy.output) == (2, True)
    house.stop()
    fuller = run(house, "db", "move", other.url.removeprefix("sqlite:///"))
    assert "because a mailbot was started on it: name an empty database" in str(fuller.exception)
    same = run(house, "db", "move", house.url.removeprefix("sqlite:///"))
    assert "write the url of the new database into [database] first" in str(same.exception)
    for words in (
        (),
        ("a.db", "--from-env", "X"),
        ("--from-env", "NOTHING_HERE"),
        (str(tmp_path / "none.db"),),
    ):
        assert run(house, "db", "move", *words).exit_code == 2

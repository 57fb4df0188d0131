"""A door that may only read asks for nothing that changes anything, whoever calls it; and a shadow run's relay takes
letters to supervisors alone."""

from __future__ import annotations

import pytest

from mailbot.postroom.imap_login import WouldWrite, refuse_to_write
from mailbot.postroom.smtp import Handed, Outcome
from mailbot.shadow import OnlyTo

CHANGES = ("store", "add_flags", "set_flags", "remove_flags", "move", "copy", "append", "expunge", "uid_expunge",
           "delete_messages", "create_folder", "rename_folder", "delete_folder", "subscribe_folder", "setacl",
           "close_folder", "unselect_folder")  # fmt: skip


@pytest.mark.parametrize("command", CHANGES)
def test_no_command_that_could_change_something_passes(command: str) -> None:
    with pytest.raises(WouldWrite, match=command):
        refuse_to_write(command, ([1], b"\\Seen"), {})


@pytest.mark.parametrize("wanted", [b"BODY[]", "BODY[TEXT]", b"RFC822", "body[header]", b"RFC822.TEXT"])
def test_a_body_is_fetched_by_peek_alone(wanted: bytes | str) -> None:
    with pytest.raises(WouldWrite, match="marks a mail as read"):
        refuse_to_write("fetch", ([1], ["FLAGS", wanted]), {})
    refuse_to_write("fetch", ([1], [b"BODY.PEEK[]", "INTERNALDATE", b"RFC822.SIZE"]), {})


def test_a_folder_is_examined_and_never_selected() -> None:
    with pytest.raises(WouldWrite):
        refuse_to_write("select_folder", ("INBOX",), {})
    with pytest.raises(WouldWrite):
        refuse_to_write("select_folder", ("INBOX",), {"readonly": False})
    refuse_to_write("select_folder", ("INBOX",), {"readonly": True})


class Tray:
    def __init__(self) -> None:
        self.taken: list[str] = []

    def hand_over(self, raw: bytes, sender: str, to: str, *, null_sender: bool = False) -> Handed:
        self.taken.append(to)
        return Handed(Outcome.ACCEPTED, 250, "ok")


def test_the_relay_of_a_shadow_run_takes_letters_to_its_supervisors_alone() -> None:
    tray = Tray()
    door = OnlyTo(tray, frozenset({"alex@landlord.example.org"}))
    for to in ("jo@example.com", "sam@landlord.example.org", "alex@landlord.example.org.evil.example", ""):
        handed = door.hand_over(b"", "complaints@landlord.example.org", to)
        assert handed.outcome is Outcome.REFUSED and "supervisors alone" in handed.answer
    assert door.hand_over(b"", "", "Alex@landlord.example.org").outcome is Outcome.ACCEPTED
    assert tray.taken == ["Alex@landlord.example.org"]

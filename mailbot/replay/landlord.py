"""The settings of a landlord of whom only the export is known: a policy, a mailbox, perhaps a staff file."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from mailbot import settings as settings_room
from mailbot.postroom.bounces import without_plus
from mailbot.postroom.reading import read
from mailbot.replay.sources import Exported
from mailbot.settings import Settings

SAMPLE: Final = 400  # mails of which the mailbox's own address is told


def whose_mailbox(mails: Sequence[Exported]) -> str:
    """The address that most of a sample of the mails came to; "" where none of them names one."""
    step = max(1, len(mails) // SAMPLE)
    counted: Counter[str] = Counter()
    for exported in mails[::step]:
        mail = read(exported.fetch())
        counted.update({without_plus(a.address) for a in (*mail.to, *mail.cc)})
        if mail.sender:  # its own letters lie in the same folder
            counted.update([without_plus(mail.sender.address)] if mail.sender.address in counted else [])
    return counted.most_common(1)[0][0] if counted else ""


def settings_of(address: str, policy: str, overlay: str, staff: Path | None) -> Settings:
    """Settings that nobody could send with: no server of them exists. SettingsMistake for a policy or a staff file
    that can't be used, with everything that is wrong."""
    words = json.dumps  # what TOML reads as a string
    domain = address.rpartition("@")[2]
    main = f"""
[landlord]
name = {words(domain)}
phone = "-"
web = {words("https://" + domain)}
postal_address = "-"
complaints_address = {words(address)}

[[mailbox]]
name = "complaints"
address = {words(address)}
policy = {words(policy)}
overlay = {words(overlay)}

[mailbox.imap]
host = "nowhere.invalid"
port = 993
security = "tls"

[smtp]
host = "nowhere.invalid"
port = 587
security = "starttls"

[trust]
authserv_id = "nowhere.invalid"
"""
    team = f"""
[[person]]
key = "team"
name = "Replay One"
address = {words("team@" + domain)}
roles = ["handler", "supervisor", "duty"]

[[person]]
key = "second"
name = "Replay Two"
address = {words("second@" + domain)}
roles = ["handler", "stage2"]
"""
    with tempfile.TemporaryDirectory(prefix="mailbot-replay-") as folder:
        Path(folder, "mailbot.toml").write_text(main, encoding="utf-8")
        Path(folder, "staff.toml").write_bytes(staff.read_bytes() if staff else team.encode())
        return settings_room.load(Path(folder), environ={})


def alone(settings: Settings, address: str) -> Settings | None:
    """A landlord's own settings, with the one of its mailboxes that has this address; None where none has."""
    for box in settings.mailboxes:
        if address in (box.imap.address, *box.imap.aliases):
            return replace(settings, mailboxes=(box,))
    return None

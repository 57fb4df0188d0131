"""Hundreds of mails of mixed kinds in one run: nothing lost, nothing doubled, memory bounded."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import House
from doors.dovecot import Dovecot

import classifiers
from mailbot.casework.vocabulary import Matter, Role, Stage
from storage.rows import LetterState, MailState

MAILS = 400
ODD = 10  # of each kind
MOST_MEMORY = 350 * 1024  # kilobytes, with the model loaded


def mixed(house: House) -> list[bytes]:
    """The shipped corpus as mail, each from a writer of its own, with the odd ones between."""
    corpus = sorted((Path(classifiers.__file__).parent / "corpus").glob("*.jsonl"))
    lines = [json.loads(line) for file in corpus for line in file.read_text("utf-8").splitlines()]
    found = []
    for number, line in enumerate(lines[:: max(1, len(lines) // (MAILS - 3 * ODD))][: MAILS - 3 * ODD]):
        found.append(
            house.compose(f"writer{number}@example.com", line["body"], subject=line["subject"] or "(none)")
        )
    for number in range(ODD):
        found.append(
            b"From: broken%d@example.com\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n\xff\xfe" % number
        )
        headers = {"Auto-Submitted": "auto-replied"}
        found.append(house.compose(f"away{number}@example.com", f"I am away {number}", headers=headers))
        found.append(
            house.compose(
                f"news{number}@example.net", "Offers", headers={"List-Id": f"<news{number}.example.net>"}
            )
        )
    return found


def peak_memory(pid: int) -> int:
    """The most memory that the process has had resident so far, in kilobytes. Not its resource usage, which on
    Linux also counts what the parent had when it forked."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


@pytest.mark.long
def test_hundreds_of_mails_in_one_run(make_house: Callable[..., House], dovecot: Dovecot) -> None:
    house = make_house(dovecot)
    house.stop()
    mails = mixed(house)
    assert len(mails) == MAILS
    for raw in mails:
        dovecot.deliver(raw, house.address)
    command = [sys.executable, "-m", "mailbot", "once", "--config", str(house.write_config())]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_memory(process.pid))
        time.sleep(0.05)
    assert process.returncode == 0
    assert 0 < peak < MOST_MEMORY, f"{peak // 1024} MB"

    with house.parts.store.read() as work:
        states = work.mails_by_state()
        cases = work.cases()
        letters = work.letters_by_state()
        rows = [row for case in cases for row in work.letters_of(case.reference)]
    assert sum(states.values()) == MAILS, "nothing lost"
    assert states.get(MailState.KEPT, 0) == 0, "nothing left lying"
    assert {state for state, number in letters.items() if number} == {LetterState.SENT}
    message_ids = Counter(r.message_id for r in house.letters())
    assert max(message_ids.values()) == 1, "nothing sent twice"
    acknowledged = Counter(row.reference for row in rows if row.order.letter.value == "acknowledgement")
    complaints = [case for case in cases if case.stage is Stage.STAGE1_OPEN]
    assert complaints
    # The others name our only handler, so a person is asked, or wait for the resident for whom an office wrote.
    held = [case for case in complaints if case.handler and case.resident.role is not Role.OFFICE]
    assert len(held) > 0.9 * len(complaints)
    assert all(acknowledged[case.reference] == 1 for case in held)
    # A part about personal data has a case of its own, beside that of the same mail's complaint.
    alone = [case for case in cases if case.matter is not Matter.DATA_PROTECTION or not case.linked]
    assert len({case.request_mail for case in alone}) == len(alone), "one mail, one case"

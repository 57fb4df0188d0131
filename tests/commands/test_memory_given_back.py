"""A process that reads mail for months gives back what large mails took."""

from __future__ import annotations

import subprocess
import sys

MAILS = """
import resource, sys
from pathlib import Path
from mailbot.memory import give_large_blocks_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

if sys.argv[1] == "as the daemon":
    assert give_large_blocks_back()
first = bytearray(b"x") * 1_000_000  # once a large block is freed, glibc takes such blocks from its heap
del first
before = resident()
mails, cases = [], []
for _ in range(100):
    mails.append(bytearray(b"x") * 500_000)
    cases.append(bytearray(b"y") * 2_000)
del mails
print(resident() - before)
"""


def megabytes_left(how: str) -> float:
    """Of a hundred mails with files, between which small things were laid down that live on."""
    command = [sys.executable, "-c", MAILS, how]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_what_large_mails_took_goes_back_though_small_things_were_laid_down_between_them() -> None:
    assert megabytes_left("as the allocator likes") > 30, "then it is not needed any more"
    assert megabytes_left("as the daemon") < 5

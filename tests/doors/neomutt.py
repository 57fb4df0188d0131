"""A real mail client at the doors of the service: neomutt, driven through a terminal of its own, as a person would.

It reads over IMAP and sends by SMTP. The person's hands are an editor that puts their words above, below or between
what neomutt quotes, and the keys that neomutt is given to press.
"""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HOW_TO_INSTALL = "neomutt is missing and these tests are nothing without it; run  .ci/install-servers"
_SECONDS = 20

_HANDS = """
import pathlib, sys
how, words, draft = sys.argv[1], pathlib.Path(sys.argv[2]).read_text(), pathlib.Path(sys.argv[3])
lines = draft.read_text().splitlines()
if how == "above":
    lines = [*words.splitlines(), "", *lines]
elif how == "below":
    lines = [*lines, "", *words.splitlines()]
elif how == "ending":
    lines[0] = f"{lines[0].rstrip()} {words}"
elif how == "between":  # each answer below the quoted line that it names: "words of the line => answer"
    for answer in words.splitlines():
        where, _, said = answer.partition(" => ")
        at = next(n for n, line in enumerate(lines) if line.startswith(">") and where in line)
        lines[at + 1 : at + 1] = ["", said, ""]
draft.write_text("\\n".join(lines) + "\\n")
"""


@dataclass
class Neomutt:
    """The client of one person: where their mail lies, who they are, and where what they send goes."""

    folder: Path
    imap_port: int
    smtp_port: int
    user: str  # of the IMAP account; its password is "secret"
    sender: str  # the From

    def __post_init__(self) -> None:
        binary = shutil.which("neomutt")
        if binary is None:
            raise RuntimeError(HOW_TO_INSTALL)
        self._binary = binary
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "hands.py").write_text(_HANDS)
        user = self.user.replace("@", "%40")
        (self.folder / "neomuttrc").write_text(f"""
set from = "{self.sender}" realname = "" use_from = yes hostname = "landlord.example.org"
set imap_user = "{self.user}" imap_pass = "secret" imap_login = "{self.user}"
set folder = "imap://{user}@127.0.0.1:{self.imap_port}/" record = ""
set spoolfile = "imap://{user}@127.0.0.1:{self.imap_port}/INBOX"
set smtp_url = "smtp://127.0.0.1:{self.smtp_port}/"
set ssl_force_tls = no ssl_starttls = no
set tmpdir = "{self.folder}" copy = no postpone = no quit = yes delete = no move = no confirmappend = no
set fast_reply = yes include = yes autoedit = yes edit_headers = no abort_unmodified = no abort_nosubject = no
set reply_to = yes reply_self = yes wait_key = no mail_check_stats = no header_cache = "" sort = date
set send_charset = "us-ascii:utf-8" user_agent = yes sleep_time = 0
""")

    def reply(self, words: str, how: str = "above") -> None:
        """Open the newest mail, read it, answer it, send."""
        self._run(words, how, "<last-entry><display-message><reply><send-message><quit><quit>")

    def write(self, link: str, words: str = "") -> None:
        """Press a mailto: button: neomutt opens the prepared mail, the person ends its first line, and sends."""
        self._run(words, "ending" if words else "leave", "", link)

    def _run(self, words: str, how: str, keys: str, *arguments: str) -> None:
        said = self.folder / "words.txt"
        said.write_text(words)
        editor = shlex.join([sys.executable, str(self.folder / "hands.py"), how, str(said)])
        pressed = ["-e", f'push "{keys}"'] if keys else []
        command = [self._binary, "-n", "-F", str(self.folder / "neomuttrc"),
                   "-e", f'set editor = "{editor}"', *pressed, *arguments]  # fmt: skip
        screen, terminal = pty.openpty()
        environment = {**os.environ, "HOME": str(self.folder), "TERM": "xterm", "LANG": "C.UTF-8",
                       "LC_ALL": "C.UTF-8", "LINES": "50", "COLUMNS": "100"}  # fmt: skip
        process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
        )
        os.close(terminal)
        shown = b""
        ends_at = time.monotonic() + _SECONDS
        try:
            while process.poll() is None and time.monotonic() < ends_at:
                if select.select([screen], [], [], 0.1)[0]:
                    try:
                        shown += os.read(screen, 65536)
                    except OSError:  # the terminal is gone: neomutt has ended
                        break
                if not keys and b"y:Send" in shown:  # keys pushed beforehand are lost when a link is opened
                    os.write(screen, b"y")
                    keys = "y"
            process.wait(max(0.1, ends_at - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(
                f"neomutt still waits for a key:\n{shown[-3000:].decode(errors='replace')}"
            ) from None
        finally:
            os.close(screen)
        assert process.returncode == 0, shown[-3000:].decode(errors="replace")

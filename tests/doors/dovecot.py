"""A real Dovecot (2.3) on loopback, thrown away afterwards. Runs as root and as any other user.

Every address at example.org is a mailbox, its password is "secret". Mail comes in by LMTP.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from doors.mailboxes import Mailboxes

HOW_TO_INSTALL = "Dovecot is missing and these tests are nothing without it; run  .ci/install-servers"

UMLAUT_PASSWORD = "geheimÄ€"  # of every address at umlaut.example.org


class DovecotMissing(RuntimeError):
    pass


def find_dovecot() -> str | None:
    """Debian puts it where only root looks."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin")


class Dovecot(Mailboxes):
    """`tokeninfo`: where it asks whether a token holds; with it, it takes tokens (XOAUTH2) too."""

    def __init__(self, tokeninfo: str = "") -> None:
        self._tokeninfo = tokeninfo
        binary = find_dovecot()
        if binary is None:
            raise DovecotMissing(HOW_TO_INSTALL)
        self._binary = binary
        # Short: the paths of its sockets may have 108 bytes at most.
        self.directory = Path(tempfile.mkdtemp(prefix="mbdc", dir="/tmp"))
        self.certificate = self.directory / "cert.pem"
        self.imap_port, self.imaps_port, self.lmtp_port = _free_ports(3)
        self._process: subprocess.Popen[bytes] | None = None
        self._write_configuration()

    # ---------------------------------------------------------- coming and going

    def start(self) -> None:
        """Start, or start again with all mail still there."""
        self._process = subprocess.Popen(
            [self._binary, "-F", "-c", str(self.directory / "dovecot.conf")],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends_at = time.monotonic() + 20
        while time.monotonic() < ends_at and self._process.poll() is None:
            if all(_listens(port) for port in (self.imap_port, self.imaps_port, self.lmtp_port)):
                return
            time.sleep(0.02)
        log = self.directory / "dovecot.log"
        raise RuntimeError(f"Dovecot did not start:\n{log.read_text() if log.exists() else '(no log)'}")

    def stop(self) -> None:
        """Stop as a system does: everybody who is connected is thrown out."""
        if self._process is None:
            return
        # All of its processes at once: the master alone would wait seconds for each that is busy.
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None
        ends_at = time.monotonic() + 10
        while _listens(self.imap_port) and time.monotonic() < ends_at:
            time.sleep(0.02)

    def throw_away(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---------------------------------------------------------- mail

    def open_mailbox(self, address: str) -> None:
        """Nothing to do: a mailbox comes into being with its first mail or login."""

    def deliver(self, raw: bytes, to: str, sender: str = "resident@example.com") -> None:
        with smtplib.LMTP(self.host, self.lmtp_port, timeout=20) as lmtp:
            lmtp.sendmail(sender, [to], raw)

    def renumber(self, address: str) -> None:
        """Lose the index of the inbox, as after a restore from backup: same mails, new UIDVALIDITY."""
        maildir = self.directory / "mail" / address / "Maildir"
        for file in [*maildir.glob("dovecot.index*"), *maildir.glob("dovecot-uidlist*")]:
            file.unlink()

    # ---------------------------------------------------------- configuration

    def _write_configuration(self) -> None:
        here = self.directory
        (here / "mail").mkdir()
        if os.geteuid() == 0:  # Dovecot wants no mail to belong to root
            user, group, login = "dovecot", "dovecot", "dovenull"
            owner = pwd.getpwnam("mail")
            os.chown(here / "mail", owner.pw_uid, owner.pw_gid)
            uid, gid = owner.pw_uid, owner.pw_gid
        else:
            uid, gid = os.geteuid(), os.getegid()
            user = login = pwd.getpwuid(uid).pw_name
            group = grp.getgrgid(gid).gr_name
        here.chmod(0o755)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
             "-keyout", str(here / "key.pem"), "-out", str(self.certificate)],
            check=True, capture_output=True,
        )  # fmt: skip
        tokens = ""
        if self._tokeninfo:
            (here / "oauth2.conf.ext").write_text(
                f"tokeninfo_url = {self._tokeninfo}\nintrospection_mode = auth\nusername_attribute = username\n"
                "active_attribute = active\nactive_value = true\n"
            )
            tokens = (
                f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {here}/oauth2.conf.ext\n}}\n"
            )
        (here / "dovecot.conf").write_text(
            f"""
base_dir = {here}/run
state_dir = {here}/state
log_path = {here}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{here}/cert.pem
ssl_key = <{here}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login{" xoauth2" if self._tokeninfo else ""}
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
mailbox_list_index = yes
mail_max_userip_connections = 100
imap_idle_notify_interval = 30s
{tokens}passdb {{
  driver = static
  username_filter = *@example.org
  args = password=secret
}}
passdb {{
  driver = static
  username_filter = *@umlaut.example.org
  args = password={UMLAUT_PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={here}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = {self.imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0600
  }}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp_port}
  }}
}}
"""
        )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_ports(count: int) -> tuple[int, ...]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return tuple(each.getsockname()[1] for each in sockets)
    finally:
        for each in sockets:
            each.close()

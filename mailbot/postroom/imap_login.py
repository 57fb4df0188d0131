"""Getting into a mailbox: by password or token, and what is said when that fails.

A token that the server does not take may have been revoked, so one new one is tried; a password never is. No error
that is told from here quotes a mail, a password or a token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError

from mailbot.casework.parts import ImapSettings
from mailbot.postroom.oauth import TokenRefused, TokenSource, explain, source_for

_PLAIN_ATOM = re.compile(r"[A-Za-z0-9!#$&'+,./:;<=>?@^_`|~-]+\Z")  # what LOGIN carries without quoting
_PRINTABLE = re.compile(r"[ -~]*\Z")
LOST = (IMAPClientAbortError, OSError)  # the connection is of no more use


class LoginRefused(Exception):
    """The server knows us and does not let us in: trying again soon is no use."""


class FolderGone(Exception):
    """The configured folder can't be opened: deleted, renamed, or not ours."""


class DoorLost(ConnectionError):
    """The connection has ended; connect anew."""


class RefusedArgument(ValueError):
    """An argument holds CR, LF or NUL, and would be read by the server as commands."""


class WouldWrite(AssertionError):
    """A command that could change something, on a door that may only read. Our own mistake, never a server's."""


READING: Final = frozenset(
    {"select_folder", "search", "fetch", "noop", "idle", "idle_done", "folder_exists", "list_folders"}
    | {"find_special_folder"}
)
"""All that a door that may only read asks for."""


def refuse_to_write(command: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> None:
    """Let through what changes nothing: EXAMINE (RFC 3501 section 6.3.2), and FETCH of bodies by PEEK alone (section
    6.4.5). WouldWrite for everything else."""
    if command not in READING or (command == "select_folder" and not named.get("readonly")):
        raise WouldWrite(f"{command} on a mailbox that may only be read")
    wanted = arguments[1] if command == "fetch" else ()
    for item in wanted:
        name = item.decode("ascii") if isinstance(item, bytes) else str(item)
        if name.upper().startswith("BODY[") or name.upper() in ("RFC822", "RFC822.TEXT"):
            raise WouldWrite(f"FETCH {name} marks a mail as read")


def log_in(client: Any, ours: ImapSettings) -> None:
    if ours.oauth is not None:
        _log_in_by_token(client, ours.user, source_for(ours.oauth, ours.user))
        return
    simple = _PLAIN_ATOM.match(ours.user) and _PRINTABLE.match(ours.password)
    refuse_line_breaks(ours.user, ours.password)
    try:
        if simple and not client.has_capability("LOGINDISABLED"):
            client.login(ours.user, ours.password)
        elif client.has_capability("AUTH=PLAIN"):
            client.plain_login(ours.user, ours.password)
        elif simple:
            raise LoginRefused('the server takes no password on this connection: set security to "tls"')
        else:
            raise LoginRefused("LOGIN can't carry this user or password, and AUTH=PLAIN is not offered")
    except LoginError as e:
        if isinstance(e.__context__, LOST) or "UNAVAILABLE" in str(e).upper():
            raise DoorLost(f"the server could not check the password: {e}") from e
        raise LoginRefused(f"the server refuses the user or the password: {e}") from e


def _log_in_by_token(client: Any, user: str, source: TokenSource) -> None:
    """SASL XOAUTH2. A token that the server does not take may have been revoked: one new one is tried."""
    refuse_line_breaks(user)
    if not client.has_capability("AUTH=XOAUTH2"):
        raise LoginRefused(
            'the server takes no token on this connection: set security to "tls", or auth to "password"'
        )
    for last in (False, True):
        try:
            token = source.token()
        except TokenRefused as e:
            raise LoginRefused(f"no token: {e}") from e
        try:
            client.oauth2_login(user, token)
            return
        except LoginError as e:
            if isinstance(e.__context__, LOST) or "UNAVAILABLE" in str(e).upper():
                raise DoorLost(f"the server could not check the token: {e}") from e
            source.forget(token)
            if last:
                told = f"the server refuses the token: {e}"
                raise LoginRefused(f"{told} - {fix}" if (fix := explain(told)) else told) from e


def refuse_line_breaks(*values: Any) -> None:
    """Raise RefusedArgument for CR, LF or NUL in any text, however deep it lies."""
    for value in values:
        if isinstance(value, str) and not {"\r", "\n", "\0"}.isdisjoint(value):
            raise RefusedArgument("an argument for the mail server holds CR, LF or NUL")
        if isinstance(value, bytes | bytearray) and not {13, 10, 0}.isdisjoint(value):
            raise RefusedArgument("an argument for the mail server holds CR, LF or NUL")
        if isinstance(value, list | tuple | set | frozenset):
            refuse_line_breaks(*value)


def in_words(error: Exception) -> str:
    """An error as it may be told and logged. Errors of parsing quote what they could not parse, which may be
    somebody's mail; of them only the kind is told."""
    tellable = isinstance(error, LoginRefused | FolderGone | OSError | IMAPClientError)
    text = f"{error}".strip()[:300] if tellable and not isinstance(error, ProtocolError) else ""
    text = re.sub(r" \([\d.]+ \+ [\d.]+(?: \+ [\d.]+)* secs\)\.?$", "", text)  # how long Dovecot took
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

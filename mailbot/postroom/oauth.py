"""Tokens instead of passwords, for IMAP and SMTP (SASL XOAUTH2).

Microsoft gives them for client credentials (secret or certificate), Google for a service account that acts for the
mailbox, any other server for RFC 6749 section 4.4. A token is asked for when it is first needed, kept, and
renewed twenty minutes before it ends; a token that the mail server refuses is renewed once at once. While a renewal
fails, the kept token serves as long as it holds, another try is made each minute, and the operator hears of it.

`explain` turns what providers and servers answer into what to do next: their texts name the trap only to
those who know it. No token and no secret ever stands in a message of ours.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import re
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from mailbot.casework.parts import OAuthSettings

TIMEOUT: Final = 20.0  # seconds for one answer of the provider
AHEAD: Final = 1200.0  # seconds before its end at which a token is renewed
AGAIN: Final = 60.0  # seconds between renewals that fail while the kept token holds
LARGEST: Final = 100_000  # bytes of an answer that are read
MICROSOFT: Final = "https://login.microsoftonline.com"
MICROSOFT_SCOPE: Final = "https://outlook.office365.com/.default"
GOOGLE_SCOPE: Final = "https://mail.google.com/"


class TokenRefused(Exception):
    """The provider knows us and gives no token: something is to be mended, asking again soon is no use."""


class NoToken(ConnectionError):
    """The provider could not be asked, or could not answer: later it may."""


@dataclass(frozen=True)
class Token:
    """`renew_at` and `ends_at` are by the clock that its source was given."""

    value: str
    renew_at: float
    ends_at: float


@dataclass(frozen=True)
class Trap:
    """Words that an answer holds, and what to do then."""

    words: str  # a regular expression
    fix: str


TRAPS: Final = tuple(
    Trap(words, fix)
    for words, fix in (
        # What Microsoft's token endpoint answers.
        (
            r"AADSTS7000215",
            "this is no valid client secret: paste the secret's Value, not its Secret ID",
        ),
        (
            r"AADSTS7000222",
            "the client secret has expired: make a new one under Certificates & secrets, and write its end into "
            "oauth.secret_ends",
        ),
        (
            r"AADSTS700016",
            "this tenant knows no such application: check client_id, and that the application was registered in "
            "the tenant of the mailbox",
        ),
        (
            r"AADSTS(90002|900023)",
            "there is no such tenant: write its Directory (tenant) ID into tenant_id",
        ),
        (
            r"AADSTS(700027|7000221|7000216)",
            "the certificate is not the one that was uploaded to the application: upload the public part of "
            "certificate_file",
        ),
        (
            r"AADSTS(70011|1002012|500011)",
            f'this scope is not known there: leave scope out, or write "{MICROSOFT_SCOPE}"',
        ),
        (
            r"AADSTS(65001|50105|7000112)",
            "an administrator has yet to consent: grant IMAP.AccessAsApp and SMTP.SendAsApp as application "
            "permissions, with admin consent",
        ),
        (
            r"AADSTS53003",
            "a conditional access policy keeps us out: exclude this workload identity or this machine's address",
        ),
        # What Exchange Online answers at IMAP and SMTP.
        (
            r"authenticated but not connected",
            "the token is right, the mailbox is not open to it: Add-MailboxPermission with FullAccess for the "
            "service principal, and a mailbox with a licence",
        ),
        (
            r"SmtpClientAuth",
            "SMTP AUTH is off: Set-CASMailbox -SmtpClientAuthenticationDisabled $false for this mailbox, and see "
            "that no authentication policy forbids it",
        ),
        (
            r"5\.7\.60|SendAsDenied",
            "we may not send as this address: grant the service principal SendAs, or let smtp.user be the "
            "mailbox's own address",
        ),
        (
            r"5\.7\.3\b|5\.7\.139|5\.7\.30",
            "the token is refused at SMTP: the application lacks SMTP.SendAsApp, or the mailbox has not been "
            "opened to its service principal",
        ),
        (
            r"BasicAuthBlocked|basic authentication is (disabled|blocked)",
            'passwords are no longer taken here: set auth = "oauth"',
        ),
        # What Google answers.
        (
            r"unauthorized_client",
            "the service account may not act for the mailbox: in the Admin console, under domain-wide delegation, "
            f"add its numeric client ID with the scope {GOOGLE_SCOPE}",
        ),
        (
            r"invalid_grant.*(email|user|subject|account)",
            "there is no such mailbox in this Workspace: let user be its main address, not an alias or a group",
        ),
        (
            r"invalid_grant.*(JWT|iat|exp|time)",
            "this machine's clock is wrong: Google takes no more than five minutes",
        ),
        (
            r"IMAP access is disabled|not enabled for IMAP",
            "IMAP is off for this user: Admin console, Apps, Gmail, End user access",
        ),
        (
            r"5\.7\.9|Application-specific password|5\.7\.8",
            "the server wants another kind of login: see that user is the mailbox that the token is for",
        ),
        # What any server answers that follows RFC 6749 section 5.2, or refuses a token at IMAP.
        (r"invalid_client", "client_id and its secret do not belong together"),
        (r"invalid_scope", "this scope is not known there: correct oauth.scope"),
        (
            r"AUTHENTICAT(E|ION) ?FAILED",
            "the provider gave this token and the mailbox does not take it: see that user is the mailbox. With "
            "Microsoft 365: New-ServicePrincipal with the object ID of the Enterprise application (not that of "
            "the App registration), then Add-MailboxPermission for it",
        ),
    )
)
"""Surest first: the first whose words are found is told."""


def explain(answer: str, by_token: bool = True) -> str:
    """What to do about an answer of a provider or a mail server; "" where we know no more than it says. Whoever logs in
    with a password (`by_token` false) hears nothing of tokens."""
    traps = (trap for trap in TRAPS if by_token or "token" not in trap.fix)
    return next((trap.fix for trap in traps if re.search(trap.words, answer, re.IGNORECASE | re.DOTALL)), "")


class TokenSource:
    """One kept token. Any thread may ask. `now` is in seconds and never runs backwards."""

    def __init__(
        self, ask: Callable[[], tuple[str, float]], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._now = now
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._tried_at = 0.0
        self.failed = 0
        """How many renewals have failed, one after the other."""
        self.trouble = ""
        """What the provider said to the last of them. No secret stands in it."""

    def token(self) -> str:
        """A token that holds yet. TokenRefused, NoToken: none could be had, and the last has ended."""
        with self._lock:
            kept = self._token
            if kept is None or kept.ends_at <= self._now():
                return self._renewed().value
            self._renew_in_time(kept)
            return self._token.value if self._token else kept.value

    def keep_fresh(self) -> None:
        """Renew the kept token once that is due, whoever needs it next. Never raises: `failed` tells."""
        with self._lock:
            if self._token is not None:
                self._renew_in_time(self._token)

    def _renew_in_time(self, kept: Token) -> None:
        if kept.renew_at <= self._now() and (not self.failed or self._tried_at + AGAIN <= self._now()):
            with contextlib.suppress(
                TokenRefused, NoToken
            ):  # it is told by `failed`, and the kept one holds yet
                self._renewed()

    def _renewed(self) -> Token:
        self._tried_at = self._now()
        try:
            value, seconds = self._ask()
            if not re.fullmatch(r"[\x21-\x7e]+", value):
                raise TokenRefused("what the provider gave is no token (RFC 6750 section 2.1)")
        except (TokenRefused, NoToken) as error:
            self.failed, self.trouble = self.failed + 1, str(error)
            raise
        at = self._now()
        # One that lives shorter than twice our margin is used for half its life.
        self._token = Token(value, at + max(seconds - AHEAD, seconds / 2), at + seconds)
        self.failed, self.trouble = 0, ""
        return self._token

    def forget(self, value: str) -> None:
        """The mail server refused this token: the next one is asked for anew, unless that was done already."""
        with self._lock:
            if self._token is not None and self._token.value == value:
                self._token = None

    @property
    def seconds_left(self) -> float | None:
        """Of the token that is kept; None where none is."""
        token = self._token
        return None if token is None else token.ends_at - self._now()


@lru_cache(maxsize=32)
def source_for(settings: OAuthSettings, user: str) -> TokenSource:
    """The source for this mailbox; the same for all doors of the process, so that one token serves them all.
    Nothing is asked yet."""
    asks = {"microsoft": _ask_microsoft, "google": _ask_google, "generic": _ask_generic}
    return TokenSource(asks[settings.provider](settings, user))


# ------------------------------------------------------------------ the providers


def _ask_generic(settings: OAuthSettings, user: str) -> Callable[[], tuple[str, float]]:
    form = {"grant_type": "client_credentials", "client_id": settings.client_id}
    form["client_secret"] = settings.client_secret
    if settings.scope:
        form["scope"] = settings.scope

    def ask() -> tuple[str, float]:
        request = urllib.request.Request(
            settings.token_url,
            data=urllib.parse.urlencode(form).encode("ascii"),
            headers={"Accept": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
                answer = _read_json(reply.read(LARGEST))
        except urllib.error.HTTPError as error:
            with error:
                answer = _read_json(error.read(LARGEST))
            if error.code >= 500 or error.code == 429:
                raise NoToken(f"the token server answers {error.code}") from None
            answer.setdefault("error", f"HTTP {error.code}")
        except OSError as error:  # no such host, no route, no certificate, no answer in time
            raise NoToken(f"the token server can't be reached: {getattr(error, 'reason', error)}") from None
        return _out_of(answer)

    return ask


def _ask_microsoft(settings: OAuthSettings, user: str) -> Callable[[], tuple[str, float]]:
    kept: list[Any] = []  # msal's constructor asks the network, so it is built when first needed

    def ask() -> tuple[str, float]:
        try:
            import msal
        except ImportError:
            raise TokenRefused('Microsoft\'s library is missing: pip install "mailbot[microsoft]"') from None
        try:
            if not kept:
                kept.append(
                    msal.ConfidentialClientApplication(
                        settings.client_id,
                        client_credential=_microsoft_credential(settings),
                        authority=f"{MICROSOFT}/{settings.tenant_id}",
                        instance_discovery=False,  # the host is ours, no need to ask whether it is Microsoft's
                        timeout=TIMEOUT,
                    )
                )
            else:
                kept[0].remove_tokens_for_client()  # else it would give the one that we have kept ourselves
            answer = kept[0].acquire_token_for_client(scopes=[settings.scope or MICROSOFT_SCOPE])
        except ValueError as error:  # an authority that does not answer as one, a key that is none
            raise TokenRefused(_with_fix(_one_line(str(error)))) from None
        except OSError as error:  # requests' errors are OSErrors
            raise NoToken(f"Microsoft can't be reached: {type(error).__name__}") from None
        return _out_of(answer)

    return ask


def _microsoft_credential(settings: OAuthSettings) -> str | dict[str, str]:
    if settings.certificate_file is None:
        return settings.client_secret
    try:
        pem = settings.certificate_file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise TokenRefused(f"the certificate can't be read: {type(error).__name__}") from None
    certificate = re.search(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pem, re.DOTALL)
    if certificate is None or "PRIVATE KEY-----" not in pem:
        raise TokenRefused("certificate_file holds the key and the certificate, one below the other")
    print_of = hashlib.sha1(ssl.PEM_cert_to_DER_cert(certificate[0]), usedforsecurity=False)
    return {"private_key": pem, "thumbprint": print_of.hexdigest(), "public_certificate": certificate[0]}


def _ask_google(settings: OAuthSettings, user: str) -> Callable[[], tuple[str, float]]:
    def ask() -> tuple[str, float]:
        try:
            from google.auth import exceptions
            from google.auth.transport.requests import Request
            from google.oauth2 import service_account
        except ImportError:
            raise TokenRefused('Google\'s library is missing: pip install "mailbot[google]"') from None
        try:
            credentials: Any = service_account.Credentials  # the library has no types
            account = credentials.from_service_account_file(
                str(settings.service_account_file), scopes=[settings.scope or GOOGLE_SCOPE], subject=user
            )
            account.refresh(Request())
        except exceptions.TransportError as error:
            raise NoToken(f"Google can't be reached: {type(error).__name__}") from None
        except exceptions.RefreshError as error:
            raise TokenRefused(_with_fix(_one_line(str(error)))) from None
        except (exceptions.GoogleAuthError, ValueError, OSError) as error:
            raise TokenRefused(
                f"service_account_file is no key of a service account: {type(error).__name__}"
            ) from None
        ends = account.expiry  # UTC, naive
        left = (ends.replace(tzinfo=dt.UTC) - dt.datetime.now(dt.UTC)).total_seconds() if ends else 3600.0
        return str(account.token), left

    return ask


def _out_of(answer: dict[str, Any]) -> tuple[str, float]:
    value = answer.get("access_token")
    if not isinstance(value, str):
        told = f"{answer.get('error') or 'no access_token'} {answer.get('error_description') or ''}"
        if re.search(r"AADSTS(90033|50196)|temporarily_unavailable|server_error", told):
            raise NoToken(f"the provider can't answer just now: {_one_line(told)}")
        raise TokenRefused(_with_fix(_one_line(told)))
    try:
        seconds = float(answer.get("expires_in") or 3600)
    except (TypeError, ValueError):
        seconds = 3600.0
    return value, max(seconds, 0.0)


def _read_json(raw: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except ValueError:
        return {"error": "the token server answers something else than JSON"}
    return answer if isinstance(answer, dict) else {}


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]


def _with_fix(answer: str) -> str:
    fix = explain(answer)
    return f"{answer} - {fix}" if fix else answer

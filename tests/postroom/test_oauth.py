"""Tokens instead of passwords: over a real Dovecot and a real SMTP server, with a token server on loopback."""

from __future__ import annotations

import base64
import datetime as dt
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from doors.catcher import SmtpCatcher
from doors.dovecot import Dovecot
from doors.shelf import Shelf, mail
from doors.tokens import TokenServer

from mailbot.casework.parts import OAuthSettings, SmtpSettings
from mailbot.postroom import oauth
from mailbot.postroom.imap import ImapDoor
from mailbot.postroom.imap_login import LoginRefused
from mailbot.postroom.oauth import NoToken, TokenRefused, TokenSource, explain, source_for
from mailbot.postroom.smtp import Outcome, SmtpDoor

NOW = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)
LETTER = b"From: c@example.org\r\nTo: jean@example.com\r\nSubject: Your complaint\r\n\r\nDear Jean\r\n"


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    server = TokenServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def checked() -> Iterator[tuple[Dovecot, TokenServer]]:
    """A Dovecot that takes tokens, and the server that gives them."""
    server = TokenServer()
    dovecot = Dovecot(f"http://127.0.0.1:{server.port}/tokeninfo?access_token=")
    dovecot.start()
    yield dovecot, server
    dovecot.throw_away()
    server.stop()


def generic(server: TokenServer, secret: str = "the-secret") -> OAuthSettings:
    # A secret of its own for each server: sources are kept for as long as the process lives.
    return OAuthSettings(
        "generic", client_id=f"mailbot-{server.port}", client_secret=secret, token_url=server.url
    )


def door_with(dovecot: Dovecot, address: str, settings: OAuthSettings) -> ImapDoor:
    return ImapDoor(dovecot.settings(address, password="", oauth=settings))


def relay(catcher: SmtpCatcher, settings: OAuthSettings) -> SmtpDoor:
    return SmtpDoor(
        SmtpSettings(
            catcher.host, catcher.port, "none", user="c@example.org", null_sender=False, oauth=settings
        )
    )


# ------------------------------------------------------------------ IMAP


def test_the_mailbox_is_read_with_a_token(checked: tuple[Dovecot, TokenServer]) -> None:
    dovecot, server = checked
    address = server.user = dovecot.fresh_mailbox()
    door = door_with(dovecot, address, generic(server))
    door.connect()
    shelf = Shelf()
    door.look(shelf, lambda: NOW)
    dovecot.deliver(mail("A leak"), address)
    assert door.look(shelf, lambda: NOW) == 1
    door.close()
    given = server.given
    door.connect()  # the same token serves until it ends
    door.close()
    assert server.given == given
    assert server.asked[-1]["grant_type"] == "client_credentials"


def test_a_token_that_was_revoked_is_renewed_once_at_once(checked: tuple[Dovecot, TokenServer]) -> None:
    dovecot, server = checked
    address = server.user = dovecot.fresh_mailbox()
    door = door_with(dovecot, address, generic(server))
    door.connect()
    door.close()
    given = server.given
    server.revoke_all()
    door.connect()
    door.close()
    assert server.given == given + 1


def test_a_token_of_somebody_else_is_refused_with_what_to_do(checked: tuple[Dovecot, TokenServer]) -> None:
    dovecot, server = checked
    server.user = "somebody-else@example.org"
    door = door_with(dovecot, dovecot.fresh_mailbox(), generic(server))
    with pytest.raises(
        LoginRefused, match=r"refuses the token.*New-ServicePrincipal.*Enterprise application"
    ) as told:
        door.connect()
    assert "token-" not in str(told.value)
    assert not door.connected


def test_a_wrong_secret_is_told_and_never_shown(checked: tuple[Dovecot, TokenServer]) -> None:
    dovecot, server = checked
    door = door_with(dovecot, dovecot.fresh_mailbox(), generic(server, "a-wrong-one"))
    with pytest.raises(LoginRefused, match="client_id and its secret do not belong together") as told:
        door.connect()
    assert "a-wrong-one" not in str(told.value) + repr(door.settings)


def test_a_server_that_takes_no_tokens_says_so(dovecot: Dovecot, tokens: TokenServer) -> None:
    door = door_with(dovecot, dovecot.fresh_mailbox(), generic(tokens))
    with pytest.raises(LoginRefused, match='set security to "tls", or auth to "password"'):
        door.connect()
    assert tokens.given == 0  # and nothing was asked for in vain


def test_a_token_server_that_is_away_is_trouble_that_passes(checked: tuple[Dovecot, TokenServer]) -> None:
    dovecot, _ = checked
    gone = TokenServer()
    gone.stop()
    with pytest.raises(ConnectionError, match="can't be reached"):
        door_with(dovecot, dovecot.fresh_mailbox(), generic(gone)).connect()


# ------------------------------------------------------------------ SMTP


def test_a_letter_leaves_with_a_token(tokens: TokenServer) -> None:
    tokens.user = "c@example.org"
    catcher = SmtpCatcher(tokens=tokens.valid)
    catcher.start()
    door = relay(catcher, generic(tokens))
    try:
        assert door.hand_over(LETTER, "c@example.org", "jean@example.com").outcome is Outcome.ACCEPTED
    finally:
        door.close()
        catcher.stop()
    assert [letter.user for letter in catcher.letters] == ["c@example.org"]


def test_a_refused_token_leaves_the_letter_for_later_and_the_next_try_has_a_new_one(
    tokens: TokenServer,
) -> None:
    tokens.user = "c@example.org"
    catcher = SmtpCatcher(tokens=tokens.valid)
    catcher.start()
    door = relay(catcher, generic(tokens))
    try:
        source_for(generic(tokens), "c@example.org").token()
        tokens.revoke_all()
        first = door.hand_over(LETTER, "c@example.org", "jean@example.com")
        assert (first.outcome, first.code) == (Outcome.LATER, 535)
        assert "SMTP.SendAsApp" in first.answer
        assert door.hand_over(LETTER, "c@example.org", "jean@example.com").outcome is Outcome.ACCEPTED
    finally:
        door.close()
        catcher.stop()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
            "Set-CASMailbox -SmtpClientAuthenticationDisabled $false",
        ),
        ("535 5.7.3 Authentication unsuccessful [LO2P265CA0001.GBRP265.PROD.OUTLOOK.COM]", "SMTP.SendAsApp"),
        ("534 5.7.9 Application-specific password required.", "the mailbox"),
    ],
)
def test_what_the_relay_answers_comes_with_what_to_do(tokens: TokenServer, answer: str, told: str) -> None:
    catcher = SmtpCatcher(tokens={}, refusal=answer)
    catcher.start()
    door = relay(catcher, generic(tokens))
    try:
        handed = door.hand_over(LETTER, "c@example.org", "jean@example.com")
    finally:
        door.close()
        catcher.stop()
    assert handed.outcome is Outcome.LATER
    assert told in handed.answer


# ------------------------------------------------------------------ the source


class Ticking:
    """A provider whose tokens last as long as it is told, by a clock that is moved by hand."""

    def __init__(self, seconds: float) -> None:
        self.at, self.seconds, self.given = 0.0, seconds, 0
        self.refuses = ""

    def ask(self) -> tuple[str, float]:
        if self.refuses:
            raise TokenRefused(self.refuses)
        self.given += 1
        return f"t{self.given}", self.seconds

    def source(self) -> TokenSource:
        return TokenSource(self.ask, lambda: self.at)


def test_a_token_is_kept_and_renewed_twenty_minutes_before_its_end() -> None:
    ticking = Ticking(3600)
    source = ticking.source()
    assert (source.seconds_left, source.token()) == (None, "t1")
    ticking.at = 2399
    source.keep_fresh()
    assert (source.token(), source.seconds_left) == ("t1", 1201)
    ticking.at = 2400
    source.keep_fresh()
    assert (source.token(), source.seconds_left) == ("t2", 3600)


def test_a_token_of_a_minute_is_used_for_half_of_it() -> None:
    ticking = Ticking(60)
    source = ticking.source()
    source.token()
    ticking.at = 29
    assert source.token() == "t1"
    ticking.at = 30
    assert source.token() == "t2"


def test_a_token_that_can_not_be_renewed_serves_to_its_end_with_a_try_each_minute() -> None:
    ticking = Ticking(3600)
    source = ticking.source()
    source.token()
    ticking.refuses = "the secret has expired"
    for at, tries in [(2400, 1), (2459, 1), (2460, 2), (3599, 3)]:
        ticking.at = at
        source.keep_fresh()
        assert (source.token(), source.failed, source.trouble) == ("t1", tries, "the secret has expired")
    ticking.at = 3600
    with pytest.raises(TokenRefused, match="the secret has expired"):
        source.token()
    ticking.refuses = ""
    assert (source.token(), source.failed, source.trouble) == ("t2", 0, "")


def test_only_the_token_that_was_refused_is_forgotten() -> None:
    ticking = Ticking(3600)
    source = ticking.source()
    first = source.token()
    source.forget("an older one")
    assert source.token() == first
    source.forget(first)
    assert source.token() == "t2"


def test_a_renewal_that_fails_raises_each_time_and_then_recovers(tokens: TokenServer) -> None:
    source = source_for(generic(tokens), "c@example.org")
    busy = json.dumps({"error": "invalid_request", "error_description": "AADSTS90033: a transient error"})
    tokens.answers = [
        (503, "busy"),
        (429, "{}"),
        (400, busy),
        (200, "<html>"),
        (400, json.dumps({"error": "invalid_scope"})),
    ]
    for error, told in [
        (NoToken, "503"),
        (NoToken, "429"),
        (NoToken, "just now"),
        (TokenRefused, "than JSON"),
        (TokenRefused, "oauth.scope"),
    ]:
        with pytest.raises(error, match=told):
            source.token()
    assert source.token() in tokens.valid


def test_what_is_no_token_is_never_sent_anywhere(tokens: TokenServer) -> None:
    tokens.answers = [(200, json.dumps({"access_token": "a\r\nb LOGOUT", "expires_in": 3600}))]
    with pytest.raises(TokenRefused, match="no token"):
        source_for(generic(tokens), "c@example.org").token()


# ------------------------------------------------------------------ Microsoft and Google


RECORDED = [
    ("invalid_client AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the "
     "client secret value, not the client secret ID", "the secret's Value, not its Secret ID"),
    ("invalid_client AADSTS7000222: The provided client secret keys for app are expired.", "make a new one"),
    ("unauthorized_client AADSTS700016: Application with identifier was not found in the directory", "client_id"),
    ("invalid_request AADSTS90002: Tenant not found.", "Directory (tenant) ID"),
    ("invalid_scope AADSTS1002012: The provided value for scope is not valid.", "leave scope out"),
    ("AADSTS700027: The certificate with identifier used to sign the client assertion is not registered", "upload"),
    ("User is authenticated but not connected.", "Add-MailboxPermission"),
    ("AUTHENTICATE failed.", "Enterprise application"),
    ("535 5.7.139 SmtpClientAuthentication is disabled for the Tenant", "SMTP AUTH is off"),
    ("554 5.2.252 SendAsDenied; complaints@landlord.example not allowed to send as", "SendAs"),
    ("unauthorized_client: Client is unauthorized to retrieve access tokens using this method", "domain-wide"),
    ("invalid_grant: Invalid email or User ID", "main address"),
    ("invalid_grant: Invalid JWT: Token must be a short-lived token and in a reasonable timeframe. Check your iat and "
     "exp values", "clock"),
    ("[ALERT] IMAP access is disabled for your domain.", "IMAP is off"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "told"), RECORDED)
def test_each_known_trap_is_told_with_its_way_out(answer: str, told: str) -> None:
    assert told in explain(answer)


def test_whoever_logs_in_with_a_password_hears_nothing_of_tokens() -> None:
    assert explain("535 5.7.8 Username and Password not accepted", by_token=False) == ""
    blocked = "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."
    assert "passwords are no longer taken here" in explain(blocked, by_token=False)


def test_an_answer_that_nobody_knows_is_not_explained() -> None:
    assert explain("550 the moon is in the wrong house") == ""


def test_microsoft_is_asked_for_client_credentials(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """msal's own code, with its HTTP answered by hand: discovery first, then the token."""
    import requests

    asked: list[tuple[str, dict[str, str]]] = []

    def answer(self: object, method: str, url: str, **how: object) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        body: dict[str, object] = {
            "token_endpoint": f"{oauth.MICROSOFT}/t/oauth2/v2.0/token",
            "authorization_endpoint": f"{oauth.MICROSOFT}/t/oauth2/v2.0/authorize",
            "issuer": f"{oauth.MICROSOFT}/t/v2.0",
        }
        if method.upper() == "POST":
            form = how.get("data")
            assert isinstance(form, dict)
            asked.append((url, form))
            body = {"access_token": f"ms-{len(asked)}", "expires_in": 3600, "token_type": "Bearer"}
        response._content = json.dumps(body).encode()
        return response

    monkeypatch.setattr(requests.Session, "request", answer)
    settings = OAuthSettings("microsoft", client_id="an-application", client_secret="s", tenant_id="t")
    source = source_for(settings, "c@landlord.example")
    assert source.token() == "ms-1"
    source.forget("ms-1")
    assert source.token() == "ms-2"  # msal's own cache does not give the refused one again
    form = asked[0][1]
    assert form["grant_type"] == "client_credentials"
    assert oauth.MICROSOFT_SCOPE in form["scope"]


def test_a_certificate_is_given_with_its_key(tmp_path: Path, dovecot: Dovecot) -> None:
    pem = tmp_path / "mailbot.pem"
    pem.write_text((dovecot.directory / "key.pem").read_text() + dovecot.certificate.read_text())
    settings = OAuthSettings("microsoft", client_id="a", tenant_id="t", certificate_file=pem)
    credential = oauth._microsoft_credential(settings)
    assert isinstance(credential, dict)
    assert len(credential["thumbprint"]) == 40
    assert credential["public_certificate"].startswith("-----BEGIN CERTIFICATE-----")
    pem.write_text(dovecot.certificate.read_text())
    with pytest.raises(TokenRefused, match="the key and the certificate"):
        oauth._microsoft_credential(settings)


def test_google_is_asked_in_the_name_of_the_mailbox(tokens: TokenServer, tmp_path: Path) -> None:
    key = tmp_path / "service.json"
    made = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True, text=True)
    account = {
        "type": "service_account", "client_email": "mailbot@project.example", "token_uri": tokens.url,
        "private_key": made.stdout, "project_id": "p", "private_key_id": "1",
    }  # fmt: skip
    key.write_text(json.dumps(account))
    settings = OAuthSettings("google", service_account_file=key)
    tokens.answers = [(200, json.dumps({"access_token": "g-1", "expires_in": 3600}))]
    source = source_for(settings, "c@landlord.example")
    assert source.token() == "g-1"
    assert source.seconds_left is not None and 3500 < source.seconds_left <= 3600
    claims = json.loads(base64.urlsafe_b64decode(tokens.asked[0]["assertion"].split(".")[1] + "=="))
    assert (claims["sub"], claims["scope"]) == ("c@landlord.example", oauth.GOOGLE_SCOPE)
    tokens.answers = [
        (400, json.dumps({"error": "unauthorized_client", "error_description": "Client is unauthorized"}))
    ]
    source.forget("g-1")
    with pytest.raises(TokenRefused, match="domain-wide delegation"):
        source.token()

"""Trust: only our own border's word on a sender counts, wherever else in the mail it is claimed."""

from __future__ import annotations

import pytest

from mailbot.casework.parts import TrustSettings
from mailbot.postroom.reading import read
from mailbot.postroom.trust import Authenticated, aligned, authenticate

OURS = TrustSettings(authserv_id="mx.elmbridge-homes.example")
MICROSOFT = TrustSettings(authserv_id="", mode="microsoft365")
SENDER = "From: Dana Price <dana.price@elmbridge-homes.example>"


def verdict(*fields: str, trust: TrustSettings = OURS, sender: str = SENDER) -> Authenticated:
    return authenticate(read("\r\n".join([*fields, sender, "Subject: x", "", "hi"]).encode()), trust)


def results(rest: str, server: str = "mx.elmbridge-homes.example") -> str:
    return f"Authentication-Results: {server}; {rest}"


@pytest.mark.parametrize(
    ("rest", "method"),
    [
        ("dmarc=pass header.from=elmbridge-homes.example", "dmarc"),
        (
            "dkim=pass header.i=@elmbridge-homes.example header.s=s1 header.b=AbC;\r\n"
            " spf=pass (google.com: domain of dana@elmbridge-homes.example designates 192.0.2.1 as permitted "
            "sender) smtp.mailfrom=dana@elmbridge-homes.example;\r\n"
            " dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=elmbridge-homes.example",
            "dmarc",
        ),
        ("dkim=pass (2048-bit key) header.d=elmbridge-homes.example", "dkim"),
        ("dkim=fail header.d=x.example; dkim=pass header.d=mail.elmbridge-homes.example", "dkim"),
        ('spf=pass smtp.mailfrom="dana@elmbridge-homes.example"', "spf"),
        ("spf=none smtp.mailfrom=x; dmarc = pass header.from = elmbridge-homes.example", "dmarc"),
    ],
)
def test_what_our_border_authenticated_for_the_from_domain_passes(rest: str, method: str) -> None:
    got = verdict(results(rest))
    assert (got.result, got.domain, got.method) == ("pass", "elmbridge-homes.example", method)


@pytest.mark.parametrize(
    "rest",
    [
        "dmarc=fail (p=none) header.from=elmbridge-homes.example",
        "dmarc=fail header.from=elmbridge-homes.example; dkim=pass header.d=elmbridge-homes.example",
        "dmarc=pass header.from=evil.example",
        "spf=fail smtp.mailfrom=dana@elmbridge-homes.example; dkim=fail header.d=elmbridge-homes.example",
        "dmarc=pass header.from=elmbridge-homes.example; dmarc=fail header.from=elmbridge-homes.example",
    ],
)
def test_what_our_border_refused_fails(rest: str) -> None:
    assert verdict(results(rest)).result == "fail"


@pytest.mark.parametrize(
    "rest",
    [
        "dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=x@evil.example",
        "dkim=pass header.d=example",
        "dkim=pass header.d=homes.example",
        "none",
        "",
        "spf=softfail smtp.mailfrom=dana@elmbridge-homes.example",
        "spf=neutral (dmarc=pass header.from=elmbridge-homes.example)",
        'spf=neutral reason="; dmarc=pass header.from=elmbridge-homes.example"',
        "spf=neutral smtp.helo=a(b(c) dmarc=pass header.from=elmbridge-homes.example",
        "x-dmarc=pass header.from=elmbridge-homes.example",
        "dmarc=passing header.from=elmbridge-homes.example",
    ],
)
def test_what_says_nothing_about_the_from_domain_is_no_pass(rest: str) -> None:
    assert verdict(results(rest)).result == "none"


def test_a_field_that_the_sender_wrote_below_ours_counts_for_nothing() -> None:
    got = verdict(
        results("dmarc=fail header.from=elmbridge-homes.example"),
        "Received: from evil.example by mx.elmbridge-homes.example; Tue, 3 Nov 2026 10:15:00 +0000",
        results("dmarc=pass header.from=elmbridge-homes.example"),
    )
    assert got.result == "fail"


def test_a_field_of_another_server_counts_for_nothing_wherever_it_stands() -> None:
    claim = "dmarc=pass header.from=elmbridge-homes.example"
    assert verdict(results(claim, server="mx.evil.example")).result == "none"
    assert verdict(results(claim, server="mx.elmbridge-homes.example.evil.example")).result == "none"
    above = verdict(
        results(claim, server="mx.evil.example"), results("dmarc=fail header.from=elmbridge-homes.example")
    )
    assert above.result == "fail"


def test_without_a_configured_border_nobody_is_authenticated() -> None:
    claim = results("dmarc=pass header.from=elmbridge-homes.example")
    assert verdict(claim, trust=TrustSettings(authserv_id="")).result == "none"
    unnamed = "Authentication-Results: dmarc=pass header.from=elmbridge-homes.example"
    assert verdict(unnamed, trust=TrustSettings(authserv_id="")).result == "none"
    assert verdict(unnamed).result == "none"


def test_the_version_after_our_borders_name_is_no_result() -> None:
    claim = (
        "Authentication-Results: MX.Elmbridge-Homes.example 1; dmarc=pass header.from=Elmbridge-Homes.example"
    )
    assert verdict(claim).result == "pass"


def test_microsofts_form_without_a_name_is_read_in_its_own_mode() -> None:
    line = (
        "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=elmbridge-homes.example;"
        " dkim=pass (signature was verified)\r\n header.d=elmbridge-homes.example;dmarc=pass action=none\r\n "
        "header.from=elmbridge-homes.example;compauth=pass reason=100"
    )
    got = verdict(line, trust=MICROSOFT)
    assert (got.result, got.method) == ("pass", "dmarc")


def test_in_microsofts_mode_only_the_topmost_field_counts() -> None:
    below = "Authentication-Results: dmarc=pass header.from=elmbridge-homes.example"
    assert verdict(results("spf=pass"), below, trust=MICROSOFT).result == "none"
    failed = "Authentication-Results: dmarc=fail action=none header.from=elmbridge-homes.example"
    assert verdict(failed, below, trust=MICROSOFT).result == "fail"


def test_mail_within_a_microsoft_organisation_passes_and_only_in_that_mode() -> None:
    inside = "X-MS-Exchange-Organization-AuthAs: Internal"
    assert verdict(inside, trust=MICROSOFT).method == "internal"
    assert verdict("X-MS-Exchange-Organization-AuthAs: Anonymous", trust=MICROSOFT).result == "none"
    assert verdict(inside).result == "none"


@pytest.mark.parametrize(
    "sender",
    [
        f"{SENDER}\r\nFrom: evil@evil.example",
        "From: dana.price@elmbridge-homes.example, evil@evil.example",
        "Reply-To: dana.price@elmbridge-homes.example",
        "From: nobody at all",
    ],
)
def test_a_mail_with_two_authors_or_none_is_nobodys(sender: str) -> None:
    claim = results("dmarc=pass header.from=elmbridge-homes.example")
    assert verdict(claim, sender=sender).result == "none"


@pytest.mark.parametrize(
    ("signer", "domain", "expected"),
    [
        ("elmbridge.co.uk", "elmbridge.co.uk", True),
        ("mail.elmbridge.co.uk", "elmbridge.co.uk", True),
        ("elmbridge.co.uk", "staff.elmbridge.co.uk", True),
        ("co.uk", "elmbridge.co.uk", False),
        ("uk", "elmbridge.co.uk", False),
        ("bridge.co.uk", "elmbridge.co.uk", False),
        ("", "elmbridge.co.uk", False),
        ("onmicrosoft.com", "elmbridge.onmicrosoft.com", False),
    ],
)
def test_alignment_is_with_a_domain_and_not_with_a_registry(signer: str, domain: str, expected: bool) -> None:
    assert aligned(signer, domain) is expected

"""Who really sent a mail, as far as our own border vouches for it (RFC 8601).

Only the topmost Authentication-Results field whose authserv-id is the configured one is believed: the border
puts its own field above everything that the sender wrote, and takes out foreign fields with its name (RFC
8601 section 5). A sender can write any other. Microsoft 365 writes no authserv-id; in that mode the topmost
field alone is looked at, and only if it has that form.

The answer is "pass" when the mail was authenticated *for the domain of its From address*, "fail" when the
border says that it was not, "none" when nothing can be said. Refuses to read more into it: a "pass" says
which domain sent the mail, not that a person there may act on a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mailbot.casework.parts import TrustSettings
from mailbot.postroom.reading import Mail, addresses_in

Result = Literal["pass", "fail", "none"]


@dataclass(frozen=True)
class Authenticated:
    """The verdict for the From domain. `method` is "dmarc", "dkim", "spf", "internal" or ""; `reason` is for
    people."""

    result: Result
    domain: str
    method: str
    reason: str


@dataclass(frozen=True)
class _Finding:
    """One method's result, its properties named "header.from", "header.d", "smtp.mailfrom" and so on."""

    method: str
    result: str
    properties: dict[str, str]


def authenticate(mail: Mail, trust: TrustSettings) -> Authenticated:
    """What our border found out about this mail's sender. Never raises on what strangers write."""
    if mail.sender is None:
        return Authenticated("none", "", "", "the mail has no From address")
    domain = mail.sender.address.rpartition("@")[2]
    lines = mail.header("from")
    authors = {address.address for line in lines for address in addresses_in(line)}
    if len(lines) != 1 or len(authors) != 1:
        return Authenticated("none", domain, "", "the mail names more than one author")
    if trust.mode == "microsoft365":
        return _by_microsoft(mail, domain, trust.authserv_id)
    if not trust.authserv_id.strip():
        return Authenticated("none", domain, "", "no authserv-id is configured, so no field can be believed")
    for line in mail.header("authentication-results"):
        server, findings = _parsed(line)
        if server == trust.authserv_id.strip().lower():
            return _weighed(findings, domain)
    return Authenticated("none", domain, "", "our border wrote no Authentication-Results")


def border_of(mail: Mail) -> str | None:
    """The authserv-id of the topmost Authentication-Results: "" where it has none (Microsoft 365), None where the
    mail has no such field. For setting up: it says who wrote the field, not whether to believe it."""
    lines = mail.header("authentication-results")
    return _parsed(lines[0])[0] if lines else None


def _by_microsoft(mail: Mail, domain: str, authserv_id: str) -> Authenticated:
    # Exchange Online takes X-MS-Exchange-Organization-* out of mail from outside (its header firewall), so
    # this field says that the mail was sent by a signed-in mailbox of the same organisation.
    if mail.header("x-ms-exchange-organization-authas") == ("Internal",):
        return Authenticated("pass", domain, "internal", "sent within the organisation (AuthAs: Internal)")
    lines = mail.header("authentication-results")
    if not lines:
        return Authenticated("none", domain, "", "our border wrote no Authentication-Results")
    server, findings = _parsed(lines[0])
    if server not in ("", authserv_id.strip().lower()):
        return Authenticated("none", domain, "", "the topmost Authentication-Results is not of our border")
    return _weighed(findings, domain)


def _weighed(findings: tuple[_Finding, ...], domain: str) -> Authenticated:
    """DMARC decides where it was evaluated, for it alone looks at From; else an aligned DKIM or SPF pass."""
    dmarc = [finding for finding in findings if finding.method == "dmarc"]
    if any(finding.result in ("fail", "permerror") for finding in dmarc):
        return Authenticated("fail", domain, "dmarc", f"DMARC failed for {domain}")
    if dmarc and all(finding.result == "pass" for finding in dmarc):
        named = {_domain_of(finding.properties.get("header.from", "")) for finding in dmarc} - {""}
        if named == {domain}:
            return Authenticated("pass", domain, "dmarc", f"DMARC passed for {domain}")
        if named:
            return Authenticated("fail", domain, "dmarc", f"DMARC passed for another domain than {domain}")
    for method, names in _ALIGNED_BY.items():
        for finding in findings:
            if finding.method == method and finding.result == "pass":
                signer = next(
                    (_domain_of(finding.properties[n]) for n in names if n in finding.properties), ""
                )
                if aligned(signer, domain):
                    return Authenticated("pass", domain, method, f"{method.upper()} passed for {signer}")
    tried = [finding for finding in findings if finding.method in _ALIGNED_BY]
    if tried and all(finding.result in ("fail", "permerror", "policy") for finding in tried):
        return Authenticated("fail", domain, tried[0].method, f"nothing authenticated {domain}")
    return Authenticated("none", domain, "", f"nothing passed that is aligned with {domain}")


_ALIGNED_BY = {
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.mfrom", "smtp.mail"),
}
# Registries that sell names below these: two such names have nothing to do with each other. Not the whole
# public suffix list, only what a British landlord's mail comes from; a missing one is caught by the rule that
# the shorter name must itself be the sender's or signer's full domain.
_REGISTRIES = frozenset(
    f"{below}.{country}"
    for country, names in {
        "uk": ("co", "org", "gov", "ac", "nhs", "me", "ltd", "plc", "net", "sch", "police", "mod"),
        "au": ("com", "net", "org"),
        "nz": ("co", "org"),
        "in": ("co", "net"),
        "com": ("onmicrosoft", "amazonaws"),
        "io": ("github",),
    }.items()
    for below in names
)


def aligned(signer: str, domain: str) -> bool:
    """Relaxed alignment (RFC 7489 section 3.1): one is the other or lies below it."""
    short, long = sorted((signer.lower(), domain.lower()), key=len)
    if "." not in short or short in _REGISTRIES:
        return False
    return short == long or long.endswith("." + short)


def _domain_of(value: str) -> str:
    return value.strip().strip("<>").rpartition("@")[2].strip().rstrip(".").lower()


# ------------------------------------------------------------------ the field's grammar (RFC 8601, 2.2)

_RESULT = re.compile(r"^([a-z][a-z0-9-]{0,30})(?:/\d+)?=([a-z]{1,20})$")
_PROPERTY = re.compile(r"^([a-z]{1,20}\.[a-z0-9_-]{1,40})=(.*)$", re.DOTALL)


def _parsed(line: str) -> tuple[str, tuple[_Finding, ...]]:
    """The authserv-id ("" where there is none) and the findings. Comments and quoted words are no results."""
    clauses = list(_clauses(line[:8_192]))
    if not clauses:
        return "", ()
    server = ""
    if clauses[0] and "=" not in clauses[0][0]:
        server = clauses[0][0].lower()
        clauses = clauses[1:]
    findings = []
    for clause in clauses:
        found = _RESULT.match(clause[0].lower()) if clause else None
        if found is None:
            continue
        properties: dict[str, str] = {}
        for word in clause[1:]:
            name, equals, value = word.partition("=")
            if equals and _PROPERTY.match(name.lower() + "="):
                properties.setdefault(name.lower(), value)
        findings.append(_Finding(found.group(1), found.group(2), properties))
    return server, tuple(findings)


def _clauses(line: str) -> Iterator[list[str]]:
    """The words between semicolons. A quoted string is never a word of its own meaning: "dmarc=pass" in
    quotes is text. White space around "=" is tolerated."""
    words: list[str] = []
    word = ""
    depth = 0
    position = 0
    line = re.sub(r"\s*=\s*", "=", line) if '"' not in line and "(" not in line else line
    while position < len(line):
        char = line[position]
        if char == "\\":
            position += 2
            continue
        if depth:
            depth += {"(": 1, ")": -1}.get(char, 0)
        elif char == "(":
            depth = 1
        elif char == '"':
            end = line.find('"', position + 1)
            end = len(line) if end < 0 else end
            inside = line[position + 1 : end]
            word += inside if word.endswith("=") and "." in word else "quoted"
            position = end
        elif char == ";" or char.isspace():
            if word:
                words.append(word)
            word = ""
            if char == ";":
                yield words
                words = []
        else:
            word += char
        position += 1
    if word:
        words.append(word)
    if words:
        yield words

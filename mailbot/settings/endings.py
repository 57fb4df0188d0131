"""What ends of what we prove ourselves with: as it is written down, or as a certificate says itself."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

from mailbot.settings import tables as t

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def last_day_of(file: Path) -> dt.date | None:
    """The day on which the first certificate in this PEM file ends: the others in it are those that vouch for it. None
    where `cryptography` is not there, which comes with the extra `microsoft`. ValueError where there is none in it, or
    a damaged one."""
    try:
        from cryptography import x509
    except ImportError:
        return None
    found = _PEM.search(file.read_bytes())
    if found is None:
        raise ValueError("there is no certificate in it")
    try:
        return x509.load_pem_x509_certificate(found[0]).not_valid_after_utc.date()
    except x509.InvalidVersion as error:  # no ValueError there, though it is one
        raise ValueError(str(error)) from error


def proof_ends(
    table: t.OAuthTable, certificate: Path | None, today: dt.date, warn: Callable[[str, str, str, str], None]
) -> dt.date | None:
    """When what tokens are asked for with runs out: as it is written down, or as the certificate says itself, whichever
    is sooner. `warn` is told (key, value, problem, what to do) of one that is damaged or has run out."""
    ends, key, fix = table.secret_ends, "oauth.secret_ends", "renew it with the provider and correct the date"
    own = None
    if certificate:
        try:
            own = last_day_of(certificate)
        except OSError:
            pass  # told where it is needed: who only looks need not be able to read it
        except ValueError as error:
            problem = f"its certificate can't be read: {error}"
            warn(
                "oauth.certificate_file",
                str(certificate),
                problem,
                "put key and certificate into it, one below the other",
            )
    if own and (ends is None or own <= ends):
        ends, key, fix = own, "oauth.certificate_file", "have a new one made, upload its public part"
    if ends and ends < today:
        warn(key, str(ends), "by this date it has run out", fix)
    return ends


def expiries(main: t.MailbotTable, proof_ends: dt.date | None) -> tuple[tuple[str, dt.date], ...]:
    """(what, last day) of each whose end is known. `proof_ends`: of what tokens are asked for with."""
    boxes = [(f"The password of the mailbox {box.name}", box.imap.expires) for box in main.mailbox]
    proof = "certificate" if main.oauth and main.oauth.certificate_file else "secret"
    doors = [
        *boxes,
        ("The password of the mail relay", main.smtp.expires),
        (f"The {proof} that mail servers' tokens are asked for with", proof_ends),
    ]
    return tuple((what, ends) for what, ends in doors if ends)

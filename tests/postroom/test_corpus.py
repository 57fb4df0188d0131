"""Every odd mail that we know of, read and screened as is right for it. One file a mail, named by what is odd; what is
right stands in mails/expected.toml beside them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mailbot.postroom import tokens
from mailbot.postroom.files import danger_of
from mailbot.postroom.reading import Mail, read
from mailbot.postroom.screening import Screening, screen

MAILS = Path(__file__).parent / "mails"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((MAILS / "expected.toml").read_text("utf-8"))
OWN = frozenset({"complaints@elmbridge-homes.example"})


def test_every_mail_has_its_expectations_and_there_are_many() -> None:
    assert {path.stem for path in MAILS.glob("*.eml")} == set(EXPECTED)
    assert len(EXPECTED) >= 150
    assert sum(1 for right in EXPECTED.values() if not right["automatic"]) >= 100, (
        "people are the greater part"
    )


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_odd_mail_is_taken_for_what_it_is(name: str) -> None:
    mail = read((MAILS / f"{name}.eml").read_bytes())
    seen = what_is_seen(mail, screen(mail, OWN))
    right = EXPECTED[name]
    phrases = ("says", "lacks", "lacks_new", "defects", "warnings", "rule")
    assert {key: seen[key] for key in right if key not in phrases} == {
        key: value for key, value in right.items() if key not in phrases
    }
    assert [phrase for phrase in right.get("says", ()) if phrase not in mail.text] == []
    assert [phrase for phrase in right.get("lacks", ()) if phrase in mail.text] == []
    assert [phrase for phrase in right.get("lacks_new", ()) if phrase in mail.new_text] == []
    assert right.get("rule", "") in seen["rule"]
    for told in ("defects", "warnings"):
        assert [
            phrase for phrase in right.get(told, ()) if not any(phrase in one for one in seen[told])
        ] == []
    assert bool(seen["warnings"]) == bool(right.get("warnings")), "nobody is warned of without a reason"
    assert not any(defect.startswith("unreadable (") for defect in mail.defects)


def what_is_seen(mail: Mail, screening: Screening) -> dict[str, Any]:
    return {
        "automatic": screening.automatic or "",
        "rule": screening.rule,
        "from": mail.sender.address if mail.sender else "",
        "called": mail.sender.name if mail.sender else "",
        "subject": mail.subject,
        "new": mail.new_text.strip(),
        "attachments": [a.name for a in mail.attachments],
        "sizes": [a.size for a in mail.attachments],
        "dangerous": [a.name for a in mail.attachments if danger_of(a.name, a.content_type, a.content)],
        "failed": list(screening.failed_recipients),
        "original": screening.original_message_id,
        "delayed": screening.delayed,
        "permanent": screening.permanent,
        "pairs": [list(p) for p in tokens.pairs_in(" ".join((*mail.delivered_to, mail.text)))],
        "defects": list(mail.defects),
        "warnings": list(mail.warnings),
        "sealed": mail.sealed,
        "enclosed": [one.sender.address for one in mail.enclosed if one.sender],
    }

"""docs/failures.md names a test for every failure, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_and_mail_that_is_named_exists() -> None:
    page = (ROOT / "docs" / "failures.md").read_text("utf-8")
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    mails = set(re.findall(r"`([\w-]+\.eml)`", page))
    assert len(named) > 50
    assert sorted(name for name in named if f"def {name}(" not in tests) == []
    assert (
        sorted(mail for mail in mails if not (ROOT / "tests" / "postroom" / "mails" / mail).is_file()) == []
    )


def test_every_line_of_a_table_names_a_test() -> None:
    rows = [
        line
        for line in (ROOT / "docs" / "failures.md").read_text("utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| what", "| ---"))
    ]
    assert len(rows) > 45
    assert [row for row in rows if not re.search(r"`(?:test_\w+|[\w-]+\.eml)`", row)] == []


# Everything of this kind that we found in the trackers and advisories of others, by project and number.
KNOWN = """
Zammad 2754 6043 2321 5826 1641 243 635 795 1020 4727 2092 1662 1578 4941 5428 1131 731 2923 2527 193 5113 6187 5064
2444 1134 799 5716 377 2224 2227 2722 2746 2808 6054 2176 2403 3292 5503 539 390 4432 3140 5177
osTicket 5645 2998 3132 5566 6407 5476 1908 1976 462 866 2936 1041 1744 1529 2225 2256 1544 6455 6513 6299 2722 6739
6847 1684 5408 3284 3907 3041
FreeScout 4740 5462 4624 4159 4089 5304 5292 4888 3892 3203 4109 3406 2001 3186 4795 3607 2003 984 3632 870 1041 480
3473 5350 4806 4250 3156 1403 4631 4143 634 3670 3332 3231 2375 5308 5372 3551 3101 2826 2833 349 778 1275 2578 2633
3006 3580 4263 4638 3394 47123 8vm3 83xx j49f 22wf 6w8v wg74 qjr9
django-helpdesk 1240 1247 771 1128 590 0634f1b5 django-mailbox 212 GitLab 1641 madada Alaveteli 5005 Salesforce 286770
faveo 150 165 chatwoot 5131 alga-psa 2705 Znuny 138 Freshdesk mailanalyzer 20 Zulip 17669 osTicket-plugins 264 GLPI
16830 Discourse 11740 kloey 9 itflow 667 Awesome-Support 89 Odoo 13717 40591 brimir 412 php-imap 35169 RT 4458 4730
3373 4735 41259 1474 7686 9472 6127 25802 Roundup 39126 iTop 95 97 218 223 hermes-agent rxqh breeze 1699 Zendesk
""".split()  # noqa: SIM905


def test_nothing_that_happened_to_others_is_left_out() -> None:
    page = (ROOT / "docs" / "failures.md").read_text("utf-8")
    assert [one for one in KNOWN if not re.search(rf"(?<![\w]){re.escape(one)}(?![\w])", page)] == []


def test_every_test_that_the_page_on_reliability_names_exists() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 30
    assert sorted(name for name in named if f"def {name}(" not in tests) == []
    rows = [
        row
        for row in page.splitlines()
        if row.startswith("| ") and not row.startswith(("| what |", "| fault", "| ---"))
    ]
    assert [row for row in rows if "test" not in row.rsplit("|", 2)[1]] == []

"""Every mail that mailbot writes, in a real Chromium: nothing runs over the edge of a phone or a desk, every word
stands out from its ground by day and by night, every image has words, and the plain text says every number.

Two starts of the browser in all; the checks below read what it measured.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "casework"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "reports"))

from letter_samples import FACTS, LETTERHEAD, order_of, plain, words_of
from looking import WIDTHS, look_at
from morning_cases import MORNING, STATIONERY, case, digest, make, with_action
from test_digest_size import FLOW, two_hundred
from test_orders_render import every_careful_step, written_of

from mailbot.casework.vocabulary import Letter, SendLetter
from mailbot.places import config_dir, templates_dir
from mailbot.postroom.letters import Stationery, Written
from mailbot.reports import trend
from mailbot.reports.rows import Aside
from mailbot.settings.logo import read_logo

ROOT = Path(__file__).resolve().parents[2]
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitaenskajuetenschluesselbund" * 3


def of_the_rules(policy: str) -> dict[str, Written]:
    """Letters as the rules of this policy order them, one of each shape."""
    seen: dict[tuple[Letter, str], SendLetter] = {}
    for decision in every_careful_step(policy):
        for effect in decision.effects:
            if isinstance(effect, SendLetter):
                shape = str(sorted((k, bool(v)) for k, v in effect.facts.items()))
                seen.setdefault((effect.letter, shape), effect)
    return {
        f"{policy}: {order.letter} {n}": written_of(order, policy) for n, order in enumerate(seen.values())
    }


def of_ones_own() -> dict[str, Written]:
    """With a logo on a ground of its own, in a colour of one's own, with signatures, and in Welsh."""
    logo = read_logo((ROOT / "docs" / "pictures" / "logo.png").read_bytes())
    landlord = replace(LETTERHEAD.landlord, signature="Open Monday to Friday,\nnine to five.")
    head = replace(LETTERHEAD, logo=logo, colour="#6b1f57", landlord=landlord)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(config_dir() / "sample-templates" / "cy", Path(folder, "cy"))
        stationery = Stationery(templates_dir(), Path(folder))
    kinds = (Letter.ACKNOWLEDGEMENT, Letter.RESPONSE, Letter.SERVICE_REQUEST_RECEIPT)
    found = {f"own: {letter}": stationery.write(order_of(letter), head) for letter in kinds}
    for letter in stationery.languages["cy"]:
        found[f"own: {letter} in Welsh"] = stationery.write(replace(order_of(letter), language="cy"), head)
    return found


@cache
def mails() -> dict[str, Written]:
    """Every letter with full facts, those of a month at a desk, those of the rules, and digests of all kinds."""
    found = {f"sample: {letter}": STATIONERY.write(order_of(letter), LETTERHEAD) for letter in FACTS}
    found |= {f"month: {name}": written for name, written in make.letters_of_the_month().items()}
    for policy in ("tch", "mhs"):
        found |= of_the_rules(policy)
    wide = [case(n, "2026-03-16", subject=LONG_WORD) for n in range(3)]
    facts = {
        "two hundred open cases": digest(*two_hundred(), flow=FLOW),
        "a word without an end": digest(*wide, aside=(Aside("0" * 16, LONG_WORD, LONG_WORD, MORNING),)),
        "a restricted case": digest(case(1, "2026-03-30", restricted=True), with_action(2, "2026-03-27")),
        "without matplotlib": {**digest(case(1, "2026-03-10"), flow=FLOW), "trend": []},
    }
    for name, given in facts.items():
        order = replace(order_of(Letter.DIGEST), facts=given, pictures=make.pictures_of(given))
        found[f"digest: {name}"] = STATIONERY.write(order, LETTERHEAD)
    found |= of_ones_own()
    bars = digest(case(1, "2026-03-10"), flow=FLOW)
    assert len(bars["trend"]) == trend.WEEKS  # type: ignore[arg-type]
    found["digest: bars alone"] = STATIONERY.write(replace(order_of(Letter.DIGEST), facts=bars), LETTERHEAD)
    return found


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    pages = {name: written.page for name, written in mails().items()}
    folder = tmp_path_factory.mktemp("looks")
    return [found for dark in (False, True) for found in look_at(pages, folder, dark)]


def test_every_letter_was_looked_at_by_day_and_by_night_at_both_widths(looks: list[dict[str, Any]]) -> None:
    assert {(one["name"], one["width"], one["dark"]) for one in looks} == {
        (name, width, dark) for name in mails() for width in WIDTHS for dark in (False, True)
    }
    letters = {name.removeprefix("sample: ") for name in mails() if name.startswith("sample: ")}
    assert letters == set(Letter)
    assert all(one["texts"] >= 5 for one in looks)


def test_nothing_runs_over_the_edge(looks: list[dict[str, Any]]) -> None:
    wide = {f"{one['name']} at {one['width']}": one["wide"] for one in looks if one["wide"]}
    scrolls = [f"{one['name']}: {one['scroll']}" for one in looks if one["scroll"] > one["width"]]
    assert (wide, scrolls) == ({}, [])


def test_every_word_stands_out_from_its_ground(looks: list[dict[str, Any]]) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1, by the computed colours."""
    pale = {
        f"{one['name']}, {'dark' if one['dark'] else 'light'}": one["pale"] for one in looks if one["pale"]
    }
    assert pale == {}


def test_every_image_is_shown_and_has_words(looks: list[dict[str, Any]]) -> None:
    images = [(one["name"], image) for one in looks for image in one["images"]]
    assert images, "the trend of the digest is one"
    assert [name for name, image in images if not image["alt"] or not image["shown"]] == []


@pytest.mark.parametrize("kind", ["sample", "month", "tch", "mhs", "digest", "own"])
def test_the_plain_text_says_every_number_of_the_page(kind: str) -> None:
    """Those of an image's words too."""
    for name, written in mails().items():
        if not name.startswith(f"{kind}: "):
            continue
        alternatives = " ".join(re.findall(r'alt="([^"]*)"', written.html))
        shown = plain(f"{words_of(written.html)} {alternatives}")
        said = f"{plain(written.text)} {written.subject}"
        missing = [n for n in set(re.findall(r"[\w.,/-]*\d[\w%/-]*", shown)) if n.strip(".,") not in said]
        assert (name, missing) == (name, [])


def test_what_measures_finds_what_is_wrong(tmp_path: Path) -> None:
    """Pale words, a table that is too wide and an image without words: each is found."""
    sound = next(iter(mails().values())).page
    broken = sound.replace(
        "</body>",
        '<p style="color:#aaaaaa;background:#ffffff">pale</p><table width="500"><tr><td>wide</td></tr></table>'
        '<img src="data:image/png;base64,x"></body>',
    )
    phone, desk = look_at({"broken": broken}, tmp_path, dark=False)
    assert any("pale" in told for told in phone["pale"]) and any("pale" in told for told in desk["pale"])
    assert phone["scroll"] == 500 and phone["wide"] and not desk["wide"]
    assert [image for image in phone["images"] if image["alt"] is None and not image["shown"]]


def test_the_whole_stays_small_enough_for_gmail() -> None:
    assert {name: len(w.html) for name, w in mails().items() if len(w.html) > 90_000} == {}

"""The pages that commands write for people to read, in a real Chromium: nothing runs over the edge of a phone or a desk
and every word stands out from its ground, by day and by night."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands_places import CHECKOUT, Office
from doors.command_line import Said

sys.path.append(str(CHECKOUT / "tests" / "postroom"))

from looking import WIDTHS, look_at

PAGES = {
    "a quarter's report": ("report", "quarterly", "--for", "2026-Q1"),
    "a month's report": ("report", "monthly", "--for", "2026-03"),
    "a policy": ("policy", "show", "mtvh"),
    "a policy against the Code": ("policy", "check", "mtvh"),
}


@pytest.fixture
def looks(mailbot: Callable[..., Said], office: Office, tmp_path: Path) -> list[dict[str, Any]]:
    pages = {}
    for name, words in PAGES.items():
        file = tmp_path / f"{len(pages)}.html"
        said = mailbot(*words, "--html", file, "--config", office.config)
        assert said.code in (0, 1), said.err
        pages[name] = file.read_text()
    return [found for dark in (False, True) for found in look_at(pages, tmp_path, dark)]


def test_pages_fit_a_phone_and_a_desk_and_can_be_read_by_day_and_by_night(
    looks: list[dict[str, Any]],
) -> None:
    assert {(one["name"], one["width"], one["dark"]) for one in looks} == {
        (name, width, dark) for name in PAGES for width in WIDTHS for dark in (False, True)
    }
    assert all(one["texts"] >= 20 for one in looks)
    scrolls = {
        f"{one['name']} at {one['width']}": one["scroll"] for one in looks if one["scroll"] > one["width"]
    }
    assert scrolls == {}
    pale = {
        f"{one['name']}, {'dark' if one['dark'] else 'light'}": one["pale"][:5]
        for one in looks
        if one["pale"]
    }
    assert pale == {}
    assert [(one["name"], image) for one in looks for image in one["images"] if not image["alt"]] == []

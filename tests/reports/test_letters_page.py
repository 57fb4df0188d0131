"""docs/letters.md tells of every letter what letters.toml says; letters can be read by people who see poorly."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from morning_cases import make, paper

from mailbot.casework.vocabulary import Letter
from mailbot.places import templates_dir
from mailbot.postroom.wording import ENGLISH

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "letters.md").read_text(encoding="utf-8")
FORMS = tomllib.loads((templates_dir() / "letters.toml").read_text(encoding="utf-8"))
STYLE = (templates_dir() / "base" / "style.css").read_text(encoding="utf-8")
COLOUR = "#1d5b66"  # the letterhead's own


def about(letter: str) -> str:
    (found,) = re.findall(rf"(?ms)^### {letter}\n(.*?)(?=^##|\Z)", PAGE)
    return str(found)


def test_the_page_has_every_letter_once_and_no_other():
    assert sorted(re.findall(r"^### (\w+)$", PAGE, re.M)) == sorted(n for n in FORMS if n != "many_lines")
    assert {name for name in FORMS if name != "many_lines"} == {letter.value for letter in Letter}


@pytest.mark.parametrize("letter", list(Letter))
def test_the_page_says_who_why_and_from_which_facts(letter: Letter):
    form, told = FORMS[letter.value], about(letter.value)
    assert form["clause"] in told
    facts = re.search(r"^- Facts: (.*)$", told, re.M)[1]
    given, _, optional = facts.partition("May be left out:")
    assert sorted(re.findall(r"`(\w+)`", given)) == sorted(form["required"])
    assert re.findall(r"`(\w+)`", optional) == list(form["optional"])
    assert ("*no way back*" in told) is form["null_sender"]
    held = re.search(r"^- Must hold: (.*)$", told, re.M)
    assert re.findall(r"`(\w+)`", held[1] if held else "") == form.get("contains", [])
    headings = re.findall(r"^## (.+)$", PAGE[: PAGE.index(f"### {letter.value}\n")], re.M)
    assert headings[-1].lower().startswith(form["audience"])


def test_every_picture_and_place_that_the_page_names_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


@pytest.mark.parametrize("name", list(make.PICTURES))
def test_each_picture_is_there_and_small(name: str):
    picture = (ROOT / "docs" / "pictures" / f"{name}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000


def test_the_pages_for_handlers_and_supervisors_print_on_one_sheet_each(tmp_path: Path):
    page = paper.page_of("handlers", "supervisors", size=paper.SIZES[-1])
    assert paper.print_page(page, tmp_path / "both.pdf") == 2


def test_without_chromium_the_pictures_say_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="apt install chromium"):
        make.find_browser()


# ------------------------------------------------------------------ dates in sentences


@pytest.mark.parametrize(
    ("sentence", "spoken"),
    [
        ("due 2026-03-27.", "due Friday 27 March 2026."),
        ("ends at 2026-03-29T09:05:00+00:00", "ends at Sunday 29 March 2026 at 10:05"),  # summer time
        ("case CC-2026-000412-X, 2026-99-99, 12026-03-27", "case CC-2026-000412-X, 2026-99-99, 12026-03-27"),
        ("at 2026-03-27T99:99", "at 2026-03-27T99:99"),
        ("", ""),
    ],
)
def test_a_sentence_of_the_service_says_its_dates_as_people_do(sentence: str, spoken: str):
    assert ENGLISH.said(sentence) == spoken


def test_a_table_keeps_what_only_looks_like_a_date():
    assert (ENGLISH.cell("2026-03-27"), ENGLISH.cell("2026-02-30")) == ("Fri 27 Mar 2026", "2026-02-30")


# ------------------------------------------------------------------ contrast


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colours(dark: bool) -> dict[str, dict[str, str]]:
    """What each class of the style sheet sets as colour and background, on a light or on a dark screen."""
    plain, _, rest = STYLE.replace("{{ colour }}", COLOUR).partition("@media (prefers-color-scheme: dark){")
    sheet = plain + (rest.partition("\n}\n")[0] if dark else "")
    found: dict[str, dict[str, str]] = {}
    for names, body in re.findall(r"(?m)^([.\w,]+)\{(.*)\}$", sheet):
        for name in names.split(","):
            for key, value in re.findall(r"(?:^|;)(color|background):(#[0-9a-f]{6})", body):
                found.setdefault(name.lstrip("."), {})[key] = value
    return found


ON: dict[str, tuple[str, ...]] = {
    # what stands on what: text classes by ground
    "card": ("h1", "h2", "h3", "p", "small", "fine", "brand", "unit", "ref", "refno", "label", "value", "when",
             "then", "th", "td", "code", "a", "red", "amber", "green"),
    "page": ("fine",),
    "panel": ("h3", "p", "label", "value", "unit"),
    "quote": ("p",),
    "ombudsman": ("h3", "small", "a"),
    "onred": ("h3", "p", "label", "value", "red"),
    "onamber": ("h3", "p", "label", "value", "amber"),
    "ongreen": ("h3", "p"),
    "onplain": ("h3", "p"),
    "kpi": ("kpinumber", "kpilabel"),
    "kpired": ("red", "kpilabel"),
    "kpiamber": ("amber", "kpilabel"),
    "kpigreen": ("green", "kpilabel"),
    "button": ("button",),
    "second": ("second",),
    "chip": ("chip",),
    "chipred": ("chipred",),
    "chipamber": ("chipamber",),
    "chipgreen": ("chipgreen",),
}  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("ground", list(ON))
def test_words_stand_out_from_their_ground(ground: str, dark: bool):
    sheet = colours(dark)
    for words in ON[ground]:
        ratio = contrast(sheet[words]["color"], sheet[ground]["background"])
        assert ratio >= 4.5, f"{words} on {ground}: {ratio:.2f} to 1"

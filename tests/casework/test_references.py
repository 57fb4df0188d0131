"""References: every spelling that people type is found, and nothing that isn't ours."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mailbot.casework.references import (
    check_character,
    compose,
    find,
    find_letters,
    near_misses,
    of_letter,
    without_check,
    without_letters,
)

OURS = "CC-2026-004217-7"

SPELLINGS = {
    "as we write it": "Your reference is CC-2026-004217-7",
    "lower case": "cc-2026-004217-7",
    "mixed case": "Cc-2026-004217-7",
    "spaces": "CC 2026 004217 7",
    "dots": "CC.2026.004217.7",
    "underscores, as in a file name": "CC_2026_004217_7.pdf",
    "slashes": "CC/2026/004217/7",
    "nothing between": "CC20260042177",
    "nothing between, then a house number": "CC20260042177 7 Elm Road",
    "blanks round the hyphens": "CC - 2026 - 004217 - 7",
    "en dashes": "CC–2026–004217–7",
    "non-breaking hyphens": "CC‑2026‑004217‑7",
    "minus signs": "CC−2026−004217−7",
    "non-breaking spaces": "CC\u00a02026\u00a0004217\u00a07",
    "unseen characters of HTML mail": "CC-\u200b2026-\u00ad004217-\ufeff7",
    "full-width, from a phone": "ＣＣ－２０２６－００４２１７－７",
    "letter O for nought": "CC-2O26-OO4217-7",
    "small o for nought": "cc-2o26-oo4217-7",
    "I for one": "CC-2026-0042I7-7",
    "l for one": "CC-2026-0042l7-7",
    "noughts left out": "CC 2026 4217 7",
    "one nought left out": "CC-2026-04217-7",
    "year and serial in one, noughts left out": "CC20264217-7",
    "the digits in groups": "CC 2026 004 217 7",
    "in square brackets": "Re: [CC-2026-004217-7] Damp in the bedroom",
    "in round brackets": "my complaint (CC-2026-004217-7) was",
    "quoted": 'about "CC-2026-004217-7" please',
    "in smart quotes": "about ‘CC-2026-004217-7’ please",
    "at the end of a sentence": "I wrote about CC-2026-004217-7.",
    "before a question mark": "what about CC-2026-004217-7?",
    "after Ref:": "Ref:CC-2026-004217-7",
    "after case no": "case no CC-2026-004217-7 still open",
    "after a hash": "case #CC-2026-004217-7",
    "starting the next sentence with I": "CC-2026-004217-7 I am still waiting",
    "in a quoted reply": "> > CC-2026-004217-7",
    "wrapped in a quoted reply": "> as said in CC-2026-\n> 004217-7 we will",
    "wrapped deeper, with CRLF": "> > see CC-2026-004217-\r\n> > 7 for it",
    "wrapped at the prefix": "see CC-\n2026-004217-7",
    "in a plus address": "complaints+cc-2026-004217-7@landlord.example",
    "starred, as in a text client": "*CC-2026-004217-7*",
}

NOT_OURS = {
    "another prefix": "MH-2026-004217-7",
    "a longer prefix": "SCC-2026-004217-7",
    "a wrong check": "CC-2026-004217-8",
    "two digits swapped": "CC-2026-004271-7",
    "another year": "CC-2025-004217-7",
    "no check": "CC-2026-004217",
    "no check and no noughts": "CC-2026-4217",
    "a longer word": "CC-2026-004217-7th",
    "more digits": "CC-2026-004217-77",
    "a date after a copy line": "Cc 2026-05-12",
    "a telephone number": "020 2600 42177",
    "a paragraph between": "CC-2026-\n\n004217-7",
    "serial nought": "CC-2026-000000-" + check_character(2026, 0),
    "nothing": "",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_reference_is_found_however_people_type_it(text: str) -> None:
    assert find(text, "CC") == (OURS,)
    assert near_misses(text, "CC") == ()


@pytest.mark.parametrize("text", NOT_OURS.values(), ids=NOT_OURS.keys())
def test_what_is_not_ours_is_not_found(text: str) -> None:
    assert find(text, "CC") == ()


def test_the_reference_of_the_documentation_carries_its_true_check() -> None:
    assert compose("CC", 2026, 4217) == OURS


def test_a_serial_grows_past_six_digits_when_a_year_needs_it() -> None:
    reference = compose("CC", 2026, 1234567)
    assert reference.startswith("CC-2026-1234567-")
    assert find(reference, "CC") == (reference,)
    assert find(reference.replace("-", ""), "CC") == (reference,)


def test_a_check_that_is_an_x_is_found_in_either_case() -> None:
    serial = next(n for n in range(1, 100) if check_character(2026, n) == "X")
    reference = compose("CC", 2026, serial)
    assert reference.endswith("-X")
    assert find(reference.lower(), "CC") == (reference,)
    assert find(f"CC 2026 {serial} x", "CC") == (reference,)


@settings(deadline=None)
@given(
    year=st.integers(2000, 2999),
    serial=st.integers(1, 10**7),
    place=st.integers(0, 20),
    digit=st.integers(1, 9),
)
def test_every_single_wrong_digit_is_caught(year: int, serial: int, place: int, digit: int) -> None:
    digits = f"{year}{serial:06d}"
    at = 1 + place % (len(digits) - 1)  # the first digit is the millennium: 3026 isn't a year of ours at all
    wrong = digits[:at] + str((int(digits[at]) + digit) % 10) + digits[at + 1 :]
    assume(len(wrong) == 10 or wrong[4] != "0")  # a serial of seven digits never begins with a nought
    assert check_character(int(wrong[:4]), int(wrong[4:])) != check_character(year, serial)


@settings(deadline=None)
@given(year=st.integers(2000, 2999), serial=st.integers(1, 10**7), place=st.integers(0, 20))
def test_every_swap_of_neighbours_is_caught(year: int, serial: int, place: int) -> None:
    digits = f"{year}{serial:06d}"
    at = place % (len(digits) - 1)
    swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    assume(len(swapped) == 10 or swapped[4] != "0")  # as above
    caught = check_character(int(swapped[:4]), int(swapped[4:])) != check_character(year, serial)
    assert caught == (swapped != digits)


def test_a_check_typed_as_a_letter_is_found_but_the_next_sentence_is_no_check() -> None:
    reference = compose("CC", 2026, 1234567)
    assert reference.endswith("-1")
    assert find(reference[:-1] + "l", "CC") == (reference,)
    assert find("CC-2026-1234567. I am cold", "CC") == ()
    assert near_misses("CC-2026-1234567\n\nI am cold", "CC") == ("CC-2026-1234567",)


@settings(deadline=None)
@given(
    year=st.integers(2000, 2999),
    serial=st.integers(1, 10**8),
    gaps=st.lists(st.sampled_from(["-", " ", ".", "/", "_", "–", " - ", "-\n> "]), min_size=3, max_size=3),
    before=st.sampled_from(["", "Re: ", "[", "> ", "Ref:", "(", "no. "]),
    after=st.sampled_from(["", ".", "]", ")", ", thanks", "\n", " I wrote", "?"]),
    lower=st.booleans(),
)
def test_what_we_compose_we_find(
    year: int, serial: int, gaps: list[str], before: str, after: str, lower: bool
) -> None:
    reference = compose("HSG", year, serial)
    parts = reference.split("-")
    typed = before + "".join(a + b for a, b in zip(parts, [*gaps, ""], strict=True)) + after
    assert find(typed.lower() if lower else typed, "HSG") == (reference,)


def test_several_references_come_once_each_in_the_order_of_the_text() -> None:
    first, second = compose("CC", 2026, 12), compose("CC", 2025, 900)
    assert find(f"{second} and {first.lower()}, also {second}", "CC") == (second, first)


def test_a_near_miss_is_told_as_it_was_typed() -> None:
    text = "my case CC-2026-004217-8 and\n> cc 2026\n> 004271 7, also CC-2026-004217-7 and CC-2026-4217"
    assert near_misses(text, "CC") == ("CC-2026-004217-8", "cc 2026004271 7", "CC-2026-4217")
    assert find(text, "CC") == (OURS,)


def test_another_organisations_reference_is_not_even_a_near_miss() -> None:
    assert near_misses("HO-2026-004217-8, ref 202304503, SCC-2026-004217-8", "CC") == ()


def test_a_prefix_with_letters_that_look_like_digits_is_found_too() -> None:
    reference = compose("OIH", 2026, 5)
    assert find(reference.replace("OIH", "0lH"), "OIH") == (reference,)


@pytest.mark.parametrize("prefix", ["", "C", "cc", "TOOLONGS", "C1", "CC-", "CC\n"])
def test_an_odd_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        compose(prefix, 2026, 1)
    with pytest.raises(ValueError, match="prefix"):
        find("", prefix)


@pytest.mark.parametrize(("year", "serial"), [(1999, 1), (3000, 1), (2026, 0), (2026, -5), (2026, 10**9)])
def test_a_serial_or_year_that_cannot_be_is_refused(year: int, serial: int) -> None:
    with pytest.raises(ValueError, match="of a reference"):
        compose("CC", year, serial)


HOSTILE = [
    "CC 2026 " * 100_000,
    "CC" * 400_000,
    "CC" + " " * 800_000,
    "CC 2026" + "0 " * 400_000,
    "CC 2026 0      0      0      0      0      0      a" * 16_000,
    "CC2026" + "1" * 800_000,
    "CC\n>>>>" * 100_000,
    "CC 2026\n> 0\n> 0\n> 0\n> 0\n> 0\n> 0\n> " * 25_000,
    "\u00ad\u0301" * 400_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_of_800_kilobytes_is_read_in_no_time(text: str) -> None:
    started = time.perf_counter()
    find(text, "CC")
    near_misses(text, "CC")
    assert time.perf_counter() - started < 5  # measured: 0.15 s at most; a quadratic reading takes minutes


@settings(deadline=None)
@given(st.text(alphabet="cC2O06l174-/. \n>\u00adX", max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for reference in find(text, "CC"):
        assert compose("CC", int(reference[3:7]), int(reference[8:-2])) == reference


def test_a_reference_without_its_check_is_completed_for_whoever_may_use_it() -> None:
    assert without_check("about CC-2026-004217, please. And cc 2026 004217 again", "CC") == (
        "CC-2026-004217-7",
    )
    assert without_check("XX-2026-004217 and CC-2026-004217-7", "CC") == ()


def test_a_letter_of_no_case_is_called_by_its_number_and_a_check_and_never_taken_for_a_case() -> None:
    for number in (1, 27, 2026, 104_512):
        called = of_letter(number)
        assert re.fullmatch(rf"LETTER-{number}-[0-9X]", called)
        assert find_letters(f"Re: Please decide [{called.lower()}], or letter {number} {called[-1]}") == (
            number,
        )
        assert find(called, "CC") == () and find(called, "LETTER") == () and near_misses(called, "CC") == ()
        wrong = f"{called[:-1]}{'1' if called[-1] == '0' else '0'}"
        assert (
            find_letters(wrong) == ()
            and find_letters(f"X{called}") == ()
            and find_letters(f"{called}4") == ()
        )
    assert find_letters("my letter - 5 - 6 weeks ago, letter 4 2, CC-2026-004217-7") == ()
    assert without_letters("#release LETTER-27-1").strip() == "#release"

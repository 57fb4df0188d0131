"""Whatever a mail holds it can be read, quickly, and a single bad line in it stops all of it."""

from __future__ import annotations

import time

import pytest
from casework_samples import at
from command_desk import TODAY, cases_of, rules_of, send
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.casework.acting import acts_of
from mailbot.casework.commands import CUT_LINE, parse, strip_internal
from mailbot.casework.forms import FORMS
from mailbot.casework.vocabulary import Stage

ADD = rules_of("plain").calendar.add_working_days
LINES = tuple(form for forms in FORMS.values() for form in forms if form.startswith("#"))
WORDS = tuple(sorted({word for line in LINES for word in line.split()}))
ODD = ("\u00a0", "\u200b", "\u202e", "\uff03", "\u201c", "\x00", "\r\n", "\r", "\u2028", "> ", "| ", "-- ", "#", "##",
       "# ", CUT_LINE, "On 2 Mar 2026 at 10:11, a@b.example wrote:", "From: x", "Sent: y", "To: z", "Case key: 1a.2b",
       "-----Original Message-----", "Sent from my iPhone", "Dear Jo,", "\n", "\n\n", " ", "because", "by")  # fmt: skip
ANY = st.lists(st.sampled_from((*LINES, *WORDS, *ODD)) | st.text(max_size=12), max_size=30).map(
    lambda pieces: "".join(piece if piece in ("\n", "\n\n") else f"{piece} " for piece in pieces)
)
BAD = ("#clsoe agreed", "#extend 10 working days", "#action mend it", "#done the fan", "#assign", "#merge CC-1",
       "#hold until soon", "#respond perhaps", "#new complaint", "#authority maybe", "#xyzzy",
       "#record mood good")  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(ANY | st.text(max_size=200))
def test_any_text_is_read_and_asks_for_something_or_says_what_is_wrong(text: str) -> None:
    found = parse(text, TODAY, ADD)
    assert bool(found.acts) != bool(found.mistakes)
    if found.mistakes:
        assert found.body == "" and not found.is_for_resident and found.leftover == ""
        assert all(mistake.problem and mistake.right_form for mistake in found.mistakes)
    else:
        assert len(acts_of(found, "sam", at("2026-03-05"), "mail-1")) == len(found.acts)
    again = strip_internal(text)
    assert strip_internal(again) == again, "what was cut once needs no second cut"


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(LINES), max_size=4),
    st.sampled_from(BAD),
    st.integers(0, 4),
    st.sampled_from(("", "Dear Jo,\n\nWe come on Monday.", "> quoted")),
    st.sampled_from([stage for stage in Stage if stage is not Stage.NONE]),
    st.sampled_from(("", "> ", "    ", "\u00a0", "\u2022 ")),
)
def test_a_mail_with_one_bad_line_does_nothing_wherever_it_stands(
    good: list[str], bad: str, place: int, below: str, stage: Stage, before: str
) -> None:
    lines = [*good[:place], f"{before}{bad}", *good[place:]]
    case, rules = cases_of("plain")[stage], rules_of("plain")
    after = send(case, "alex", "\n".join(lines) + f"\n\n{below}", rules)
    assert after.refused and after.case == case and after.effects == ()


@pytest.mark.parametrize(
    "text",
    [
        "#" * 200_000,
        "#note " + "by " * 60_000,
        "#action " + "by " * 60_000,
        "#resident " + "a@" * 60_000,
        "#new complaint from " + "a " * 60_000 + "by phone",
        "#extend " + "because " * 30_000,
        "#note x\n" * 5_000,
        "> " * 100_000,
        "On 2 Mar 10:10 wrote:\n" * 10_000,
        "From: a@b\n" * 5_000,
        ("x" * 60 + "\n") * 5_000,
        "#done " + ",1" * 60_000,
    ],
    ids=lambda text: text[:12].strip(),
)
def test_a_mail_of_any_length_is_read_in_a_moment(text: str) -> None:
    began = time.process_time()
    parse(text, TODAY, ADD)
    assert time.process_time() - began < 1.0

"""Tokens: a letter's key opens one case, for one person, in one part, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.postroom.tokens import (
    MAX_LOCAL_PART,
    check,
    message_id,
    mint,
    parse_message_id,
    parse_reply_address,
    reply_address,
)

KEY = b"a key for the tests, 32 bytes..."
LETTER = ("resident", "CC-2026-000042-7", "amina.yusuf@example.com", "k3x9")
BASE = "complaints@elmbridge-homes.example"


def test_a_minted_token_is_accepted_in_any_case() -> None:
    token = mint(KEY, *LETTER)
    assert check(KEY, *LETTER, token)
    assert check(KEY, "resident", "CC-2026-000042-7", " Amina.Yusuf@Example.com", "K3X9", token.upper())


def test_a_token_holds_at_least_eighty_bits() -> None:
    assert len(mint(KEY, *LETTER)) * 5 >= 80


@pytest.mark.parametrize(
    "other",
    [
        ("handler", "CC-2026-000042-7", "amina.yusuf@example.com", "k3x9"),
        ("resident", "CC-2026-000043-5", "amina.yusuf@example.com", "k3x9"),
        ("resident", "CC-2026-000042-7", "karim@example.com", "k3x9"),
        ("resident", "CC-2026-000042-7", "amina.yusuf@example.com", "k3x8"),
        ("residentCC", "-2026-000042-7", "amina.yusuf@example.com", "k3x9"),
    ],
    ids=["audience", "case", "recipient", "nonce", "moved-border"],
)
def test_a_token_is_worth_nothing_elsewhere(other: tuple[str, str, str, str]) -> None:
    assert not check(KEY, *other, mint(KEY, *LETTER))


def test_another_key_mints_another_token() -> None:
    assert not check(b"another key for the tests, 32 b.", *LETTER, mint(KEY, *LETTER))


@pytest.mark.parametrize("token", ["", "a", "é" * 20, "a" * 20, "\ud800" * 20])
def test_a_wrong_token_is_refused_and_never_an_error(token: str) -> None:
    assert not check(KEY, *LETTER, token)


def test_weak_keys_and_odd_nonces_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        mint(b"short", *LETTER)
    with pytest.raises(ValueError, match="nonce"):
        mint(KEY, "resident", "CC", "a@example.com", "no.dots")
    assert not check(b"short", *LETTER, mint(KEY, *LETTER))


def test_a_message_id_carries_the_token_there_and_back() -> None:
    token = mint(KEY, *LETTER)
    spelled = message_id("k3x9", token, "elmbridge-homes.example")
    assert spelled == f"<k3x9.{token}@elmbridge-homes.example>"
    assert parse_message_id(spelled) == ("k3x9", token)
    assert parse_message_id(spelled.upper(), "elmbridge-homes.example") == ("k3x9", token)
    assert parse_message_id(spelled, "other.example") is None


@pytest.mark.parametrize("value", ["", "<>", "<CAF+abc@mail.gmail.com>", "<k3x9.short@x.example>", "k3x9"])
def test_other_peoples_message_ids_are_not_ours(value: str) -> None:
    assert parse_message_id(value) is None


def test_a_reply_address_carries_the_token_there_and_back() -> None:
    token = mint(KEY, *LETTER)
    spelled = reply_address(BASE, "k3x9", token)
    assert spelled == f"complaints+k3x9.{token}@elmbridge-homes.example"
    assert parse_reply_address(spelled, [BASE]) == ("k3x9", token)
    assert parse_reply_address(f"<{spelled.upper()}>", ["Complaints@Elmbridge-Homes.example"]) == (
        "k3x9",
        token,
    )


def test_a_reply_address_of_another_mailbox_is_not_ours() -> None:
    spelled = reply_address("repairs@elmbridge-homes.example", "k3x9", mint(KEY, *LETTER))
    assert parse_reply_address(spelled, [BASE]) is None
    assert parse_reply_address(BASE, [BASE]) is None
    assert parse_reply_address("complaints+newsletter@elmbridge-homes.example", [BASE]) is None


def test_a_reply_address_too_long_for_mail_is_refused() -> None:
    with pytest.raises(ValueError, match="64"):
        reply_address("a" * 40 + "@x.example", "k3x9", mint(KEY, *LETTER))
    with pytest.raises(ValueError, match="address"):
        reply_address("not an address", "k3x9", mint(KEY, *LETTER))


@given(
    nonce=st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True),
    case=st.text(max_size=30),
    recipient=st.emails(),
    audience=st.sampled_from(["resident", "handler"]),
)
def test_every_letter_finds_its_way_back(nonce: str, case: str, recipient: str, audience: str) -> None:
    token = mint(KEY, audience, case, recipient, nonce)
    spelled = reply_address(BASE, nonce, token)
    assert len(spelled.partition("@")[0]) <= MAX_LOCAL_PART
    assert parse_reply_address(spelled, [BASE]) == (nonce, token)
    assert check(KEY, audience, case, recipient, nonce, token)


@given(st.text(max_size=200))
def test_no_text_breaks_the_parsers(text: str) -> None:
    assert parse_message_id(text) is None
    assert parse_reply_address(text, [BASE]) is None
    assert not check(KEY, *LETTER, text)

"""Keyed tokens: proof that whoever writes holds a letter that we sent to this recipient about this case.

A token is an HMAC-SHA256 over audience (resident, handler ...), case, recipient and nonce, cut to 100 bits
and spelled in lower-case base32, so that it survives mail programs that change the case of an address. It is
carried in the letter's Message-ID and in its reply address; the nonce beside it is the key to look it up by,
and is made by the caller. Bound to all four: a resident's token is worth nothing as a handler's, and a
forwarded letter makes nobody else its recipient.

Pure functions of their arguments: no storage, no clock, no randomness. Refuses keys and nonces too weak to
mean anything.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable

TOKEN_CHARS = 20  # 5 bits each: 100 bits
MIN_KEY_BYTES = 16
MAX_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1

_NONCE = re.compile(r"[a-z0-9]{1,32}")
_TOKEN = rf"[a-z2-7]{{{TOKEN_CHARS}}}"
_PAIR = re.compile(rf"([a-z0-9]{{1,32}})\.({_TOKEN})")
_KEY_LINE = re.compile(rf"^[ \t>|]*case key: ([a-z0-9]{{1,32}})\.({_TOKEN})[ \t]*$", re.MULTILINE)
_MESSAGE_ID = re.compile(rf"<?([a-z0-9]{{1,32}})\.({_TOKEN})@([a-z0-9.-]{{1,255}})>?")


def mint(key: bytes, audience: str, case: str, recipient: str, nonce: str) -> str:
    """The token for this letter. ValueError where the key is shorter than 16 bytes or the nonce is none."""
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(
            f"the key for tokens must have at least {MIN_KEY_BYTES} bytes, this one has {len(key)}"
        )
    if not _NONCE.fullmatch(nonce):
        raise ValueError("a nonce is 1 to 32 lower-case letters and digits")
    pieces = (p.encode("utf-8", "surrogatepass") for p in (audience, case, recipient.strip().lower(), nonce))
    # Each with its length: "a", "bc" is not "ab", "c".
    bound = b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)
    seal = hmac.digest(key, bound, "sha256")[: TOKEN_CHARS * 5 // 8 + 1]
    return base64.b32encode(seal).decode("ascii").lower()[:TOKEN_CHARS]


def check(key: bytes, audience: str, case: str, recipient: str, nonce: str, token: str) -> bool:
    """Whether this token was minted with this key for all four, compared in constant time."""
    if len(key) < MIN_KEY_BYTES or not _NONCE.fullmatch(nonce.lower()):
        return False
    expected = mint(key, audience, case, recipient, nonce.lower())
    return hmac.compare_digest(expected.encode("ascii"), token.strip().lower().encode("utf-8", "replace"))


def message_id(nonce: str, token: str, domain: str) -> str:
    """The Message-ID of a letter: "<nonce.token@domain>"."""
    return f"<{nonce}.{token}@{domain}>"


def parse_message_id(value: str, domain: str = "") -> tuple[str, str] | None:
    """(nonce, token) of a Message-ID of ours, in any case, None for anybody else's.

    With `domain` only ids under that domain are ours. The token is not checked here.
    """
    found = _MESSAGE_ID.fullmatch(value.strip().lower())
    if found is None or (domain and found.group(3) != domain.lower()):
        return None
    return found.group(1), found.group(2)


def key_line(nonce: str, token: str) -> str:
    """The line that a prepared mail carries where the reply address can't."""
    return f"Case key: {nonce}.{token}"


def parse_key_lines(text: str) -> tuple[tuple[str, str], ...]:
    """The (nonce, token) pairs of the key lines in a text: the first few, as a mail program may have quoted them."""
    found = _KEY_LINE.finditer(text[:200_000].lower())
    return tuple((m.group(1), m.group(2)) for m, _ in zip(found, range(3), strict=False))


def reply_address(base: str, nonce: str, token: str) -> str:
    """The plus-address that answers to a letter go to. ValueError where mail allows no address so long."""
    local, at, domain = base.rpartition("@")
    if not at or not local or not domain:
        raise ValueError("the base of a reply address is an address")
    keyed = f"{local}+{nonce}.{token}"
    if len(keyed.encode("utf-8")) > MAX_LOCAL_PART:
        raise ValueError(f"the reply address's local part would be longer than {MAX_LOCAL_PART} octets")
    return f"{keyed}@{domain}"


def parse_reply_address(address: str, base_addresses: Iterable[str]) -> tuple[str, str] | None:
    """(nonce, token) of a reply address under one of our mailboxes, in any case, else None."""
    local, at, domain = address.strip().strip("<>").lower().rpartition("@")
    base, plus, extension = local.partition("+")
    if not at or not plus or f"{base}@{domain}" not in {one.strip().lower() for one in base_addresses}:
        return None
    found = _PAIR.fullmatch(extension)
    return (found.group(1), found.group(2)) if found else None


_PAIRED = re.compile(rf"(?<![a-z0-9])([a-z0-9]{{1,32}})\.({_TOKEN})@", re.IGNORECASE)


def pairs_in(text: str) -> tuple[tuple[str, str], ...]:
    """Every (nonce, token) that stands before an "@" in this text: in Message-IDs, keyed addresses, return paths.
    At most 20, in their order; none of them is checked here."""
    found = ((one.group(1).lower(), one.group(2).lower()) for one in _PAIRED.finditer(text))
    return tuple(dict.fromkeys(pair for pair, _ in zip(found, range(20), strict=False)))

"""A landlord's logo, read from its file and held against what mail programs take.

Its type and size are told from its bytes, never from its name (PNG: ISO/IEC 15948, IHDR; JPEG: ITU-T T.81, SOF). It
goes along with every letter to a resident, so it has to be small.
"""

from __future__ import annotations

import struct
from typing import Final

from mailbot.casework.parts import Logo

LARGEST: Final = 60_000  # bytes
SMALLEST_SIDE: Final = 16  # pixels
LONGEST_SIDE: Final = 2_000
ROOM: Final = (240, 64)  # CSS pixels in the head of a letter, also on a telephone
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG's SOF0 to SOF15
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # JPEG's markers without a length


class NoLogo(ValueError):
    """What is wrong with a file, and what to do: two sentences."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem, self.fix = problem, fix


def read_logo(content: bytes) -> Logo:
    """The logo with the size at which letters show it: sharp on fine screens, never larger than it is. NoLogo."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        kind, size = "png", _png_size(content)
    elif content.startswith(b"\xff\xd8\xff"):
        kind, size = "jpeg", _jpeg_size(content)
    else:
        raise NoLogo(
            "it is neither a PNG nor a JPEG", "save it as PNG: mail programs show no SVG and no WebP"
        )
    if size is None:
        raise NoLogo("the picture is damaged or cut off", "save it anew as PNG")
    if len(content) > LARGEST:
        told = f"it has {len(content) // 1000} kB and goes along with each letter"
        raise NoLogo(
            told, f"save it smaller: at most {LARGEST // 1000} kB, {2 * ROOM[0]} pixels wide are enough"
        )
    width, height = size
    if min(size) < SMALLEST_SIDE or max(size) > LONGEST_SIDE:
        told = f"it measures {width} by {height} pixels"
        raise NoLogo(told, f"save it with sides between {SMALLEST_SIDE} and {LONGEST_SIDE} pixels")
    if width > 12 * height or height > 3 * width:
        told = f"with {width} by {height} pixels it would be a line in the head of a letter"
        raise NoLogo(told, "cut it to at most twelve times as wide as high, or three times as high as wide")
    share = min(1.0, ROOM[0] / width, ROOM[1] / height)
    return Logo(content, kind, max(1, round(width * share)), max(1, round(height * share)))


def _png_size(content: bytes) -> tuple[int, int] | None:
    if len(content) < 45 or content[12:16] != b"IHDR" or b"IEND" not in content[-16:]:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return (width, height) if width and height else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    if b"\xff\xd9" not in content[-64:]:
        return None
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES and at + 9 <= len(content):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return (width, height) if width and height else None
        else:
            at += 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])
    return None

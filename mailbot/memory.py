"""What the process holds in memory, and gives back.

glibc takes large blocks (a file that came along, a mail's bytes) from the heap once it has seen one freed, up to 32
MB each (mallopt(3), M_MMAP_THRESHOLD: it is dynamic). Small things that live on then lie between their gaps, and the
process grows though nothing leaks (docs/performance.md has by how much). With a threshold that is set, large blocks are
mapped by themselves, and each goes back to the system as it is freed.
"""

from __future__ import annotations

import ctypes
from typing import Final

LARGE: Final = 128 * 1024
"""Bytes; glibc's own threshold at first."""
_LEFT_ON_TOP: Final = 1024 * 1024
"""Bytes that the heap's end may keep, so that it does not move with each mail."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def give_large_blocks_back() -> bool:
    """For the whole process, from now on. False where the system's allocator can't be told (it is not glibc)."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # TypeError: Windows has no library of no name
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE) and mallopt(_M_TRIM_THRESHOLD, _LEFT_ON_TOP))

"""Long lists, read without the garbage collector."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

_bulk = threading.Lock()
_in_bulk = 0  # so many threads are at it
_collected = True  # whether rubbish was collected before the first of them


@contextlib.contextmanager
def in_bulk() -> Iterator[None]:
    """While a long list is read nothing is looked through for rubbish: all of it stays, and to look through it again
    and again as it grows takes twice as long as reading it does."""
    global _in_bulk, _collected
    with _bulk:
        if not _in_bulk:
            _collected = gc.isenabled()
            gc.disable()
        _in_bulk += 1
    try:
        yield
    finally:
        with _bulk:
            _in_bulk -= 1
            if not _in_bulk and _collected:
                gc.enable()

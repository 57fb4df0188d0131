"""Long lists are read without the garbage collector, and nobody is left without it."""

import gc
import threading

import pytest

from storage.bulk import in_bulk


def test_rubbish_is_collected_again_after_the_last_of_those_who_read_long_lists() -> None:
    inside, leave = threading.Event(), threading.Event()

    def another() -> None:
        with in_bulk():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=another)
    with in_bulk():
        thread.start()
        assert inside.wait(10)
    assert not gc.isenabled()  # the other one still reads
    leave.set()
    thread.join(10)
    assert gc.isenabled()


def test_a_list_that_breaks_off_leaves_the_collector_as_it_was() -> None:
    with pytest.raises(ValueError, match="damaged"), in_bulk():
        raise ValueError("damaged")
    assert gc.isenabled()
    gc.disable()
    try:
        with in_bulk():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()

"""Times of a product that tells none exactly: they are followed, and cannot creep."""

from __future__ import annotations

from itertools import count, cycle, repeat
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.known import ANY
from support.products import Product, product
from threadstore_conformance import Difference
from threadstore_conformance.expected import Expectation, Expected
from threadstore_conformance.lab import user_message
from threadstore_conformance.process import WaitParams
from threadstore_conformance.running import run_program

THREAD = "@thread:0"
READ = ts.ReadThreadParams(thread_id=THREAD, include_archived=True)
LIST = ts.ListThreadsParams(page_size=10)
SPOKEN = [ts.StartParams(), ts.AppendThreadItemsParams(thread_id=THREAD, items=[user_message("one")])]


class _Shifting(Product):
    """Shows threads as updated later than they were, each time by what comes next."""

    shifts: Any = repeat(0)

    def read_thread(self, params: ts.ReadThreadParams, /) -> ts.StoredThread:
        return self._shifted(super().read_thread(params))

    def list_threads(self, params: ts.ListThreadsParams, /) -> ts.ThreadPage:
        page = super().list_threads(params)
        return attrs.evolve(page, items=tuple(map(self._shifted, page.items)))

    def _shifted(self, thread: ts.StoredThread) -> ts.StoredThread:
        return attrs.evolve(thread, updated_at=thread.updated_at + next(self.shifts))


def _shifting(*shifts: int, grain: int = 20) -> ts.ManagerBackend:
    layer = type("Shifting", (_Shifting,), {"shifts": cycle(shifts)})
    return attrs.evolve(product(layer), grain=grain)


def _creeping() -> ts.ManagerBackend:
    class Creeping(_Shifting):
        shifts = count(0, 12)
        recent = count(0, 9)

        def _shifted(self, thread: ts.StoredThread) -> ts.StoredThread:
            shifted = super()._shifted(thread)
            return attrs.evolve(shifted, recency_at=thread.recency_at + next(self.recent))

    return attrs.evolve(product(Creeping), grain=20)


def test_times_may_be_told_as_inexactly_as_was_declared() -> None:
    """Ensure a time that is off by less than the grain, now one way and now the other, is no difference."""
    run_program(_shifting(0, 15, 4, 19), [*SPOKEN, READ, LIST, READ, LIST, READ, READ], "manager")


def test_times_that_are_a_grain_off_are_told() -> None:
    """Ensure the grain itself is too much, and any difference is where no grain was declared."""
    for backend in (_shifting(20), _shifting(1, grain=0)):
        with pytest.raises(Difference) as caught:
            run_program(backend, [*SPOKEN, READ], "manager")
        assert caught.value.path == "updated_at"


@pytest.mark.parametrize(("look", "path"), [(READ, "updated_at"), (LIST, "items[0].updated_at")])
def test_times_cannot_creep(look: Any, path: str) -> None:
    """Ensure small steps that go on in one direction are told, of a thread and of one on a page."""
    with pytest.raises(Difference) as caught:
        run_program(_shifting(0, 12, 24, 36), [*SPOKEN, look, look, look, look], "manager")
    found = caught.value
    assert found.path == path
    assert found.actual - found.expected == 24


def test_what_changes_a_time_begins_anew() -> None:
    """Ensure a time that was changed is held to what it is now, and not to what it was."""
    more = ts.AppendThreadItemsParams(thread_id=THREAD, items=[user_message("two")])
    later = [WaitParams(milliseconds=1), more, READ]
    # What is shown moves on by a millisecond each time, and by 19 more in all: the clock's steps and not the product's.
    run_program(_shifting(0, 10), [*SPOKEN, READ, READ, *(later * 12), READ, READ], "manager")


def test_what_is_known_to_be_wrong_begins_anew() -> None:
    """Ensure small steps are held to a time that is a grain off, where that is known, and not to the one before it."""
    known = Expectation(finding="F-1", clauses=ANY, says=r"expected \d{13}", path=r"(items\[0\]\.)?updated_at")
    program = [*SPOKEN, READ, READ, READ]
    run_program(_shifting(0, 25, 30, 40), program, "manager", expected=Expected((known,)))
    with pytest.raises(Difference):
        run_program(_shifting(0, 12, 24, 30), program, "manager")


def test_one_time_that_creeps_hides_no_other() -> None:
    """Ensure what is known of one field leaves the steps of another to be told."""
    known = Expectation(finding="F-1", clauses=ANY, says=r"expected \d{13}", path="updated_at")
    with pytest.raises(Difference, match="at recency_at"):
        run_program(_creeping(), [*SPOKEN, *[READ] * 6], "manager", expected=Expected((known,)))

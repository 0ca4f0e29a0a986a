"""Failures that are shown again by their operations alone, and those that are not."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.command import threadstore
from support.known import LOST_NAME, expected_file
from support.managers import MISLABELLING
from support.products import NAMELESS
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance import Difference, running
from threadstore_conformance.failures import failure_of
from threadstore_conformance.lab import Lab, agent_message, user_message
from threadstore_conformance.process import RestartParams, WaitParams
from threadstore_conformance.program import Trace
from threadstore_conformance.results import Failure
from threadstore_conformance.running import replays, run_program
from threadstore_conformance.session_lab import SessionLab
from threadstore_conformance.shrink import smallest

_THREAD = "@thread:0"


class _Hanging(ts.ThreadManager):
    """Starts no thread, and does not come back."""

    def start_thread(self, params: ts.StartParams) -> ts.LoadedThread:
        time.sleep(3600)
        return super().start_thread(params)


def _stopping(store: Any, *, clock: Any, **more: Any) -> ts.ThreadManager:
    """Make a session layer whose clock stands still after its first second."""
    first = clock()
    return ts.ThreadManager(store, clock=lambda: min(clock(), first + 999), **more)


STOPPING = attrs.evolve(MEMORY, name="stopping", session_layer=_stopping)


def _failure(*operations: Any, port: Any = "manager") -> Failure:
    return Failure(clause="ORIG-2b", message="", operations=operations, python="", port=port)


def test_what_takes_time_is_shown_by_a_program_with_the_wait() -> None:
    """Ensure a fault of the clock is found when time goes by, and the smallest program keeps the wait that it needs."""
    program = (
        ts.StartParams(), WaitParams(milliseconds=1), ts.AppendThreadItemsParams(
            thread_id=_THREAD, items=[user_message("hi"), agent_message("ho")]
        ), WaitParams(milliseconds=60_000), ts.AppendThreadItemsParams(thread_id=_THREAD, items=[user_message("hi")]),
        ts.FlushThreadParams(thread_id=_THREAD),
    )  # fmt: skip
    run_program(MEMORY, program, "manager")
    without = tuple(operation for operation in program if operation != WaitParams(milliseconds=60_000))
    run_program(STOPPING, without, "manager")
    with pytest.raises(Difference) as caught:
        run_program(STOPPING, program, "manager")
    found = smallest(caught.value, STOPPING)
    assert found is not None
    waits = [each for each in found.operations if isinstance(each, WaitParams)]
    assert len(waits) == 1
    assert waits[0].milliseconds >= 5_000
    assert replays(_failure(*found.operations), STOPPING)


def test_time_goes_by_in_a_program_of_a_store() -> None:
    """Ensure a wait moves the clock that the store was opened with."""
    clocks: list[Any] = []

    def opened(home: Any, *, clock: Any) -> Any:
        clocks.append(clock)
        return MEMORY.open(home, clock=clock)

    run_program(attrs.evolve(MEMORY, open=opened), (WaitParams(milliseconds=5),))
    assert clocks[0].now == ts.ManualClock().now + 5


def test_a_failure_is_tried_once_more() -> None:
    """Ensure what the operations show again is told from what they do not, which may be nothing at all."""
    program = (
        RestartParams(default_originator="me"), ts.StartParams(service_name="codex_work_local"),
        ts.ShutdownThreadParams(thread_id=_THREAD), ts.ResumeParams(thread_id=_THREAD),
    )  # fmt: skip
    assert replays(_failure(*program), MISLABELLING)
    assert not replays(_failure(*program), MEMORY)
    assert not replays(_failure(), MISLABELLING)
    assert not replays(_failure(ts.StartParams(), port="store"), MEMORY)


#: It shows a name that is lost when the process ends.
_NAMED = (
    ts.StartParams(),
    ts.AppendThreadItemsParams(thread_id=_THREAD, items=[user_message("one")]),
    ts.UpdateThreadMetadataParams(thread_id=_THREAD, patch=ts.ThreadMetadataPatch(name="a name")),
    RestartParams(),
    ts.ReadThreadParams(thread_id=_THREAD),
)


def test_a_new_failure_is_tried_beyond_what_is_known() -> None:
    """Ensure a known difference is not taken for the new one, and one that a finding tells of is shown by itself."""
    new = _failure(*_NAMED)
    assert replays(new, NAMELESS)
    assert not replays(new, NAMELESS, (LOST_NAME,))
    assert replays(attrs.evolve(new, finding=LOST_NAME.finding), NAMELESS, (LOST_NAME,))


def test_a_replay_goes_on_past_what_is_known(tmp_path: Path) -> None:
    """Ensure the command finds nothing new where all is known, and says what is wrong with a list."""
    trace = tmp_path / "RESUME-1.trace.json"
    offers, session = NAMELESS.capabilities, NAMELESS.session
    Trace(_NAMED, offers, NAMELESS.name, "RESUME-1", port="manager", session=session).save(trace)
    assert threadstore("replay", trace, "support.products:NAMELESS").returncode == 1
    known = expected_file(tmp_path, attrs.asdict(LOST_NAME))
    assert threadstore("replay", trace, "support.products:NAMELESS", "--expected", known).returncode == 0
    known.write_text("[]")
    done = threadstore("replay", trace, "support.products:NAMELESS", "--expected", known)
    assert (done.returncode, "is no list of expected failures" in done.stderr) == (3, True)


def test_a_program_that_hangs_is_not_said_to_show_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure the attempt ends in a bounded time."""
    monkeypatch.setattr(running, "_REPLAY_SECONDS", 0.2)
    assert not replays(_failure(ts.StartParams()), attrs.evolve(MEMORY, session_layer=_Hanging))


@pytest.mark.parametrize("make", [Lab, SessionLab])
def test_what_is_untold_leaves_no_program_to_replay(make: Callable[[Any], Any]) -> None:
    """Ensure a failure that takes more than its operations has words in its text, and no operations."""
    with make(MEMORY) as lab:
        lab.clock.advance(1)
        difference = Difference("READ-3", tuple(lab.subject.operations), frozenset(), "", 1, 2, lab.subject.port)
        for untold in ("", "and meanwhile it rained"):
            lab.untold = untold
            for error in (difference, AssertionError("no")):
                failure = failure_of(error, ("READ-3",), lab, "memory")
                assert failure is not None
                assert failure.operations == (() if untold else (WaitParams(milliseconds=1),))
                assert failure.python.endswith("    # and meanwhile it rained\n") == bool(untold)

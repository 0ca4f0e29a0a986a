"""A process that can be started again, and the laboratory on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.managers import FLEETING, PRODUCT, SILENT, UNOPENABLE
from threadstore.registration import REFERENCE_SESSION
from threadstore.session import OVERRIDE_VARIABLE
from threadstore_backends.local import BACKEND as LOCAL
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance import Difference, TargetError, fresh_manager, fresh_process
from threadstore_conformance.lab import METADATA, Lab, user_message
from threadstore_conformance.ports import method_of
from threadstore_conformance.process import RestartParams, WaitParams
from threadstore_conformance.running import run_program
from threadstore_conformance.session_lab import SessionLab


class _Unclosed:
    """A manager with everything but a way to close it."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    def __getattr__(self, name: str) -> Any:
        if name == "close":
            raise AttributeError(name)
        return getattr(self._manager, name)


UNCLOSED = attrs.evolve(PRODUCT, name="unclosed", open=lambda *home, **told: _Unclosed(PRODUCT.open(*home, **told)))

EVERY = pytest.mark.parametrize("backend", [MEMORY, LOCAL, PRODUCT], ids=lambda backend: backend.name)


@EVERY
def test_a_restart_unloads_and_keeps(backend: Any) -> None:
    """Ensure nothing is loaded after a restart, what was stored is there, and the new settings hold."""
    with fresh_process(backend, ts.ManualClock()) as process:
        thread = process.manager.start_thread(ts.StartParams(metadata=METADATA))
        process.manager.append_items(ts.AppendThreadItemsParams(thread_id=thread.thread_id, items=[user_message("hi")]))
        manager = process.restart(RestartParams(environment_override="over").settings(process.settings))
        assert manager is process.manager
        assert manager.list_loaded(ts.ListLoadedParams()).thread_ids == ()
        resumed = manager.resume_thread(ts.ResumeParams(thread_id=thread.thread_id, metadata=METADATA))
        assert (resumed.originator, resumed.turns) == ("over", 1)
        assert process.settings.environment == {OVERRIDE_VARIABLE: "over"}


@pytest.mark.parametrize(("backend", "kept"), [(MEMORY, True), (LOCAL, False), (PRODUCT, True)])
def test_a_restart_drops_what_only_memory_held(backend: Any, kept: bool) -> None:
    """Ensure a restart shuts threads down only where it says so: elsewhere facts that wait are lost."""
    with SessionLab(backend) as lab:
        thread = lab.start().thread_id
        lab.append(thread, user_message("hi"))
        lab.clock.advance(1)
        # Nothing but a touch, which waits for a barrier.
        lab.append(thread, ts.RolloutItem("event_msg", {"type": "agent_message", "message": "so"}))
        lab.restart()
        assert lab.process.restart_shuts_down == kept
        assert (lab.read(thread).updated_at == lab.clock.now) == kept


def test_a_process_that_keeps_nothing_cannot_be_started_again() -> None:
    """Ensure a restart that would lose everything is told, and skipped in a check."""
    with SessionLab(FLEETING) as lab:
        assert lab.process.can_restart
        lab.start()
        assert not lab.process.can_restart
        with pytest.raises(TargetError, match="keeps nothing"):
            lab.process.restart()
        with pytest.raises(pytest.skip.Exception, match="not testable"):
            lab.restart()


@pytest.mark.parametrize("backend", [MEMORY, LOCAL, PRODUCT, FLEETING], ids=lambda backend: backend.name)
def test_a_program_may_begin_in_a_process_that_was_told_something(backend: Any) -> None:
    """Ensure a laboratory begins programs with settings of their own, each on a new home, nothing of before left."""
    with SessionLab(backend) as lab:
        for environment in (None, "over", "over again"):
            lab.begin(environment, default_originator="me")
            assert lab.start().originator == (environment or "me")
            assert len(lab.loaded()) == 1
            lab.clock.advance(1)
            operations = tuple(lab.subject.operations)
            assert operations[0] == RestartParams(environment_override=environment, default_originator="me")
            assert [method_of(operation) for operation in operations[1:]] == ["start_thread", "list_loaded", "wait"]
            run_program(backend, operations, "manager")
        assert lab.clock.now == ts.ManualClock().now + 1


@EVERY
def test_a_process_is_started_once_with_what_it_is_told_first(backend: Any) -> None:
    """Ensure a program that begins with a restart opens its home once, with the settings of that."""
    opened = []

    def counted(home: Path, **told: Any) -> Any:
        opened.append(home)
        return backend.open(home, **told)

    with fresh_process(attrs.evolve(backend, open=counted), ts.ManualClock()) as process:
        assert opened == []
        process.restart(RestartParams(environment_override="over").settings(process.settings))
        assert process.manager.start_thread(ts.StartParams(metadata=METADATA)).originator == "over"
        assert opened == [process.home]


def test_nothing_is_lost_before_anything_was_asked() -> None:
    """Ensure a process that keeps nothing may be started again and again until it is used."""
    with fresh_process(FLEETING, ts.ManualClock()) as process:
        for override in ("one", "two"):
            process.restart(RestartParams(environment_override=override).settings(process.settings))
        assert process.manager.start_thread(ts.StartParams(metadata=METADATA)).originator == "two"
        with pytest.raises(TargetError, match="keeps nothing"):
            process.restart()


def test_a_manager_that_outlives_its_successor_is_told() -> None:
    """Ensure what keeps threads and has no way to be closed is not opened a second time beside the first."""
    with SessionLab(UNCLOSED) as lab:
        lab.start()
        with pytest.raises(TargetError, match="backend 'unclosed' cannot be started again: its manager has no `close`"):
            lab.restart()


@pytest.mark.parametrize("port", ["store", "manager"])
def test_a_wait_is_part_of_the_program(port: str) -> None:
    """Ensure time that a check lets go by is recorded in order, and the clock moved."""
    with Lab(MEMORY) if port == "store" else SessionLab(MEMORY) as lab:
        before = lab.clock.now
        lab.clock.advance(60_000)
        assert lab.clock.now == before + 60_000
        assert lab.subject.operations == [WaitParams(milliseconds=60_000)]


def test_without_writers_a_thread_settles_by_a_shutdown() -> None:
    """Ensure what waits for a barrier is sent, and the thread is loaded with what its session was told."""
    backend = attrs.evolve(MEMORY, session=attrs.evolve(REFERENCE_SESSION, writers=False))
    with SessionLab(backend) as lab:
        metadata = attrs.evolve(METADATA, cwd="/elsewhere", memory_mode="disabled")
        loaded = lab.start(metadata=metadata)
        lab.append(loaded.thread_id, user_message("hi"))
        lab.settle(loaded.thread_id)
        assert lab.resume(loaded.thread_id) == attrs.evolve(loaded, turns=1)
        lab.close(loaded.thread_id)
        lab.resume(loaded.thread_id)
        lab.settle(loaded.thread_id)
        assert lab.resume(loaded.thread_id).cwd == METADATA.cwd
        ephemeral = lab.start(ephemeral=True).thread_id
        lab.settle(ephemeral)
        assert ephemeral in lab.loaded()


def test_ids_are_the_same_in_every_run() -> None:
    """Ensure a program's threads have the same ids each time, and others after a restart."""
    runs = []
    for _ in range(2):
        with fresh_process(MEMORY, ts.ManualClock()) as process:
            first = process.manager.start_thread(ts.StartParams()).thread_id
            process.restart()
            runs.append([first, process.manager.start_thread(ts.StartParams()).thread_id])
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 2


def test_a_target_that_does_not_open_is_told() -> None:
    """Ensure a manager or a session layer that does not open is one sentence."""
    with pytest.raises(TargetError, match="does not open: RuntimeError: the server"), fresh_manager(UNOPENABLE):
        pass
    broken = attrs.evolve(MEMORY, session_layer=lambda store, **_: 1 / 0)
    with pytest.raises(TargetError, match="session layer of backend 'memory' does not open"), fresh_manager(broken):
        pass


@pytest.mark.parametrize("variant", ["fork_copies_name", "cascades"])
def test_the_reference_layer_is_made_as_declared(variant: str) -> None:
    """Ensure what a backend declares of the reference's session layer is what it gets."""
    declared = attrs.evolve(REFERENCE_SESSION, **{variant: True})
    with SessionLab(attrs.evolve(MEMORY, session=declared)) as lab:
        thread = lab.start().thread_id
        lab.append(thread, user_message("hi"))
        lab.patch(thread, name="n")
        fork, child = lab.fork(thread).thread_id, lab.spawn(thread).thread_id
        assert lab.read(fork).name == ("n" if variant == "fork_copies_name" else None)
        lab.delete(thread)
        answer = lab.answer(ts.ReadThreadParams(thread_id=child))
        assert isinstance(answer, ts.ThreadNotFound) == (variant == "cascades")


def test_a_manager_that_shows_no_store_has_nothing_put_below_it() -> None:
    """Ensure such a declaration is refused at registration."""
    with pytest.raises(ValueError, match="interposed must be False"):
        attrs.evolve(PRODUCT, session=REFERENCE_SESSION)


@EVERY
def test_the_laboratory_keeps_the_program(backend: Any) -> None:
    """Ensure calls are recorded with threads, cursors and paths by name, refusals and restarts among them."""
    with SessionLab(backend) as lab:
        first = lab.start().thread_id
        lab.append(first, user_message("hi"))
        lab.refused(ts.ForkParams(thread_id=first, cut="after_turn", turn_id="t"), ["refused"])
        child = lab.spawn(first).thread_id
        lab.restart(environment="over", default_originator="d")
        lab.start(parent_thread_id=child, source={"subagent": {"thread_spawn": {"parent_thread_id": child}}})
        assert len(lab.listed(page_size=1)) in (2, 3)  # a lazy store does not show the last one yet
        path = lab.read(first).rollout_path
        if path:
            lab.resume(first, rollout_path=path)
        operations = lab.subject.operations
        names = [method_of(operation) for operation in operations]
    assert names[:6] == ["start_thread", "append_items", "fork_thread", "spawn_thread", "restart", "start_thread"]
    assert lab.subject.refused == {2}
    assert [operations[index].thread_id for index in (1, 2, 3)] == ["@thread:0"] * 3
    assert operations[4] == RestartParams(environment_override="over", default_originator="d")
    assert operations[5].parent_thread_id == "@thread:2"
    assert operations[5].source == {"subagent": {"thread_spawn": {"parent_thread_id": "@thread:2"}}}
    assert operations[7].cursor == "@cursor:0"
    if path:
        assert operations[-1].rollout_path == "@path:@thread:0"


def test_a_store_below_can_be_made_to_fail() -> None:
    """Ensure the next calls of a method fail, so many of them, after a restart too, and that the report says so."""
    with SessionLab(LOCAL) as lab:
        thread = lab.start().thread_id
        lab.append(thread, user_message("hi"))
        assert not lab.untold
        lab.failing("update_thread_metadata", 2)
        lab.restart()
        patch = ts.UpdateThreadMetadataParams(thread_id=thread, patch=ts.ThreadMetadataPatch(name="n"))
        for _ in range(2):
            lab.refused(patch, ("failed",))
        assert lab.patch(thread, name="n").name == "n"
        lab.failing("read_thread", 5, ts.Conflict("busy"))
        lab.refused(ts.ReadThreadParams(thread_id=thread), ("refused",))
        lab.failing("read_thread", 0)
        assert lab.read(thread).name == "n"
        assert "made to fail" in lab.untold
        assert lab.store is not None


def test_an_answer_that_is_none_is_a_difference_of_the_manager() -> None:
    """Ensure nothing in place of a request is the session layer's fault, with the program of its port."""
    with SessionLab(SILENT) as lab:
        thread = lab.start().thread_id
        with pytest.raises(Difference, match="outbound_request breaks ORIG-3: expected 'a OutboundRequest'") as caught:
            lab.outbound(thread)
    assert caught.value.port == "manager"


def test_an_expected_refusal_that_does_not_come_is_told() -> None:
    """Ensure a laboratory demands the class of refusal that it was asked for."""
    with SessionLab(MEMORY) as lab:
        thread = lab.start().thread_id
        with pytest.raises(AssertionError, match=r"expected a refusal \(missing\), got the result"):
            lab.refused(ts.ReadThreadParams(thread_id=thread), ("missing",))
        with pytest.raises(AssertionError, match="expected a refusal"):
            lab.refused(ts.ReadThreadParams(thread_id="x"), ("missing",))

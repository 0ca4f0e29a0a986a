"""Directed checks of what a writer is for: LIFE-6 and LIFE-7."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from threadstore import (
    AppendThreadItemsParams,
    FlushThreadParams,
    GitInfoPatch,
    Operation,
    PersistThreadParams,
    ShutdownThreadParams,
    ThreadId,
    ThreadStoreError,
)
from threadstore_conformance.lab import MISSING, Lab, clause, user_message

from .comparing import TIMES, changed, changed_look, look
from .verbs import archive, delete, discard, flush, persist, reading, resume

_SAID = user_message("said")


@clause("LIFE-6")
def test_writing_without_a_writer_is_missing(lab: Lab) -> None:
    """Ensure append, persist, flush and shutdown are refused for unknown, closed, discarded and deleted threads."""
    for thread in (lab.new_id(), *_closed(lab).values(), _deleted(lab)):
        for operation in _writes(thread):
            lab.refused(operation, MISSING)


@clause("LIFE-6")
def test_a_refused_write_changes_nothing(lab: Lab) -> None:
    """Ensure what was sent without a writer is not there now, and not after the next resume either."""
    for what, thread in _closed(lab).items():
        before = look(lab, thread)
        for operation in _writes(thread):
            lab.refused(operation, MISSING)
        differences = changed_look(before, look(lab, thread))
        assert differences == {}, f"a refused write to a thread that was {what} changed {differences}"
        resume(lab, thread)
        lab.close(thread)
        differences = changed_look(before, look(lab, thread), but=TIMES)
        assert differences == {}, f"a resume brought back a refused write to a thread that was {what}: {differences}"


@clause("LIFE-6")
def test_a_refused_write_makes_no_thread(lab: Lab) -> None:
    """Ensure an append to an unknown or deleted thread keeps nothing for a thread created later."""
    for thread in (lab.new_id(), _deleted(lab)):
        for operation in _writes(thread):
            lab.refused(operation, MISSING)
        lab.refused(reading(thread), MISSING)
        lab.create(thread)
        flush(lab, thread)
        assert lab.items(thread) == [], "an append without a writer came back in a thread created later"


@clause("LIFE-7")
def test_persist_shows_an_empty_thread(lab: Lab) -> None:
    """Ensure persist makes a created thread readable, with its session_meta alone, and may be repeated."""
    thread = lab.create(visible=False)
    for _ in range(3):
        persist(lab, thread)
        types = [item.type for item in lab.history(thread)]
        assert types == ["session_meta"], f"after persist an empty thread's history is {types}"


@clause("LIFE-7")
def test_flush_and_persist_write_what_was_appended(lab: Lab) -> None:
    """Ensure after a barrier every item is there once, and a second barrier changes nothing."""
    for what, barrier in _barriers(lab).items():
        thread = lab.create()
        for number in range(3):
            lab.append(thread, user_message(f"{number}a"), user_message(f"{number}b"))
            barrier(thread)
            barrier(thread)
        expected = [user_message(f"{number}{part}") for number in range(3) for part in "ab"]
        assert expected == lab.items(thread), f"{what}, each twice, must leave every item once"


@clause("LIFE-7")
def test_barriers_change_nothing_by_themselves(lab: Lab) -> None:
    """Ensure flush and persist of a visible thread change neither history nor a field."""
    thread = lab.create()
    lab.append(thread, _SAID)
    lab.patch(thread, name="named", updated_at=5_000)
    flush(lab, thread)
    before = look(lab, thread)
    for what, barrier in (*_barriers(lab).items(), *_barriers(lab).items()):
        lab.clock.advance(60_000)
        barrier(thread)
        differences = changed_look(before, look(lab, thread))
        assert differences == {}, f"{what} changed {differences}"


@clause("LIFE-7")
def test_shutdown_and_discard_close_the_writer(lab: Lab) -> None:
    """Ensure after either the thread is not live: a resume of it is not busy, time and again."""
    for what, close in _closings(lab).items():
        thread = lab.create()
        for _ in range(3):
            close(thread)
            resume(lab, thread)
        close(thread)
        archive(lab, thread)
        resume(lab, thread)
        close(thread)
        resume(lab, thread)
        lab.append(thread, user_message(f"after {what}"))


@clause("LIFE-7")
def test_shutdown_and_discard_keep_what_was_acknowledged(lab: Lab) -> None:
    """Ensure items, name and patches are there after the writer is gone, with and without a flush before."""
    flushes: dict[str, Callable[[ThreadId], object]] = {"no": lambda thread: None, "a": lambda t: flush(lab, t)}
    for (close, closing), (count, first) in product(_closings(lab).items(), flushes.items()):
        thread = lab.create(visible=False)
        lab.append(thread, _SAID, user_message("and more"))
        first(thread)
        lab.append(thread, user_message("last"))
        lab.patch(thread, name="named", title="titled")
        closing(thread)
        what = f"{close} after {count} flush"
        assert lab.items(thread) == [_SAID, user_message("and more"), user_message("last")], f"{what} lost items"
        actual = lab.read(thread)
        assert (actual.name, actual.title) == ("named", "titled"), f"{what} lost a patch: {actual}"


@clause("LIFE-7")
def test_shutdown_and_discard_keep_a_thread_that_was_only_patched(lab: Lab) -> None:
    """Ensure a patch alone is acknowledged too: the thread and its one field are there after the writer is gone."""
    patches: tuple[dict[str, Any], ...] = ({"title": "t"}, {"name": "n"}, {"git_info": GitInfoPatch(branch="b")})
    for (close, closing), patch in product(_closings(lab).items(), patches):
        thread = lab.create(visible=False)
        lab.patch(thread, **patch)
        before = lab.read(thread)
        closing(thread)
        after = lab.answer(reading(thread))
        assert not isinstance(after, ThreadStoreError), f"{close} lost a thread that was patched with {patch}: {after}"
        differences = changed(before, after)
        assert differences == {}, f"{close} changed {differences}"


@clause("LIFE-7")
def test_discard_of_a_resumed_thread_keeps_both_parts(lab: Lab) -> None:
    """Ensure a discard drops neither what was there before the resume nor what was appended since."""
    for side in ("active", "archived"):
        thread = lab.create()
        lab.append(thread, user_message("before"))
        lab.close(thread)
        if side == "archived":
            archive(lab, thread)
        resume(lab, thread)
        discard(lab, thread)
        resume(lab, thread)
        lab.append(thread, user_message("since"))
        discard(lab, thread)
        assert lab.items(thread) == [user_message("before"), user_message("since")], f"discard lost items ({side})"


@clause("LIFE-7")
def test_discard_is_ok_where_there_is_no_writer(lab: Lab) -> None:
    """Ensure discard of an unknown, closed, discarded or deleted thread answers Ok and changes nothing."""
    unknown, deleted = lab.new_id(), _deleted(lab)
    for thread in (unknown, deleted):
        discard(lab, thread)
        discard(lab, thread)
        lab.refused(reading(thread), MISSING)
        lab.store.create_thread(lab.creation(thread))
    for what, thread in _closed(lab).items():
        before = look(lab, thread)
        discard(lab, thread)
        discard(lab, thread)
        differences = changed_look(before, look(lab, thread))
        assert differences == {}, f"discard of a thread that was {what} changed {differences}"


def _barriers(lab: Lab) -> dict[str, Callable[[ThreadId], object]]:
    return {"flush": lambda thread: flush(lab, thread), "persist": lambda thread: persist(lab, thread)}


def _closings(lab: Lab) -> dict[str, Callable[[ThreadId], object]]:
    return {"shutdown": lab.close, "discard": lambda thread: discard(lab, thread)}


def _closed(lab: Lab) -> dict[str, ThreadId]:
    """Return threads without a writer, by what became of it."""
    threads = {what: lab.create() for what in ("shut down", "discarded", "resumed and shut down", "archived")}
    for what, thread in threads.items():
        lab.append(thread, _SAID)
        if what == "discarded":
            discard(lab, thread)
        else:
            lab.close(thread)
    resume(lab, threads["resumed and shut down"])
    lab.close(threads["resumed and shut down"])
    archive(lab, threads["archived"])
    return threads


def _deleted(lab: Lab) -> ThreadId:
    thread = lab.create()
    lab.append(thread, _SAID)
    delete(lab, thread)
    return thread


def _writes(thread: ThreadId) -> Iterator[Operation]:
    yield AppendThreadItemsParams(thread_id=thread, items=[user_message("without a writer")])
    yield PersistThreadParams(thread_id=thread)
    yield FlushThreadParams(thread_id=thread)
    yield ShutdownThreadParams(thread_id=thread)

"""Laws of one store: two ways to see the same thing show the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from threadstore import (
    AppendThreadItemsParams,
    StoredThread,
    ThreadStoreError,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)

from .law import Claim, Point
from .told import plain
from .trials import LISTS, Look, Program, Seen, Trials, listing, reads_of, searching, threads_of


def any_page_size(program: Program, trials: Trials) -> Iterator[Claim]:
    """Walk lists and searches in pages of one, and of one and two in turn, where they show two threads or more."""
    with trials.of(program) as trial:
        for query in _queries(program, trials):
            expected, whole = trial.walk(query)
            if isinstance(expected, list) and len(expected) < 2:
                continue
            points = []
            for sizes in ((1,), (1, 2)):
                actual, walk = trial.walk(query, sizes)
                points.append(Point("a walk's rows", plain(expected), plain(actual), whole, walk))
            yield Claim(trial.ran, trial.ran, tuple(points))


def _queries(program: Program, trials: Trials) -> Iterator[Any]:
    directions = [(archived, direction) for archived in (False, True) for direction in ("asc", "desc")]
    for archived, direction in directions:
        for key in ("created_at", "updated_at", "recency_at"):
            yield listing(archived=archived, sort_direction=direction, sort_key=key)
    if trials.backend.capabilities.search:
        for term in _words(program)[:1]:
            for archived, direction in directions:
                yield searching(term, archived=archived, sort_direction=direction)


def _words(program: Program) -> list[str]:
    """Return the beginnings of what was said in a program."""
    items = [item for step in program if isinstance(step, AppendThreadItemsParams) for item in step.items]
    said = [item.payload.get("message") for item in items if item.payload.get("type") == "user_message"]
    return [text[:3] for text in said if isinstance(text, str) and text.isprintable() and text]


def one_thread(program: Program, trials: Trials) -> Iterator[Claim]:
    """Compare every way to see a thread: read, read with history, its history, its row, and what changed it last."""
    threads = threads_of(program)
    base = trials.base(program, threads)
    looks = {look.what: look for look in base.looks}
    points: list[Point] = []
    for thread_id in threads:
        read = looks[f"read of {thread_id}"]
        if isinstance(read.answer, ThreadStoreError):
            points += [
                Point(f"{what} of {thread_id}", *_refused(read, looks[f"{what} of {thread_id}"]))
                for what in reads_of(thread_id)
            ]
            continue
        whole, history = looks[f"read with history of {thread_id}"], looks[f"history of {thread_id}"]
        points += [
            _point(f"the metadata of {thread_id}, with history", read, whole, "history"),
            Point(f"the history of {thread_id}", plain(history.answer), _part(whole, "history"),
                  (history.read,), (whole.read,)),
            *(_point(f"the row of {thread_id} in the {what}", read, row) for what, row in _rows(looks, thread_id)),
        ]  # fmt: skip
    yield Claim(base.run, base.run, (*points, *_last_answer(base, looks)))


def _refused(read: Look, other: Look) -> tuple[Any, Any]:
    return True, isinstance(other.answer, ThreadStoreError)


def _point(what: str, read: Look, other: Look, but: str = "") -> Point:
    expected, actual = plain(read.answer), plain(other.answer)
    if but and isinstance(actual, dict):
        actual[but] = expected[but]
    return Point(what, expected, actual, (read.read,), (other.read,))


def _part(look: Look, name: str) -> Any:
    shown = plain(look.answer)
    return shown.get(name) if isinstance(shown, dict) else shown


def _rows(looks: dict[str, Look], thread_id: str) -> Iterator[tuple[str, Look]]:
    for what in LISTS:
        look = looks[what]
        rows = look.answer if isinstance(look.answer, list) else []
        yield from ((what, Look(what, look.read, row)) for row in rows if row.thread_id == thread_id)


def _last_answer(seen: Seen, looks: dict[str, Look]) -> Iterator[Point]:
    # What the last operation returned is what a read then returns (PATCH-3).
    last, answer = seen.run.program[-1], seen.answers[-1]
    if isinstance(last, UpdateThreadMetadataParams | UnarchiveThreadParams) and isinstance(answer, StoredThread):
        read = looks[f"read of {last.thread_id}"]
        yield Point("what the last operation returned", plain(read.answer), plain(answer), (read.read,))


def one_side(program: Program, trials: Trials) -> Iterator[Claim]:
    """Look for every thread on both sides: what can be read is listed once, on the side that a read tells."""
    hiding = trials.backend.capabilities.hides_unpreviewed
    threads = threads_of(program)
    base = trials.base(program, threads)
    looks = {look.what: look for look in base.looks}
    points: list[Point] = []
    for thread_id in threads:
        read, active = looks[f"read of {thread_id}"], looks[f"read if active of {thread_id}"]
        thread = read.answer if isinstance(read.answer, StoredThread) else None
        archived = thread is not None and thread.archived_at is not None
        points.append(
            Point(f"whether {thread_id} is read as an active thread", thread is not None and not archived,
                  isinstance(active.answer, StoredThread), (read.read,), (active.read,))
        )  # fmt: skip
        shown = thread is not None and bool(thread.preview or not hiding)
        for what, query in LISTS.items():
            here = int(shown and what.startswith("archived") == archived)
            times = sum(1 for row in _listed(looks[what]) if row.thread_id == thread_id)
            points.append(Point(f"how often {thread_id} is in the {what}", here, times, (read.read,), (query,)))
    for side in ("active", "archived"):
        up, down = looks[f"{side} list asc"], looks[f"{side} list desc"]
        points.append(
            Point(f"the {side} list the other way", plain(_listed(up)[::-1]), plain(_listed(down)),
                  (up.read,), (down.read,))
        )  # fmt: skip
    yield Claim(base.run, base.run, tuple(points))


def _listed(look: Look) -> list[StoredThread]:
    return look.answer if isinstance(look.answer, list) else []

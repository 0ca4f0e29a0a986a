"""Directed checks of LIST-3b: walks while threads change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from threadstore import ArchiveThreadParams, DeleteThreadParams, ThreadId, UnarchiveThreadParams
from threadstore_conformance.checks.listing import LATER, ORDERS, ids_of, page, placed, shown
from threadstore_conformance.lab import Lab, clause

#: Changes threads, given the first page of a walk and what comes after it; returns those it touched.
_Change = Callable[[Lab, list[ThreadId], list[ThreadId]], list[ThreadId]]


@clause("LIST-3b")
def test_a_walk_survives_creations(lab: Lab) -> None:
    """Ensure threads created before and behind the cursor push none of the others out of the walk."""
    _survives(lab, lambda lab, before, after: [placed(lab, LATER + at) for at in (-90, -1, 0, 1, 2, 3, 90)])


@clause("LIST-3b")
def test_a_walk_survives_deletions(lab: Lab) -> None:
    """Ensure deleted threads pull none of the others out of the walk, and do not come themselves."""
    _survives(lab, lambda lab, before, after: _delete(lab, before[0], after[1]), stay_away=True)


@clause("LIST-3b")
def test_a_walk_survives_the_deletion_of_the_last_thread_on_the_page(lab: Lab) -> None:
    """Ensure a walk goes on where it was when the thread that its cursor names is gone."""
    _survives(lab, lambda lab, before, after: _delete(lab, before[-1]), stay_away=True)


@clause("LIST-3b")
def test_a_walk_survives_the_deletion_of_a_whole_page(lab: Lab) -> None:
    """Ensure a walk goes on when the page that it has seen and the next thread are all gone."""
    _survives(lab, lambda lab, before, after: _delete(lab, *before, after[0]), stay_away=True)


@clause("LIST-3b")
def test_a_walk_survives_archiving(lab: Lab) -> None:
    """Ensure archived threads pull none of the others out of the walk, and do not come themselves."""

    def archive(lab: Lab, before: list[ThreadId], after: list[ThreadId]) -> list[ThreadId]:
        touched = [before[-1], after[0]]
        for thread in touched:
            lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
        return touched

    _survives(lab, archive, stay_away=True)


@clause("LIST-3b")
def test_a_walk_survives_unarchiving(lab: Lab) -> None:
    """Ensure threads that come back to the side under way push none of the others out of the walk."""
    archived = [placed(lab, LATER + at % 4) for at in range(12)]
    for thread in archived:
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))

    def unarchive(lab: Lab, before: list[ThreadId], after: list[ThreadId]) -> list[ThreadId]:
        thread = archived.pop()
        lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=thread))
        return [thread]

    _survives(lab, unarchive)


@clause("LIST-3b")
def test_a_walk_survives_patches_of_times(lab: Lab) -> None:
    """Ensure a walk goes on where it was when the last thread on the page moves to either end of the listing."""
    for at in (1, LATER + 1_000):

        def move(lab: Lab, before: list[ThreadId], after: list[ThreadId], at: int = at) -> list[ThreadId]:
            lab.patch(before[-1], created_at=at, updated_at=at, advance_recency_at=at)
            lab.patch(after[0], created_at=at, updated_at=at, advance_recency_at=at)
            return [before[-1], after[0]]

        _survives(lab, move)


@clause("LIST-3b")
def test_a_walk_survives_patches_that_leave_the_filter(lab: Lab) -> None:
    """Ensure a thread that no longer passes the filter comes no more, and takes no other with it."""

    def leave(lab: Lab, before: list[ThreadId], after: list[ThreadId]) -> list[ThreadId]:
        for thread in (before[-1], after[0]):
            lab.patch(thread, cwd="/elsewhere")
        return [before[-1], after[0]]

    _survives(lab, leave, stay_away=True, cwd_filters=("/src/project",))


@clause("LIST-3b")
def test_a_walk_of_the_archived_side_survives_changes(lab: Lab) -> None:
    """Ensure unarchiving and deleting archived threads takes none of the others out of a walk over them."""
    for thread in (placed(lab, LATER + place // 2) for place in range(40)):
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))

    def change(lab: Lab, before: list[ThreadId], after: list[ThreadId]) -> list[ThreadId]:
        lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=before[-1]))
        return [before[-1], *_delete(lab, after[0])]

    _survives(lab, change, stay_away=True, archived=True)


def _survives(lab: Lab, change: _Change, *, stay_away: bool = False, **filters: Any) -> None:
    """Walk in every order with a change after the first page; the others must come exactly, and in order."""
    for order in ORDERS:
        for size in (1, 3):
            for _ in range(8 - min(8, len(shown(lab, **filters)))):
                placed(lab, LATER + lab.clock.now % 3)
            _Walk(lab, {**order, **filters}, size).survives(change, stay_away)


@frozen
class _Walk:
    lab: Lab
    parameters: dict[str, Any]
    size: int

    def survives(self, change: _Change, stay_away: bool) -> None:
        listed = shown(self.lab, **self.parameters)
        first = page(self.lab, page_size=self.size, **self.parameters)
        before = ids_of(first)
        assert before, f"pages of {self.size} with {self.parameters}: an empty page of {len(listed)} threads"
        assert first.next_cursor is not None, f"{len(before)} of {len(listed)} threads, and no next_cursor"
        touched = set(change(self.lab, before, listed[len(before) :]))
        later = self._rest(first.next_cursor)
        walked = [thread for part in (before, *later) for thread in part]
        untouched = [thread for thread in listed if thread not in touched]
        told = f"pages of {self.size} with {self.parameters}, touched after the first: {sorted(touched)}"
        assert untouched == [thread for thread in walked if thread in untouched], told
        for part in later:
            assert len(set(part)) == len(part), f"{told}: a thread came twice on one page"
            came = touched.intersection(part) if stay_away else set()
            assert not came, f"{told}: {sorted(came)} came, though they no longer belong to the listing"

    def _rest(self, cursor: str | None) -> list[list[ThreadId]]:
        pages = []
        while cursor is not None:
            part = page(self.lab, page_size=self.size, cursor=cursor, **self.parameters)
            pages.append(ids_of(part))
            cursor = part.next_cursor
            assert len(pages) < 1_000, f"the walk with {self.parameters} does not end"
        return pages


def _delete(lab: Lab, *threads: ThreadId) -> list[ThreadId]:
    for thread in threads:
        lab.store.delete_thread(DeleteThreadParams(thread_id=thread))
    return list(threads)

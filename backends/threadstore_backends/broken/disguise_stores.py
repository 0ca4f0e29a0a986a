"""Disguised stores: faults that show after many operations, in the second thread, behind others, or in few values."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from attrs import evolve

from threadstore import StoredThread, ThreadMetadataPatch, ThreadPage, check_fields

from .disguise import SECOND, Step, When, after, behind, disguised, given, holding
from .passing import Mutant, Passing, Showing, mutant
from .stores_filters import StopsAtChildren
from .stores_history import DoublesTheFirstOfABatch, LosesTheLastOfABatch, ReversesABatch, TouchesUpdatedAt
from .stores_life import DiscardsWhatIsEmpty, TouchesAtResume
from .stores_listing import (
    ForgetsUsedCursors,
    LeadsToAnEmptyPage,
    OrdersByCreationAlone,
    OrdersTiesUpwards,
    SkipsOneAPage,
)
from .stores_patch import AnswersTheThreadAsItWas, KeepsSeconds, TakesClearForOmit, TakesOmitForClear
from .stores_read import TouchesWhenArchived, UpdatesWhenRead
from .stores_search import SearchesTenMessages, ShowsNoSnippet


class AppendsNothing(Passing):
    """Answers Ok to an append, and keeps nothing of it."""

    def append_items(self, params: Any) -> None:
        check_fields(params)


class PatchesNothing(Passing):
    """Answers a patch with the thread, and leaves it as it was."""

    def update_thread_metadata(self, params: Any) -> Any:
        return self.good.update_thread_metadata(evolve(params, patch=ThreadMetadataPatch()))


class PatchesComposed(Passing):
    """Brings the texts of a patch into Unicode's composed form."""

    def update_thread_metadata(self, params: Any) -> Any:
        check_fields(params)
        patch = params.patch
        texts = {name: getattr(patch, name) for name in ("name", "title", "preview", "model", "cwd")}
        composed = {name: unicodedata.normalize("NFC", text) for name, text in texts.items() if isinstance(text, str)}
        return self.good.update_thread_metadata(evolve(params, patch=evolve(patch, **composed)))


class NamesTheNameless(Showing):
    """Shows a thread without a name as untitled."""

    def shown(self, thread: StoredThread) -> StoredThread:
        return evolve(thread, name="untitled" if thread.name is None else thread.name)


class ListsTwice(Passing):
    """Begins a page with its first thread twice."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        return evolve(page, items=(*page.items[:1], *page.items))


class ListsTheWrongWayRound(Passing):
    """Lists in the other direction than the one that is asked."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        direction = "asc" if params.sort_direction == "desc" else "desc"
        return self.good.list_threads(evolve(params, sort_direction=direction))


class ListsNothing(Passing):
    """Answers with an empty page."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return ThreadPage(())


class EndsTheWalk(Passing):
    """Gives no cursor though more threads remain."""

    def list_threads(self, params: Any) -> Any:
        return evolve(self.good.list_threads(params), next_cursor=None)


class FindsNothing(Passing):
    """Finds nothing."""

    def search_threads(self, params: Any) -> Any:
        return evolve(self.good.search_threads(params), items=(), next_cursor=None)


_APPENDED = Step("written", "append_items", told="written to")
_ARCHIVED = Step("archived", "archive_thread")
_MOVED_BACK = Step("moved-back", "unarchive_thread", told="moved back")
_RESUMED = Step("resumed", "resume_thread")
_RESUMED_AGAIN = evolve(_RESUMED, told="resumed again")
_DELETED = Step("deleted", "delete_thread")
_DISCARDED = Step("discarded", "discard_thread")
_PATCHED = Step("patched", "update_thread_metadata")
_NAMED = Step("named", "update_thread_metadata", lambda params: isinstance(params.patch.name, str))
_CLEARED = Step(
    "its-name-cleared", "update_thread_metadata", lambda params: params.patch.name is None, "cleared of its name"
)

_EMPTY_TEXT = holding("an-empty-text", "where a text is empty", lambda value: value == "")
_NUL = holding("a-nul", "where a text has U+0000 in it", lambda value: isinstance(value, str) and "\0" in value)
_DECOMPOSED = holding(
    "decomposed-text",
    "where a text is not in Unicode's composed form",
    lambda value: isinstance(value, str) and value != unicodedata.normalize("NFC", value),
)
_BEYOND_DOUBLES = holding(
    "an-odd-number-beyond-doubles",
    "where an odd number is larger than doubles can count",
    lambda value: type(value) is int and abs(value) > 2**53 and value % 2 == 1,
)
_MINUS_ZERO = holding(
    "minus-zero", "where a number is minus zero", lambda value: type(value) is float and str(value) == "-0.0"
)
_ONE_A_PAGE = given(
    "pages-of-one", "where a page is to have one entry", lambda params: getattr(params, "page_size", 0) == 1
)
_ARCHIVED_SIDE = given(
    "the-archived-side", "on the archived side", lambda params: getattr(params, "archived", False) is True
)
_INDEX_AND_CURSOR = given(
    "a-cursor-and-the-index-alone",
    "where the index alone is to be asked, from a cursor on",
    lambda params: getattr(params, "use_state_db_only", False) is True and params.cursor is not None,
)
_TWO_SOURCES = given(
    "two-sources",
    "where threads of several sources are asked for",
    lambda params: isinstance(sources := getattr(params, "allowed_sources", ()), Sequence) and len(sources) > 1,
)


def _same_times(params: Any) -> bool:
    patch = getattr(params, "patch", None)
    return (
        isinstance(patch, ThreadMetadataPatch)
        and type(patch.created_at) is int
        and patch.created_at == patch.updated_at
    )


_SAME_TIMES = given("equal-times", "where created_at and updated_at are set to the same", _same_times)

_HIDDEN: tuple[tuple[When, Mutant], ...] = (
    # After many operations.
    (after(15), mutant(DoublesTheFirstOfABatch, "APPEND-1")),
    (after(20), mutant(LosesTheLastOfABatch, "APPEND-1")),
    (after(100), mutant(AppendsNothing, "APPEND-1")),
    (after(20), mutant(TakesOmitForClear, "PATCH-1")),
    (after(40), mutant(AnswersTheThreadAsItWas, "PATCH-3")),
    (after(30), mutant(TouchesUpdatedAt, "APPEND-3")),
    (after(25), mutant(OrdersTiesUpwards, "LIST-2")),
    (after(100), mutant(ListsTwice, "LIST-1")),
    (after(60), mutant(EndsTheWalk, "LIST-3")),
    (after(40), mutant(FindsNothing, "SEARCH-1")),
    # For the second thread.
    (SECOND, mutant(ReversesABatch, "APPEND-1")),
    (SECOND, mutant(TouchesUpdatedAt, "APPEND-3")),
    (SECOND, mutant(TakesClearForOmit, "PATCH-1")),
    (SECOND, mutant(KeepsSeconds, "PATCH-4")),
    (SECOND, mutant(UpdatesWhenRead, "READ-1")),
    (SECOND, mutant(TouchesWhenArchived, "ARCH-1")),
    (SECOND, mutant(DiscardsWhatIsEmpty, "LIFE-7")),
    (SECOND, mutant(TouchesAtResume, "LIFE-5")),
    (SECOND, mutant(SearchesTenMessages, "SEARCH-1")),
    # For one combination.
    (behind(_NAMED, _CLEARED, _ARCHIVED), mutant(NamesTheNameless, "PATCH-7")),
    (behind(_ARCHIVED, _RESUMED), mutant(AppendsNothing, "LIFE-4")),
    (behind(_RESUMED, _RESUMED_AGAIN), mutant(AppendsNothing, "LIFE-4")),
    (behind(_APPENDED, _ARCHIVED, _MOVED_BACK), mutant(AppendsNothing, "ARCH-3")),
    (behind(_ARCHIVED, _MOVED_BACK), mutant(ListsTwice, "ARCH-2")),
    (behind(_DELETED), mutant(AppendsNothing, "DEL-1b")),
    (behind(_DISCARDED, _RESUMED), mutant(AppendsNothing, "LIFE-7")),
    (behind(_PATCHED, _ARCHIVED), mutant(TouchesUpdatedAt, "APPEND-3")),
    (behind(_PATCHED, _ARCHIVED), mutant(ListsTheWrongWayRound, "LIST-2")),
    (behind(_DELETED), mutant(EndsTheWalk, "LIST-3b")),
    (_TWO_SOURCES, mutant(ListsNothing, "LIST-5a")),
    (_ARCHIVED_SIDE, mutant(StopsAtChildren, "LIST-6")),
    (_ARCHIVED_SIDE, mutant(OrdersByCreationAlone, "LIST-2")),
    (_INDEX_AND_CURSOR, mutant(EndsTheWalk, "LIST-7")),
    # For unusual values.
    (_EMPTY_TEXT, mutant(PatchesNothing, "PATCH-1")),
    (_EMPTY_TEXT, mutant(ListsNothing, "LIST-5d")),
    (_NUL, mutant(PatchesNothing, "PATCH-1")),
    (_NUL, mutant(ReversesABatch, "APPEND-5")),
    (_NUL, mutant(ShowsNoSnippet, "SEARCH-1")),
    (_DECOMPOSED, mutant(PatchesComposed, "PATCH-1")),
    (_DECOMPOSED, mutant(ListsNothing, "LIST-5d")),
    (_BEYOND_DOUBLES, mutant(ReversesABatch, "APPEND-5")),
    (_BEYOND_DOUBLES, mutant(PatchesNothing, "PATCH-1")),
    (_MINUS_ZERO, mutant(AppendsNothing, "APPEND-5")),
    (_SAME_TIMES, mutant(KeepsSeconds, "PATCH-4")),
    (_ONE_A_PAGE, mutant(SkipsOneAPage, "LIST-3")),
    (_ONE_A_PAGE, mutant(LeadsToAnEmptyPage, "LIST-3")),
    (_ONE_A_PAGE, mutant(ForgetsUsedCursors, "LIST-3")),
)

MUTANTS: tuple[Mutant, ...] = tuple(disguised(when, broken) for when, broken in _HIDDEN)

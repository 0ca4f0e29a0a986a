"""Stores that do what few do and the spec allows: no check may reject them."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import InvalidRequest, ThreadPage, check_fields

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Mutant, Passing, Showing, mutant


class CountsItsCursors(Passing):
    """Gives the cursors 0, 1, 2 and so on, and keeps what they stand for."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return self._page(self.good.list_threads, params)

    def search_threads(self, params: Any) -> Any:
        check_fields(params)
        return self._page(self.good.search_threads, params)

    def _page(self, method: Any, params: Any) -> Any:
        known: list[str] = self.__dict__.setdefault("cursors", [])
        if params.cursor is not None and params.page_size:
            if not params.cursor.isdecimal() or int(params.cursor) >= len(known):
                raise InvalidRequest("cursor must be a next_cursor of this store", "cursor")
            params = evolve(params, cursor=known[int(params.cursor)])
        page = method(params)
        if page.next_cursor is None:
            return page
        known.append(page.next_cursor)
        return evolve(page, next_cursor=str(len(known) - 1))


class ShowsOneAtATime(Passing):
    """Puts one thread on a page, whatever page size is asked."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return self.good.list_threads(evolve(params, page_size=min(params.page_size, 1)))

    def search_threads(self, params: Any) -> Any:
        check_fields(params)
        return self.good.search_threads(evolve(params, page_size=min(params.page_size, 1)))


class ChoosesItsOwnDefaults(Showing):
    """Shows an approval mode and a permission profile of its own where none was set."""

    def shown(self, thread: Any) -> Any:
        profile = {"type": "own"} if thread.permission_profile is None else thread.permission_profile
        mode = "own" if thread.approval_mode is None else thread.approval_mode
        return evolve(thread, approval_mode=mode, permission_profile=profile)


class TakesBlankNamesForNone(Passing):
    """Takes a blank name for a clear, which is open (PATCH-7)."""

    def update_thread_metadata(self, params: Any) -> Any:
        check_fields(params)
        if isinstance(params.patch.name, str) and not params.patch.name.strip():
            params = evolve(params, patch=evolve(params.patch, name=None))
        return self.good.update_thread_metadata(params)


class AsksNoIndex(Passing):
    """Has no index, and answers with an empty page where it alone is asked."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        return ThreadPage(()) if params.use_state_db_only else page


STORES: tuple[Mutant, ...] = (
    mutant(CountsItsCursors),
    mutant(ShowsOneAtATime),
    mutant(ChoosesItsOwnDefaults),
    mutant(TakesBlankNamesForNone),
    mutant(AsksNoIndex, declared=evolve(MEMORY_CAPABILITIES, without_index=True)),
    mutant(Passing, declared=evolve(MEMORY_CAPABILITIES, lazy=True, requires_cwd=True, hides_unpreviewed=True)),
    mutant(Passing, declared=evolve(MEMORY_CAPABILITIES, page_cap=3, default_provider="provider-a")),
    mutant(Passing, declared=evolve(MEMORY_CAPABILITIES, search_ignores_case=True, relations=False)),
    mutant(Passing, declared=evolve(MEMORY_CAPABILITIES, max_item_bytes=16 * 2**20, search=False)),
)

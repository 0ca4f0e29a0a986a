"""Mutants of READ, ARCH and DEL: threads that are not read, not aside, or not gone as they should."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import (
    CreateThreadParams,
    DeleteThreadParams,
    DiscardThreadParams,
    InvalidRequest,
    StoredThread,
    StoredThreadHistory,
    ThreadNotFound,
    ThreadPage,
    check_fields,
)

from .passing import Mutant, Passing, Showing, mutant


class UpdatesWhenRead(Showing):
    """Shows the time of the read as updated_at of threads that nobody patched."""

    def shown(self, thread: StoredThread) -> StoredThread:
        return evolve(thread, updated_at=self.clock()) if thread.updated_at == thread.created_at else thread


class ForgetsThePreviewWithHistory(Passing):
    """Shows no preview in a read with history."""

    def read_thread(self, params: Any) -> Any:
        thread = self.good.read_thread(params)
        return evolve(thread, preview="", model_provider="") if params.include_history else thread


class LoadsNothingForTheUnknown(Passing):
    """Answers an empty history for a thread that it does not know."""

    def load_history(self, params: Any) -> Any:
        try:
            return self.good.load_history(params)
        except ThreadNotFound:
            return StoredThreadHistory(params.thread_id, ())


class ReadsTheArchivedUnasked(Passing):
    """Reads archived threads without include_archived."""

    def read_thread(self, params: Any) -> Any:
        check_fields(params)
        return self.good.read_thread(evolve(params, include_archived=True))


class RaisesKeyErrors(Passing):
    """Lets a KeyError escape for a thread that it does not know."""

    def read_thread(self, params: Any) -> Any:
        try:
            return self.good.read_thread(params)
        except ThreadNotFound as error:
            raise KeyError(error.thread_id) from error


class ClampsPageSizes(Passing):
    """Takes a negative page size for 1."""

    def list_threads(self, params: Any) -> Any:
        negative = type(params.page_size) is int and params.page_size < 0
        return self.good.list_threads(evolve(params, page_size=1) if negative else params)


class CallsMissingInvalid(Passing):
    """Answers InvalidRequest for a thread that it does not know."""

    def read_thread(self, params: Any) -> Any:
        try:
            return self.good.read_thread(params)
        except ThreadNotFound as error:
            raise InvalidRequest(f"no rollout found for thread id {error.thread_id}") from error


class TouchesWhenArchived(Passing):
    """Moves updated_at when a thread is archived."""

    def archive_thread(self, params: Any) -> None:
        self.good.archive_thread(params)
        self.change(params.thread_id, updated_at=self.clock())


class ArchivesAnew(Showing):
    """Shows the time of the read as archived_at."""

    def shown(self, thread: StoredThread) -> StoredThread:
        return thread if thread.archived_at is None else evolve(thread, archived_at=self.clock())


class ArchivesTwice(Passing):
    """Answers Ok when an archived thread is archived."""

    def archive_thread(self, params: Any) -> None:
        thread = self.peek(params.thread_id)
        if thread is None or thread.archived_at is None:
            self.good.archive_thread(params)


class ListsTheArchivedAsActive(Passing):
    """Shows archived threads at the end of the active list as well."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        if params.archived or page.next_cursor or params.cursor:
            return page
        return ThreadPage((*page.items, *self.walk(evolve(params, archived=True))))


class ClosesWhenArchived(Passing):
    """Closes the writer of a thread that is archived."""

    def archive_thread(self, params: Any) -> None:
        self.good.archive_thread(params)
        self.good.discard_thread(DiscardThreadParams(thread_id=params.thread_id))


class RevivesTheDeleted(Passing):
    """Lets a writer that was open at the deletion make the thread anew."""

    def delete_thread(self, params: Any) -> None:
        check_fields(params)
        known = self.good._threads.get(params.thread_id)
        live = known is not None and known.live
        self.good.delete_thread(params)
        if live:
            self.__dict__.setdefault("open", set()).add(params.thread_id)

    def append_items(self, params: Any) -> None:
        if params.thread_id in self.__dict__.get("open", ()):
            self.good.create_thread(CreateThreadParams(thread_id=params.thread_id, originator=""))
            self.__dict__["open"].remove(params.thread_id)
        self.good.append_items(params)


class DeletesTheUnknown(Passing):
    """Answers Ok to the deletion of a thread that it does not know."""

    def delete_thread(self, params: Any) -> None:
        try:
            self.good.delete_thread(params)
        except ThreadNotFound:
            return


class KeepsTheNameOfTheDeleted(Passing):
    """Keeps a deleted thread's name, and gives it to a new thread of the same id."""

    def delete_thread(self, params: Any) -> None:
        thread = self.peek(params.thread_id) if isinstance(params.thread_id, str) else None
        self.good.delete_thread(params)
        if thread:
            self.__dict__.setdefault("names", {})[params.thread_id] = thread.name

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        name = self.__dict__.get("names", {}).get(params.thread_id)
        if name:
            self.change(params.thread_id, name=name)


class DeletesChildrenToo(Passing):
    """Deletes the children with their parent."""

    def delete_thread(self, params: Any) -> None:
        self.good.delete_thread(params)
        for thread_id in list(self.good._threads):
            thread = self.peek(thread_id)
            if thread and thread.parent_thread_id == params.thread_id:
                self.delete_thread(DeleteThreadParams(thread_id=thread_id))


class HidesTheModelOfLongThreads(Passing):
    """Shows no model in a read with history of more than three items."""

    def read_thread(self, params: Any) -> Any:
        thread = self.good.read_thread(params)
        return evolve(thread, model=None) if thread.history and len(thread.history.items) > 3 else thread


class NumbersApprovals(Showing):
    """Shows a number as the approval mode of threads for which none was set."""

    def shown(self, thread: StoredThread) -> StoredThread:
        mode: Any = 7 if thread.approval_mode is None else thread.approval_mode
        return evolve(thread, approval_mode=mode)


class ListsPermissions(Showing):
    """Shows a list as the permission profile of threads for which none was set."""

    def shown(self, thread: StoredThread) -> StoredThread:
        profile: Any = [] if thread.permission_profile is None else thread.permission_profile
        return evolve(thread, permission_profile=profile)


class TitlesForksLikeTheirSource(Passing):
    """Gives a fork the title of its source."""

    def create_thread(self, params: Any) -> None:
        source = self.peek(params.forked_from_id) if isinstance(params.forked_from_id, str) else None
        self.good.create_thread(params)
        if source and source.title is not None:
            self.change(params.thread_id, title=source.title)


class NamesAnotherField(Passing):
    """Names agent_nickname where the name is wrong, and model_provider where the model is."""

    def update_thread_metadata(self, params: Any) -> Any:
        try:
            return self.good.update_thread_metadata(params)
        except InvalidRequest as error:
            other = {"patch.name": "agent_nickname", "patch.model": "model_provider"}.get(error.field or "")
            if other is None:
                raise
            raise InvalidRequest(f"{other} must be text", other) from error


class TakesAnyFlag(Passing):
    """Takes whatever is given for a flag as true or false."""

    def read_thread(self, params: Any) -> Any:
        flags = {name: bool(getattr(params, name)) for name in ("include_archived", "include_history")}
        return self.good.read_thread(evolve(params, **flags))


class AnswersUnarchiveAsItWas(Passing):
    """Answers unarchive with the thread as it was before."""

    def unarchive_thread(self, params: Any) -> Any:
        before = self.peek(params.thread_id) if isinstance(params.thread_id, str) else None
        after = self.good.unarchive_thread(params)
        return before or after


class TakesAnyIdInARelation(Passing):
    """Finds no relatives of what is no id."""

    def list_threads(self, params: Any) -> Any:
        try:
            return self.good.list_threads(params)
        except InvalidRequest as error:
            if error.field != "relation_filter.thread_id":
                raise
            return ThreadPage(())


MUTANTS: tuple[Mutant, ...] = (
    mutant(UpdatesWhenRead, "READ-1"),
    mutant(ForgetsThePreviewWithHistory, "READ-1"),
    mutant(LoadsNothingForTheUnknown, "READ-2"),
    mutant(ReadsTheArchivedUnasked, "READ-2"),
    mutant(RaisesKeyErrors, "READ-3"),
    mutant(ClampsPageSizes, "READ-3b"),
    mutant(CallsMissingInvalid, "READ-3c"),
    mutant(TouchesWhenArchived, "ARCH-1"),
    mutant(ArchivesAnew, "ARCH-1"),
    mutant(ArchivesTwice, "ARCH-1b"),
    mutant(ListsTheArchivedAsActive, "ARCH-2", "LIST-5"),
    mutant(ClosesWhenArchived, "ARCH-3"),
    mutant(RevivesTheDeleted, "DEL-1"),
    mutant(DeletesTheUnknown, "DEL-1"),
    mutant(KeepsTheNameOfTheDeleted, "DEL-1b"),
    mutant(DeletesChildrenToo, "DEL-1c"),
    mutant(HidesTheModelOfLongThreads, "READ-1"),
    mutant(NumbersApprovals, "READ-1"),
    mutant(ListsPermissions, "READ-1"),
    mutant(TitlesForksLikeTheirSource, "READ-1"),
    mutant(NamesAnotherField, "READ-3b"),
    mutant(TakesAnyFlag, "READ-3b"),
    mutant(AnswersUnarchiveAsItWas, "ARCH-1"),
    mutant(TakesAnyIdInARelation, "ID-1"),
)

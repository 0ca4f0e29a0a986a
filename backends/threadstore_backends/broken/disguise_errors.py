"""Stores that break on error paths alone: what they refuse changes something after all."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import (
    UNSET,
    ArchiveThreadParams,
    InvalidRequest,
    ShutdownThreadParams,
    ThreadMetadataPatch,
    ThreadPage,
    ThreadPersistenceMetadata,
    UnarchiveThreadParams,
)

from .disguise import Vengeful
from .passing import Mutant, Passing, mutant


class OpensWhatIsTaken(Vengeful):
    """Opens the writer of a thread whose id cannot be created."""

    refuses = "create_thread"

    def refused(self, params: Any) -> None:
        self.open(params.thread_id)


class MovesWhatIsTaken(Vengeful):
    """Gives a thread whose id cannot be created the directory of the creation."""

    refuses = "create_thread"

    def refused(self, params: Any) -> None:
        if isinstance(params.thread_id, str) and isinstance(params.metadata, ThreadPersistenceMetadata):
            self.change(params.thread_id, cwd=params.metadata.cwd)


class OpensTheArchivedAllTheSame(Vengeful):
    """Opens the writer of an archived thread though it refuses to resume it."""

    refuses = "resume_thread"

    def refused(self, params: Any) -> None:
        self.open(params.thread_id)


class ClosesAfterABadBatch(Vengeful):
    """Closes the writer of a thread to which something is appended that cannot be stored."""

    refuses = "append_items"

    def refused(self, params: Any) -> None:
        self.attempt("shutdown_thread", ShutdownThreadParams(thread_id=params.thread_id))


class KeepsWhatHasNoWriter(Vengeful):
    """Keeps what is appended to a closed thread for the next that resumes it."""

    refuses = "append_items"

    def refused(self, params: Any) -> None:
        self.__dict__.setdefault("kept", {})[str(params.thread_id)] = params

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        kept = self.__dict__.get("kept", {}).pop(params.thread_id, None)
        if kept:
            self.attempt("append_items", kept)


class DatesTheArchivedAnew(Vengeful):
    """Moves archived_at of an archived thread that is to be archived once more."""

    refuses = "archive_thread"

    def refused(self, params: Any) -> None:
        if self.attempt("unarchive_thread", UnarchiveThreadParams(thread_id=params.thread_id)):
            self.good.archive_thread(ArchiveThreadParams(thread_id=params.thread_id))


class NamesTheArchivedAllTheSame(Vengeful):
    """Names an archived thread though it refuses the patch."""

    refuses = "update_thread_metadata"

    def refused(self, params: Any) -> None:
        if isinstance(params.patch, ThreadMetadataPatch) and params.patch.name is not UNSET:
            self.attempt("update_thread_metadata", evolve(params, include_archived=True))


class KeepsTheGoodHalfOfAPatch(Vengeful):
    """Applies the title of a patch that it refuses for another field."""

    refuses = "update_thread_metadata"

    def refused(self, params: Any) -> None:
        if isinstance(params.patch, ThreadMetadataPatch):
            self.attempt("update_thread_metadata", evolve(params, patch=ThreadMetadataPatch(title=params.patch.title)))


class MovesBackWhatIsReadUnasked(Vengeful):
    """Unarchives a thread that is read without include_archived."""

    refuses = "read_thread"

    def refused(self, params: Any) -> None:
        self.attempt("unarchive_thread", UnarchiveThreadParams(thread_id=params.thread_id))


class TouchesAtWhatItDoesNotOffer(Vengeful):
    """Moves updated_at of a thread whose turns are asked for."""

    refuses = "list_turns"

    def refused(self, params: Any) -> None:
        if isinstance(params.thread_id, str):
            self.change(params.thread_id, updated_at=self.clock() + 1)


class ClosesAllAtADeleteOfNothing(Vengeful):
    """Closes every writer when a thread is to be deleted that it does not know."""

    refuses = "delete_thread"

    def refused(self, params: Any) -> None:
        for thread in self.good._threads.values():
            thread.live = False


class ListsNothingAfterGarbage(Passing):
    """Lists nothing once it was given a cursor that is none."""

    def list_threads(self, params: Any) -> Any:
        try:
            page = self.good.list_threads(params)
        except InvalidRequest as error:
            self.__dict__["lost"] = self.__dict__.get("lost") or error.field == "cursor"
            raise
        return ThreadPage(()) if self.__dict__.get("lost") else page


MUTANTS: tuple[Mutant, ...] = (
    mutant(OpensWhatIsTaken, "LIFE-2"),
    mutant(MovesWhatIsTaken, "LIFE-2"),
    mutant(OpensTheArchivedAllTheSame, "LIFE-4"),
    mutant(ClosesAfterABadBatch, "APPEND-5b"),
    mutant(KeepsWhatHasNoWriter, "LIFE-6"),
    mutant(DatesTheArchivedAnew, "ARCH-1"),
    mutant(NamesTheArchivedAllTheSame, "PATCH-6"),
    mutant(KeepsTheGoodHalfOfAPatch, "READ-3b"),
    mutant(MovesBackWhatIsReadUnasked, "READ-2"),
    mutant(TouchesAtWhatItDoesNotOffer, "LIFE-8"),
    mutant(ClosesAllAtADeleteOfNothing, "DEL-1"),
    mutant(ListsNothingAfterGarbage, "LIST-4"),
)

"""Mutants of LOCAL-1 to LOCAL-4 and of the path clauses: files that are not as Codex would have them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from attrs import evolve

from threadstore import (
    UNSET,
    Clock,
    Internal,
    InvalidRequest,
    StoredThread,
    ThreadId,
    ThreadMetadataPatch,
    ThreadNotFound,
    Unsupported,
)

from ..local import CAPABILITIES, LocalThreadStore
from .passing import Mutant, Passing, Showing, mutant


class NamesInTheDatabaseAlone(Passing):
    """Leaves the name index as it was when a thread is named."""

    def update_thread_metadata(self, params: Any) -> Any:
        index = self.home / "session_index.jsonl"
        before = index.read_bytes() if index.exists() else b""
        thread = self.good.update_thread_metadata(params)
        index.write_bytes(before)
        return thread


class RestatesNothing(Passing):
    """Takes the session_meta lines out of the rollout again that restate a patch."""

    def update_thread_metadata(self, params: Any) -> Any:
        thread = self.good.update_thread_metadata(params)
        path = Path(str(thread.rollout_path))
        own = f'"id":"{thread.thread_id}"'.encode()
        first, *lines = path.read_bytes().splitlines(keepends=True)
        later = (line for line in lines if not (b'"type":"session_meta"' in line and own in line))
        path.write_bytes(first + b"".join(later))
        return thread


class ReadsNoTurns(Showing):
    """Shows a model only where a patch has set one, not the one of the latest turn."""

    def update_thread_metadata(self, params: Any) -> Any:
        if params.patch.model is not UNSET:
            self.__dict__.setdefault("patched", set()).add(params.thread_id)
        return super().update_thread_metadata(params)

    def shown(self, thread: StoredThread) -> StoredThread:
        return thread if thread.thread_id in self.__dict__.get("patched", ()) else evolve(thread, model=None)


class NamesWhatIsSaid(Passing):
    """Adds a line to the name index when something is appended."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        for item in params.items:
            if item.payload.get("type") == "user_message":
                entry = {"id": params.thread_id, "thread_name": str(item.payload.get("message"))[:20]}
                with (self.home / "session_index.jsonl").open("a") as index:
                    index.write(json.dumps(entry) + "\n")


class LeavesBlankLines(Passing):
    """Ends each batch with a blank line."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        for path in self.home.glob(f"**/*{params.thread_id}.jsonl"):
            with path.open("ab") as rollout:
                rollout.write(b"\n")


class TouchesWhatItReads(Passing):
    """Sets a rollout's modification time when it is read."""

    def read_thread(self, params: Any) -> Any:
        thread: StoredThread = self.good.read_thread(params)
        os.utime(str(thread.rollout_path))
        return thread


class FailsOnDamagedLines(Passing):
    """Refuses to load a rollout with a line that is no JSON."""

    def load_history(self, params: Any) -> Any:
        for path in self.home.glob(f"**/*{params.thread_id}.jsonl"):
            try:
                for line in path.read_bytes().split(b"\n"):
                    json.loads(line or b"0")
            except ValueError as error:
                raise Internal(f"{path} is damaged: {error}") from error
        return self.good.load_history(params)


class ListsNoArchive(Passing):
    """Lists no archived thread."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        return evolve(page, items=(), next_cursor=None) if params.archived else page


class ForgetsThatNamesWereCleared(Passing):
    """Takes the empty names out of the name index again."""

    def update_thread_metadata(self, params: Any) -> Any:
        thread = self.good.update_thread_metadata(params)
        index = self.home / "session_index.jsonl"
        if index.exists():
            lines = index.read_bytes().splitlines(keepends=True)
            index.write_bytes(b"".join(line for line in lines if json.loads(line)["thread_name"]))
        return thread


class UpdatesWhenReadFromFiles(Showing):
    """Shows the time of the read as updated_at."""

    def shown(self, thread: StoredThread) -> StoredThread:
        return evolve(thread, updated_at=self.clock())


class LeavesACopyWhenArchived(Passing):
    """Leaves a copy of the rollout where it was when a thread is archived."""

    def archive_thread(self, params: Any) -> None:
        thread = self.peek(params.thread_id)
        content = Path(str(thread.rollout_path)).read_bytes() if thread else b""
        self.good.archive_thread(params)
        if thread:
            Path(str(thread.rollout_path)).write_bytes(content)


class ListsOtherwiseThanItReads(Passing):
    """Shows no git information in listings."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        return evolve(page, items=tuple(evolve(thread, git_info=None) for thread in page.items))


class FailsOnPaginatedThreads(Passing):
    """Refuses to read the metadata of a paginated thread."""

    def read_thread(self, params: Any) -> Any:
        thread = self.good.read_thread(params)
        if thread.history_mode == "paginated":
            raise Unsupported("paginated_threads")
        return thread


class ReadsAnyPathUnasked(Passing):
    """Reads archived threads by path without include_archived."""

    def read_thread_by_rollout_path(self, params: Any) -> Any:
        return self.good.read_thread_by_rollout_path(evolve(params, include_archived=True))


class CallsABadPathMissing(Passing):
    """Answers that a thread is missing for a path that is no rollout."""

    def read_thread_by_rollout_path(self, params: Any) -> Any:
        try:
            return self.good.read_thread_by_rollout_path(params)
        except InvalidRequest as error:
            raise ThreadNotFound(_NOBODY) from error


class DropsAForeignPath(Passing):
    """Answers Ok to a patch of the rollout path, and leaves it out."""

    def update_thread_metadata(self, params: Any) -> Any:
        if isinstance(params.patch, ThreadMetadataPatch) and isinstance(params.patch.rollout_path, str):
            params = evolve(params, patch=evolve(params.patch, rollout_path=UNSET))
        return self.good.update_thread_metadata(params)


_NOBODY: ThreadId = "01900000-0000-7000-8000-00000000ffff"


def local(home: Path, clock: Clock) -> LocalThreadStore:
    """Open a good store of files."""
    return LocalThreadStore(home, clock=clock)


class _Looking(LocalThreadStore):
    """Knows whether its home had rollouts and no database when it was opened."""

    def __init__(self, home: Path, *, clock: Clock) -> None:
        self.was_bare = any(home.glob("**/rollout-*.jsonl")) and not any(home.glob("*.sqlite"))
        super().__init__(home, clock=clock)


def looking(home: Path, clock: Clock) -> LocalThreadStore:
    """Open a good store of files that says whether its home ``was_bare``."""
    return _Looking(home, clock=clock)


class ComparesPathsAsText(Passing):
    """Takes a path that is not written as its own are for one outside the home."""

    def read_thread_by_rollout_path(self, params: Any) -> Any:
        if isinstance(params.rollout_path, str) and not params.rollout_path.startswith(str(self.home)):
            raise InvalidRequest(f"{params.rollout_path} is outside the home", "rollout_path")
        return self.good.read_thread_by_rollout_path(params)


class ReadsNoHistoryByPath(Passing):
    """Answers a read by path with the thread's session_meta as its whole history."""

    def read_thread_by_rollout_path(self, params: Any) -> Any:
        thread = self.good.read_thread_by_rollout_path(params)
        first = thread.history and evolve(thread.history, items=thread.history.items[:1])
        return evolve(thread, history=first)


class HidesThePathsOfTheEmpty(Showing):
    """Shows no rollout_path of threads in which nothing was said."""

    def shown(self, thread: StoredThread) -> StoredThread:
        empty = len(self.items_of(thread.thread_id)) == 1
        return evolve(thread, rollout_path=None) if empty else thread


MUTANTS: tuple[Mutant, ...] = (
    mutant(NamesInTheDatabaseAlone, "LOCAL-1", declared=CAPABILITIES, inside=local, issue="openai/codex#41614"),
    mutant(LeavesACopyWhenArchived, "LOCAL-3", declared=CAPABILITIES, inside=local, issue="openai/codex#43017"),
    *(
        mutant(store, *clauses, declared=CAPABILITIES, inside=local)
        for store, *clauses in (
            (RestatesNothing, "LOCAL-1"),
            (ReadsNoTurns, "LOCAL-2"),
            (NamesWhatIsSaid, "LOCAL-3"),
            (LeavesBlankLines, "LOCAL-3"),
            (ForgetsThatNamesWereCleared, "LOCAL-1"),
            (UpdatesWhenReadFromFiles, "LOCAL-2"),
            (TouchesWhatItReads, "LOCAL-4"),
            (FailsOnDamagedLines, "LOCAL-4"),
            (ListsNoArchive, "LOCAL-4"),
            (ListsOtherwiseThanItReads, "LOCAL-4"),
            (FailsOnPaginatedThreads, "LOCAL-4"),
            (ReadsAnyPathUnasked, "READ-4"),
            (ComparesPathsAsText, "READ-4"),
            (ReadsNoHistoryByPath, "READ-4"),
            (HidesThePathsOfTheEmpty, "READ-4"),
            (CallsABadPathMissing, "READ-4b"),
            (DropsAForeignPath, "PATCH-1b"),
        )
    ),
)

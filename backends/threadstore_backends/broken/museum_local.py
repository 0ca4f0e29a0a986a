"""The bug museum's stores of files: what users of Codex found in their homes, each with the issues that it is of."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from attrs import evolve

from threadstore import ArchiveThreadParams, Clock, Internal, ListThreadsParams, StoredThread

from ..local import CAPABILITIES
from ..local.layout import CODEX_DATABASE
from .passing import Mutant, Passing, Showing, issues, mutant
from .stores_local import local, looking


class _Hiding(Passing):
    """Leaves threads out of listings by what their rollouts hold."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        return evolve(page, items=tuple(thread for thread in page.items if not self._hidden(thread)))

    def _hidden(self, thread: StoredThread) -> bool:
        path = Path(str(thread.rollout_path))
        return path.exists() and self.hides(path.read_bytes())

    def hides(self, content: bytes) -> bool:
        """Tell whether a thread with such a rollout is left out."""
        raise NotImplementedError


class HidesTheTorn(_Hiding):
    """Lists no thread whose rollout ends in the middle of a line."""

    def hides(self, content: bytes) -> bool:
        return not content.endswith(b"\n")


class HidesTheInconsistent(_Hiding):
    """Lists no thread that has a record without a type."""

    def hides(self, content: bytes) -> bool:
        return any(type(record) is dict and "type" not in record for record in _records(content))


class FailsOnAByteOrderMark(Passing):
    """Lists nothing where one file begins with a byte order mark."""

    def list_threads(self, params: Any) -> Any:
        for path in self.home.glob("**/rollout-*.jsonl"):
            if path.read_bytes().startswith(b"\xef\xbb\xbf"):
                raise Internal(f"{path} is not UTF-8")
        return self.good.list_threads(params)


class MissesOrdinals(Passing):
    """Resumes no thread of which some records have an ordinal and others have none."""

    def resume_thread(self, params: Any) -> None:
        for path in self.home.glob(f"**/*{params.thread_id}.jsonl"):
            records = (record for record in _records(path.read_bytes()) if type(record) is dict)
            if len({"ordinal" in record for record in records}) > 1:
                raise Internal(f"{path} has a record that is missing an ordinal")
        self.good.resume_thread(params)


class ArchivesNoPathInOtherWords(Passing):
    """Archives no thread that Codex's database has at a path which is written otherwise than its own."""

    def archive_thread(self, params: Any) -> None:
        thread = self.peek(params.thread_id)
        if thread and self._row_of(thread) not in (None, (thread.rollout_path,)):
            raise Internal(f"the path of {thread.thread_id} is outside the home")
        self.good.archive_thread(params)

    def _row_of(self, thread: StoredThread) -> tuple[str] | None:
        if not (self.home / CODEX_DATABASE).exists():
            return None
        with closing(sqlite3.connect(self.home / CODEX_DATABASE)) as database:
            query = "SELECT rollout_path FROM threads WHERE id = ?"
            row: tuple[str] | None = database.execute(query, (thread.thread_id,)).fetchone()
            return row


class ShowsWhereItWas(Showing):
    """Shows a thread that was moved back at the path that it had in the archive."""

    def archive_thread(self, params: Any) -> None:
        self.good.archive_thread(params)
        moved = self.peek(params.thread_id)
        self.__dict__.setdefault("former", {})[params.thread_id] = moved and moved.rollout_path

    def shown(self, thread: StoredThread) -> StoredThread:
        former = self.__dict__.get("former", {})
        return evolve(thread, rollout_path=former.get(thread.thread_id, thread.rollout_path))


class ArchivesTheLatestWhenOpened(Passing):
    """Archives the thread that was updated last when a home with several is opened again."""

    def __init__(self, good: Any, clock: Clock, home: Path) -> None:
        super().__init__(good, clock, home)
        threads = self.walk(ListThreadsParams(sort_key="updated_at"))
        if len(threads) > 1:
            good.archive_thread(ArchiveThreadParams(thread_id=threads[0].thread_id))


class IsLostWithoutItsDatabase(Passing):
    """Reads and lists nothing of a home of which the database is gone."""

    def read_thread(self, params: Any) -> Any:
        self._need_the_database()
        return self.good.read_thread(params)

    def load_history(self, params: Any) -> Any:
        self._need_the_database()
        return self.good.load_history(params)

    def list_threads(self, params: Any) -> Any:
        self._need_the_database()
        return self.good.list_threads(params)

    def _need_the_database(self) -> None:
        if self.good.was_bare:
            raise Internal("the database is gone")


def _records(content: bytes) -> Iterator[Any]:
    for record in content.splitlines():
        with suppress(ValueError):
            yield json.loads(record)


MUTANTS: tuple[Mutant, ...] = (
    mutant(HidesTheTorn, "LOCAL-4", declared=CAPABILITIES, inside=local, issue=issues(24425)),
    mutant(HidesTheInconsistent, "LOCAL-4", declared=CAPABILITIES, inside=local, issue=issues(38341)),
    mutant(FailsOnAByteOrderMark, "LOCAL-4", declared=CAPABILITIES, inside=local, issue=issues(28139)),
    mutant(MissesOrdinals, "LOCAL-4", declared=CAPABILITIES, inside=local, issue=issues(45150)),
    mutant(ArchivesNoPathInOtherWords, "ARCH-1", declared=CAPABILITIES, inside=local, issue=issues(28276)),
    mutant(ShowsWhereItWas, "READ-4", declared=CAPABILITIES, inside=local, issue=issues(20317)),
    mutant(ArchivesTheLatestWhenOpened, "LOCAL-2", declared=CAPABILITIES, inside=local, issue=issues(30163)),
    mutant(
        IsLostWithoutItsDatabase,
        "LOCAL-2",
        declared=CAPABILITIES,
        inside=looking,
        issue=issues(21750, 24006, 40652),
    ),
)

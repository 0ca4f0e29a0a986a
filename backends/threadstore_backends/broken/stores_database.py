"""Mutants of LOCAL-5: a database of Codex's that is not left as Codex would have it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from attrs import evolve

from threadstore import StoredThread

from ..local import CAPABILITIES
from .passing import Mutant, Passing, Showing, mutant
from .stores_local import local


class _Database(Passing):
    """Does something to Codex's database."""

    def run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.home / "state_5.sqlite")) as database, database:
            for statement in statements:
                database.execute(statement)

    @property
    def there(self) -> bool:
        """Whether the home has Codex's database."""
        return (self.home / "state_5.sqlite").exists()


class CreatesCodexsDatabase(_Database):
    """Makes a state_5.sqlite with the first thread."""

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        self.run("CREATE TABLE IF NOT EXISTS threads (id TEXT PRIMARY KEY)")


class MigratesCodexsDatabase(_Database):
    """Adds a column to Codex's table at the first patch."""

    def update_thread_metadata(self, params: Any) -> Any:
        if self.there and not self.__dict__.get("migrated"):
            self.run("ALTER TABLE threads ADD COLUMN threadstore TEXT")
            self.__dict__["migrated"] = True
        return self.good.update_thread_metadata(params)


class ResetsOtherColumns(_Database):
    """Sets a column to its default that the patch does not name."""

    def update_thread_metadata(self, params: Any) -> Any:
        thread = self.good.update_thread_metadata(params)
        if self.there:
            self.run(f"UPDATE threads SET tokens_used = 0 WHERE id = '{params.thread_id}'")
        return thread


class UpdatesEveryRow(_Database):
    """Archives every row of Codex's database with one thread."""

    def archive_thread(self, params: Any) -> None:
        self.good.archive_thread(params)
        if self.there:
            self.run("UPDATE threads SET archived = 1")


class LeavesTheRowOfTheDeleted(_Database):
    """Puts a row back that a deletion removed."""

    def delete_thread(self, params: Any) -> None:
        if not self.there:
            self.good.delete_thread(params)
            return
        with closing(sqlite3.connect(self.home / "state_5.sqlite")) as database, database:
            row = database.execute("SELECT * FROM threads WHERE id = ?", (params.thread_id,)).fetchone()
        self.good.delete_thread(params)
        if row:
            with closing(sqlite3.connect(self.home / "state_5.sqlite")) as database, database:
                database.execute(f"INSERT INTO threads VALUES ({', '.join('?' for _ in row)})", row)


class CountsInTheRow(_Database):
    """Counts appended items in Codex's row."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        if self.there:
            self.run(f"UPDATE threads SET tokens_used = tokens_used + 1 WHERE id = '{params.thread_id}'")


class MarksTheRowOfTheResumed(_Database):
    """Marks a resumed thread in Codex's row."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        if self.there:
            self.run(f"UPDATE threads SET has_user_event = 1 WHERE id = '{params.thread_id}'")


class ReadsNoRows(Showing):
    """Shows nothing that stands in Codex's row alone."""

    def shown(self, thread: StoredThread) -> StoredThread:
        return evolve(thread, recency_at=thread.created_at)


class ForgetsTheRowOnceAdopted(Showing):
    """Shows what Codex's row says until the first patch, and forgets it then."""

    def update_thread_metadata(self, params: Any) -> Any:
        self.__dict__.setdefault("adopted", set()).add(params.thread_id)
        return super().update_thread_metadata(params)

    def shown(self, thread: StoredThread) -> StoredThread:
        forgotten = thread.thread_id in self.__dict__.get("adopted", ())
        return evolve(thread, recency_at=thread.created_at) if forgotten else thread


MUTANTS: tuple[Mutant, ...] = (
    mutant(UpdatesEveryRow, "LOCAL-5", declared=CAPABILITIES, inside=local, issue="openai/codex#30163"),
    mutant(LeavesTheRowOfTheDeleted, "LOCAL-5", declared=CAPABILITIES, inside=local, issue="openai/codex#24417"),
    *(
        mutant(store, "LOCAL-5", declared=CAPABILITIES, inside=local)
        for store in (
            CreatesCodexsDatabase,
            MigratesCodexsDatabase,
            ResetsOtherColumns,
            CountsInTheRow,
            MarksTheRowOfTheResumed,
            ReadsNoRows,
            ForgetsTheRowOnceAdopted,
        )
    ),
)

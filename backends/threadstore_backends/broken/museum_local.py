"""The bug museum's stores of files: what users of Codex found in their homes, each with the issues that it is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import evolve

from threadstore import ArchiveThreadParams, Clock, Internal, InvalidRequest, ListThreadsParams, StoredThread

from ..local import CAPABILITIES, LocalThreadStore
from ..local.layout import OWN_DATABASE
from .passing import Mutant, Passing, Showing, mutant
from .stores_local import local


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
        return b"\n{}\n" in content


class FailsOnAByteOrderMark(Passing):
    """Lists nothing where one file begins with a byte order mark."""

    def list_threads(self, params: Any) -> Any:
        for path in self.home.glob("**/rollout-*.jsonl"):
            if path.read_bytes().startswith(b"\xef\xbb\xbf"):
                raise Internal(f"{path} is not UTF-8")
        return self.good.list_threads(params)


class MissesOrdinals(Passing):
    """Resumes no thread that another version wrote without ordinals."""

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        self.__dict__.setdefault("own", set()).add(params.thread_id)

    def resume_thread(self, params: Any) -> None:
        for path in self.home.glob(f"**/*{params.thread_id}.jsonl"):
            foreign = params.thread_id not in self.__dict__.get("own", ())
            if foreign and any(b'"ordinal"' not in record for record in path.read_bytes().splitlines()):
                raise Internal(f"{path} has a record that is missing an ordinal")
        self.good.resume_thread(params)


class ComparesPathsAsText(Passing):
    """Takes a path that is not written as its own are for one outside the home."""

    def read_thread_by_rollout_path(self, params: Any) -> Any:
        if isinstance(params.rollout_path, str) and not params.rollout_path.startswith(str(self.home)):
            raise InvalidRequest(f"{params.rollout_path} is outside the home", "rollout_path")
        return self.good.read_thread_by_rollout_path(params)


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


class _Noticing(LocalThreadStore):
    """Knows whether its home had a database when it was opened."""

    def __init__(self, home: Path, *, clock: Clock) -> None:
        self.had_database = (home / OWN_DATABASE).exists()
        super().__init__(home, clock=clock)


class IsLostWithoutItsDatabase(Passing):
    """Reads and lists nothing of a home of which the database is gone."""

    def __init__(self, good: Any, clock: Clock, home: Path) -> None:
        super().__init__(good, clock, home)
        self.lost = any(home.glob("**/rollout-*.jsonl")) and not good.had_database

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
        if self.lost:
            raise Internal(f"{OWN_DATABASE} is gone")


def _issue(*numbers: int) -> str:
    return ", ".join(f"openai/codex#{number}" for number in numbers)


MUTANTS: tuple[Mutant, ...] = (
    mutant(HidesTheTorn, "LOCAL-4", declared=CAPABILITIES, inside=local, issue=_issue(24425)),
    mutant(HidesTheInconsistent, "LOCAL-4", declared=CAPABILITIES, inside=local, issue=_issue(38341)),
    mutant(FailsOnAByteOrderMark, "LOCAL-4", declared=CAPABILITIES, inside=local, issue=_issue(28139)),
    mutant(MissesOrdinals, "LOCAL-4", declared=CAPABILITIES, inside=local, issue=_issue(45150)),
    mutant(ComparesPathsAsText, "READ-4", declared=CAPABILITIES, inside=local, issue=_issue(28276)),
    mutant(ShowsWhereItWas, "READ-4", declared=CAPABILITIES, inside=local, issue=_issue(20317)),
    mutant(ArchivesTheLatestWhenOpened, "LOCAL-2", declared=CAPABILITIES, inside=local, issue=_issue(30163)),
    mutant(
        IsLostWithoutItsDatabase,
        "LOCAL-2",
        declared=CAPABILITIES,
        inside=lambda home, clock: _Noticing(home, clock=clock),
        issue=_issue(21750, 24006, 40652),
    ),
)

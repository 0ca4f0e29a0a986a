"""Mutants of files that one clause alone rejects: what they break, nothing else demands."""

from __future__ import annotations

import re
from typing import Any

from attrs import evolve

from threadstore import UNSET, InvalidRequest, ReadThreadParams, StoredThread, ThreadMetadataPatch

from ..local import CAPABILITIES
from .passing import Mutant, Passing, Showing, mutant
from .stores_local import local, looking


class TakesNoPathForItsOwn(Passing):
    """Answers Ok to a patch of the rollout path to nothing, and leaves it out."""

    def update_thread_metadata(self, params: Any) -> Any:
        if isinstance(params.patch, ThreadMetadataPatch) and params.patch.rollout_path == "":
            params = evolve(params, patch=evolve(params.patch, rollout_path=UNSET))
        return self.good.update_thread_metadata(params)


class ReadsByTheNameOfTheFile(Passing):
    """Reads a thread by the path of any file that is called as its rollout, wherever that is."""

    def read_thread_by_rollout_path(self, params: Any) -> Any:
        try:
            return self.good.read_thread_by_rollout_path(params)
        except InvalidRequest:
            found = _ROLLOUT.search(str(params.rollout_path))
            if not found or not (self.home / params.rollout_path).is_file():
                raise
            by_id = ReadThreadParams(
                thread_id=found[1], include_archived=params.include_archived, include_history=params.include_history
            )
            return self.good.read_thread(by_id)


class CountsNothingWithoutADatabase(Showing):
    """Shows no token usage in a home whose databases were gone when it was opened."""

    def shown(self, thread: StoredThread) -> StoredThread:
        return evolve(thread, token_usage=None) if self.good.was_bare else thread


class StampsWholeSeconds(Passing):
    """Stamps the lines that it appends in whole seconds."""

    def append_items(self, params: Any) -> None:
        before = {path: path.stat().st_size for path in self.home.glob(f"**/*{params.thread_id}.jsonl")}
        self.good.append_items(params)
        for path, size in before.items():
            content = path.read_bytes()
            path.write_bytes(content[:size] + _MILLISECONDS.sub(rb"\1Z", content[size:]))


_ROLLOUT = re.compile(r"rollout-[^/]*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl\Z")
_MILLISECONDS = re.compile(rb'^(\{"timestamp":"[^".]{19})\.[0-9]{3}Z', re.MULTILINE)

MUTANTS: tuple[Mutant, ...] = (
    mutant(TakesNoPathForItsOwn, "PATCH-1b", declared=CAPABILITIES, inside=local),
    mutant(ReadsByTheNameOfTheFile, "READ-4b", declared=CAPABILITIES, inside=local),
    mutant(CountsNothingWithoutADatabase, "LOCAL-2", declared=CAPABILITIES, inside=looking),
    mutant(StampsWholeSeconds, "LOCAL-3", declared=CAPABILITIES, inside=local),
)

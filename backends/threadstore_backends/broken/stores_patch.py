"""Mutants of PATCH: metadata that is not what was set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from attrs import evolve

from threadstore import (
    UNSET,
    GitInfoPatch,
    InvalidRequest,
    RolloutItem,
    StoredThread,
    ThreadId,
    ThreadMetadataPatch,
    ThreadNotFound,
    TokenUsage,
    check_fields,
)
from threadstore.patch import is_empty

from .passing import Mutant, Passing, Showing, Telling, mutant


class Patching(Passing):
    """Rewrites a patch before it is applied."""

    def update_thread_metadata(self, params: Any) -> Any:
        check_fields(params)
        current = self.peek(params.thread_id)
        patch = self.rewritten(params.patch, current) if current else params.patch
        return self.good.update_thread_metadata(evolve(params, patch=patch))

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        """Return what is applied instead to a thread."""
        return patch


class TakesClearForOmit(Patching):
    """Leaves a field alone that a patch clears."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        return evolve(patch, **{name: UNSET for name, value in _fields(patch) if value is None})


class TakesOmitForClear(Patching):
    """Clears the clearable fields that a patch does not name."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        if is_empty(patch):
            return patch
        omitted = [a.name for a in attrs.fields(type(patch)) if getattr(patch, a.name) is UNSET]
        clearable = [a.name for a in attrs.fields(type(patch)) if a.metadata.get("clearable")]
        cleared: dict[str, Any] = {name: None for name in omitted if name in clearable}
        return evolve(patch, **cleared)


class ReplacesGitWhole(Patching):
    """Clears the parts of git information that a patch of another part does not name."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        git = patch.git_info
        if not isinstance(git, GitInfoPatch) or is_empty(git):
            return patch
        return evolve(patch, git_info=evolve(git, **{n: None for n, value in _fields(git) if value is UNSET}))


class SetsEmptyTextAsNull(Patching):
    """Takes an empty text for a clear."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        clearable = [a.name for a in attrs.fields(type(patch)) if a.metadata.get("clearable")]
        cleared: dict[str, Any] = {name: None for name in clearable if getattr(patch, name) == ""}
        return evolve(patch, **cleared)


class TrimsTexts(Patching):
    """Removes white space around the texts that a patch sets."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        texts: dict[str, Any] = {name: value.strip() for name, value in _fields(patch) if isinstance(value, str)}
        return evolve(patch, **texts)


class KeepsTheFirstPreview(Patching):
    """Sets a preview only where there is none."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        return evolve(patch, preview=UNSET) if current.preview else patch


class TouchesAtAnEmptyPatch(Patching):
    """Moves updated_at for a patch that is empty."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        return evolve(patch, updated_at=self.clock()) if is_empty(patch) else patch


class AnswersTheThreadAsItWas(Passing):
    """Answers a patch with the thread as it was before."""

    def update_thread_metadata(self, params: Any) -> Any:
        before = self.peek(params.thread_id) if isinstance(params.thread_id, str) else None
        after = self.good.update_thread_metadata(params)
        return before or after


class MovesRecencyBack(Showing):
    """Shows the last advance_recency_at, also when it is earlier."""

    def update_thread_metadata(self, params: Any) -> Any:
        thread = self.good.update_thread_metadata(params)
        if params.patch.advance_recency_at is not UNSET:
            self.__dict__.setdefault("recency", {})[params.thread_id] = params.patch.advance_recency_at
        return self.shown(thread)

    def shown(self, thread: StoredThread) -> StoredThread:
        return evolve(thread, recency_at=self.__dict__.get("recency", {}).get(thread.thread_id, thread.recency_at))


class MovesRecencyWithUpdates(Patching):
    """Advances recency_at when updated_at is patched."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        return evolve(patch, advance_recency_at=patch.updated_at) if patch.advance_recency_at is UNSET else patch


class KeepsSeconds(Patching):
    """Rounds timestamps to whole seconds."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        times = ("created_at", "updated_at", "advance_recency_at")
        given = {name: value for name, value in _fields(patch) if name in times and value is not UNSET}
        return evolve(patch, **{name: value // 1000 * 1000 for name, value in given.items()})


class MakesTimesUnique(Patching):
    """Moves an updated_at that another thread has already by one millisecond."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        taken = self.__dict__.setdefault("taken", set())
        moment: Any = patch.updated_at
        if moment is UNSET:
            return patch
        while moment in taken:
            moment += 1
        taken.add(moment)
        return evolve(patch, updated_at=moment)


class TellsOfNames(Telling):
    """Adds an event to the history when a thread is named."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        thread = self.peek(thread_id)
        if thread is None or thread.name is None:
            return items
        return (*items, RolloutItem("event_msg", {"type": "thread_name_updated", "thread_name": thread.name}))


class KeepsGhosts(Passing):
    """Refuses the patch of an unknown thread, and applies it once the thread is created."""

    def update_thread_metadata(self, params: Any) -> Any:
        try:
            return self.good.update_thread_metadata(params)
        except ThreadNotFound:
            self.__dict__.setdefault("ghosts", {})[params.thread_id] = params
            raise

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        ghost = self.__dict__.get("ghosts", {}).pop(params.thread_id, None)
        if ghost:
            self.good.update_thread_metadata(ghost)


class PatchesTheArchivedUnasked(Passing):
    """Patches archived threads without include_archived."""

    def update_thread_metadata(self, params: Any) -> Any:
        check_fields(params)
        return self.good.update_thread_metadata(evolve(params, include_archived=True))


class NamesByTitle(Patching):
    """Takes a title for the name as well."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        return evolve(patch, name=patch.title) if patch.title is not UNSET and patch.name is UNSET else patch


class ListsFormerNames(Passing):
    """Lists a thread whose name was cleared under the name it had."""

    def update_thread_metadata(self, params: Any) -> Any:
        thread = self.good.update_thread_metadata(params)
        if thread.name is not None:
            self.__dict__.setdefault("names", {})[thread.thread_id] = thread.name
        return thread

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        names = self.__dict__.get("names", {})
        return evolve(page, items=tuple(evolve(t, name=t.name or names.get(t.thread_id)) for t in page.items))


class ClearsTheUrlWithTheBranch(Patching):
    """Clears origin_url when the branch alone is cleared."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        git = patch.git_info
        alone = isinstance(git, GitInfoPatch) and git == GitInfoPatch(branch=None)
        return evolve(patch, git_info=GitInfoPatch(branch=None, origin_url=None)) if alone else patch


class MergesProfiles(Patching):
    """Merges a permission profile into the one that is there."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        profile = patch.permission_profile
        if not isinstance(profile, dict):
            return patch
        return evolve(patch, permission_profile={**(current.permission_profile or {}), **profile})


class KeepsTheGreatestUsage(Patching):
    """Sets a token usage only where its total is not smaller than the one that is there."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        new, old = patch.token_usage, current.token_usage
        smaller = isinstance(new, TokenUsage) and old is not None and new.total_tokens < old.total_tokens
        return evolve(patch, token_usage=UNSET) if smaller else patch


class IgnoresRolloutPaths(Patching):
    """Keeps no files, and no rollout_path either."""

    def rewritten(self, patch: ThreadMetadataPatch, current: StoredThread) -> ThreadMetadataPatch:
        return evolve(patch, rollout_path=UNSET)


class ShowsPatchedTimesAsFloats(Showing):
    """Shows an updated_at that was patched as a floating-point number."""

    def shown(self, thread: StoredThread) -> StoredThread:
        shown: Any = thread.updated_at if thread.updated_at == thread.created_at else float(thread.updated_at)
        return evolve(thread, updated_at=shown)


class ClosesAtARefusedPatch(Passing):
    """Closes the writer of an archived thread when it refuses a patch of it."""

    def update_thread_metadata(self, params: Any) -> Any:
        try:
            return self.good.update_thread_metadata(params)
        except InvalidRequest:
            thread = self.good._threads.get(params.thread_id)
            if thread and thread.archived:
                thread.live = False
            raise


def _fields(patch: Any) -> list[tuple[str, Any]]:
    return [(attribute.name, getattr(patch, attribute.name)) for attribute in attrs.fields(type(patch))]


MUTANTS: tuple[Mutant, ...] = (
    mutant(TakesClearForOmit, "PATCH-1"),
    mutant(TakesOmitForClear, "PATCH-1"),
    mutant(ReplacesGitWhole, "PATCH-1"),
    mutant(SetsEmptyTextAsNull, "PATCH-1"),
    mutant(TrimsTexts, "PATCH-1"),
    mutant(KeepsTheFirstPreview, "PATCH-1"),
    mutant(TouchesAtAnEmptyPatch, "PATCH-2"),
    mutant(AnswersTheThreadAsItWas, "PATCH-3"),
    mutant(MovesRecencyBack, "PATCH-4"),
    mutant(MovesRecencyWithUpdates, "PATCH-4"),
    mutant(KeepsSeconds, "PATCH-4"),
    mutant(MakesTimesUnique, "PATCH-4"),
    mutant(TellsOfNames, "PATCH-5"),
    mutant(KeepsGhosts, "PATCH-6"),
    mutant(PatchesTheArchivedUnasked, "PATCH-6"),
    mutant(NamesByTitle, "PATCH-7"),
    mutant(ListsFormerNames, "PATCH-7"),
    mutant(ClearsTheUrlWithTheBranch, "PATCH-1"),
    mutant(MergesProfiles, "PATCH-1"),
    mutant(KeepsTheGreatestUsage, "PATCH-1"),
    mutant(IgnoresRolloutPaths, "PATCH-1"),
    mutant(ShowsPatchedTimesAsFloats, "PATCH-4"),
    mutant(ClosesAtARefusedPatch, "PATCH-6"),
)

"""The calls on threads that Codex's app-server takes, each as a method with its parameters by name.

A parameter that is ``None`` is left out of the request, and ``more`` goes in as it is: what one version alone takes, or
a ``None`` that is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from threadstore.ids import ThreadId
from threadstore.jsonvalue import JSON

from .errors import CodexUnfamiliar
from .notifications import Notification
from .rpc import RpcProcess
from .views import CodexPage, CodexThread, CodexTurn, found_page_of, page_of, thread_of, turn_of

View = TypeVar("View")


class ThreadCalls:
    """The threads of one running process, of a version of Codex."""

    def __init__(self, rpc: RpcProcess, version: str) -> None:
        self.rpc = rpc
        self.version = version

    def start(
        self,
        cwd: str | Path,
        *,
        history_mode: str | None = None,
        service_name: str | None = None,
        thread_source: str | None = None,
        base_instructions: str | None = None,
        dynamic_tools: Sequence[JSON] | None = None,
        selected_capability_roots: Sequence[JSON] | None = None,
        ephemeral: bool | None = None,
        **more: JSON,
    ) -> CodexThread:
        """Start a thread; Codex makes its id."""
        return self._thread(
            "thread/start",
            cwd=str(cwd),
            historyMode=history_mode,
            serviceName=service_name,
            threadSource=thread_source,
            baseInstructions=base_instructions,
            dynamicTools=dynamic_tools,
            selectedCapabilityRoots=selected_capability_roots,
            ephemeral=ephemeral,
            more=more,
        )

    def resume(
        self, thread_id: ThreadId, *, path: str | None = None, cwd: str | None = None, **more: JSON
    ) -> CodexThread:
        """Load a stored thread."""
        return self._thread("thread/resume", threadId=thread_id, path=path, cwd=cwd, more=more)

    def fork(
        self,
        thread_id: ThreadId,
        *,
        path: str | None = None,
        last_turn_id: str | None = None,
        cwd: str | None = None,
        thread_source: str | None = None,
        ephemeral: bool | None = None,
        **more: JSON,
    ) -> CodexThread:
        """Start a thread with a copy of another's history, up to a turn or whole."""
        return self._thread(
            "thread/fork",
            threadId=thread_id,
            path=path,
            lastTurnId=last_turn_id,
            cwd=cwd,
            threadSource=thread_source,
            ephemeral=ephemeral,
            more=more,
        )

    def inject(self, thread_id: ThreadId, items: Sequence[JSON]) -> None:
        """Append response items to a loaded thread."""
        self.rpc.call("thread/inject_items", {"threadId": thread_id, "items": list(items)})

    def turn(self, thread_id: ThreadId, text: str, *, timeout: float | None = None, **more: JSON) -> CodexTurn:
        """Run a turn, and return it as it ended."""
        since = self.rpc.mark()
        return self.ended(thread_id, self.begin_turn(thread_id, text, **more), since=since, timeout=timeout)

    def begin_turn(self, thread_id: ThreadId, text: str, **more: JSON) -> str:
        """Start a turn, and return its id."""
        given = {"threadId": thread_id, "input": [{"type": "text", "text": text}], **more}
        return self._seen("turn/start", given, lambda answer: str(answer["turn"]["id"]))

    def ended(
        self, thread_id: ThreadId, turn_id: str | None = None, *, since: int = 0, timeout: float | None = None
    ) -> CodexTurn:
        """Wait until a turn, or the next one from a mark on, has ended, and return it."""

        def wanted(told: Notification) -> bool:
            with self._looking_into(told.method):
                if told.method != "turn/completed" or told.params["threadId"] != thread_id:
                    return False
                return turn_id in (None, told.params["turn"]["id"])

        told = self.rpc.wait_for(wanted, f"the end of a turn of {thread_id}", since=since, timeout=timeout)
        with self._looking_into(told.method):
            return turn_of(told.params["turn"])

    def spawned(self, thread_id: ThreadId, *, since: int = 0) -> tuple[ThreadId, ...]:
        """Return the sub-agents that a thread spawned from a mark on and all theirs, when their turns have ended."""
        with self._looking_into("item/completed"):
            children = [child for told in self.rpc.notifications(since) for child in _spawned_by(told, thread_id)]
        for child in children:
            self.ended(child, since=since)
        return tuple(found for child in children for found in (child, *self.spawned(child, since=since)))

    def interrupt(self, thread_id: ThreadId, turn_id: str) -> None:
        """Interrupt a turn."""
        self.rpc.call("turn/interrupt", {"threadId": thread_id, "turnId": turn_id})

    def compact(self, thread_id: ThreadId, *, timeout: float | None = None) -> CodexTurn:
        """Compact a loaded thread's conversation, and return the turn that did it."""
        since = self.rpc.mark()
        self.rpc.call("thread/compact/start", {"threadId": thread_id})
        return self.ended(thread_id, since=since, timeout=timeout)

    def rollback(self, thread_id: ThreadId, turns: int) -> CodexThread:
        """Take the last turns of a loaded thread back; later versions know `revert` in its place."""
        return self._thread("thread/rollback", threadId=thread_id, numTurns=turns)

    def revert(self, thread_id: ThreadId, before_turn_id: str) -> CodexThread:
        """Take a turn of a paginated thread back, with every later one."""
        return self._thread("thread/revert", threadId=thread_id, beforeTurnId=before_turn_id)

    def read(self, thread_id: ThreadId, *, include_turns: bool = False) -> CodexThread:
        """Return a thread."""
        return self._thread("thread/read", threadId=thread_id, includeTurns=include_turns)

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        sort_key: str | None = None,
        sort_direction: str | None = None,
        model_providers: Sequence[str] | None = None,
        source_kinds: Sequence[str] | None = None,
        cwd: str | Sequence[str] | None = None,
        archived: bool | None = None,
        search_term: str | None = None,
        parent_thread_id: ThreadId | None = None,
        ancestor_thread_id: ThreadId | None = None,
        use_state_db_only: bool | None = None,
        **more: JSON,
    ) -> CodexPage:
        """Return a page of the stored threads."""
        given = _given(
            limit=limit,
            cursor=cursor,
            sortKey=sort_key,
            sortDirection=sort_direction,
            modelProviders=model_providers,
            sourceKinds=source_kinds,
            cwd=cwd,
            archived=archived,
            searchTerm=search_term,
            parentThreadId=parent_thread_id,
            ancestorThreadId=ancestor_thread_id,
            useStateDbOnly=use_state_db_only,
            more=more,
        )
        return self._seen("thread/list", given, page_of)

    def search(self, term: str, *, limit: int | None = None, cursor: str | None = None, **more: JSON) -> CodexPage:
        """Return a page of the threads in whose visible content a term is."""
        given = _given(searchTerm=term, limit=limit, cursor=cursor, more=more)
        return self._seen("thread/search", given, found_page_of)

    def loaded(self) -> tuple[ThreadId, ...]:
        """Return the ids of the loaded threads."""
        return tuple(self._loaded())

    def set_name(self, thread_id: ThreadId, name: str) -> None:
        """Name a thread."""
        self.rpc.call("thread/name/set", {"threadId": thread_id, "name": name})

    def set_git(self, thread_id: ThreadId, git: Mapping[str, str | None]) -> CodexThread:
        """Change the git facts that are given, by Codex's names; ``None`` clears one."""
        return self._thread("thread/metadata/update", threadId=thread_id, gitInfo=dict(git))

    def set_memory_mode(self, thread_id: ThreadId, mode: str) -> None:
        """Set a thread's memory mode."""
        self.rpc.call("thread/memoryMode/set", {"threadId": thread_id, "mode": mode})

    def archive(self, thread_id: ThreadId) -> None:
        """Archive a thread."""
        self.rpc.call("thread/archive", {"threadId": thread_id})

    def unarchive(self, thread_id: ThreadId) -> CodexThread:
        """Bring an archived thread back."""
        return self._thread("thread/unarchive", threadId=thread_id)

    def delete(self, thread_id: ThreadId) -> None:
        """Delete a thread."""
        self.rpc.call("thread/delete", {"threadId": thread_id})

    def _loaded(self) -> Iterator[ThreadId]:
        cursor: str | None = None
        while True:
            given = _given(cursor=cursor)
            ids, cursor = self._seen("thread/loaded/list", given, lambda page: (page["data"], page["nextCursor"]))
            yield from ids
            if cursor is None:
                return

    def _thread(self, method: str, *, more: Mapping[str, JSON] | None = None, **given: JSON) -> CodexThread:
        return self._seen(method, _given(more=more, **given), lambda answer: thread_of(answer["thread"], answer))

    def _seen(self, method: str, params: JSON, view: Callable[[Any], View]) -> View:
        answer = self.rpc.call(method, params)
        with self._looking_into(method):
            return view(answer)

    @contextmanager
    def _looking_into(self, method: str) -> Iterator[None]:
        try:
            yield
        except KeyError as absent:
            raise CodexUnfamiliar(method, self.version, f"{absent} is absent") from absent
        except TypeError as other:
            raise CodexUnfamiliar(method, self.version, str(other)) from other


def _spawned_by(told: Notification, thread_id: ThreadId) -> Sequence[ThreadId]:
    if told.method != "item/completed" or told.params["threadId"] != thread_id:
        return ()
    item = told.params["item"]
    if item["type"] == "collabAgentToolCall" and item["tool"] == "spawnAgent":
        return list(item["receiverThreadIds"])
    if item["type"] == "subAgentActivity" and item["kind"] == "started":
        return [item["agentThreadId"]]
    return ()


def _given(*, more: Mapping[str, JSON] | None = None, **given: JSON) -> dict[str, JSON]:
    return {name: value for name, value in given.items() if value is not None} | dict(more or {})

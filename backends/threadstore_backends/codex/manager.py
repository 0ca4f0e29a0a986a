"""Codex as a thread manager: each operation is a call of its app-server, or a turn, or a look at its home."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from threadstore import manager_params as m
from threadstore import params as p
from threadstore.errors import ThreadNotFound, Unsupported
from threadstore.fields import UNSET
from threadstore.ids import ThreadId
from threadstore.items import RolloutItem
from threadstore.session import OVERRIDE_VARIABLE, LoadedThread, LoadedThreads, OutboundRequest, ProcessSettings
from threadstore.thread import HistoryMode, StoredThread, StoredThreadHistory, ThreadPage

from .asks import PROVIDERS
from .binary import CodexBinary
from .conversation import Reply, Say, Script, says, spawns, waits
from .errors import CodexError, CodexRefused, CodexUnreadable
from .home import HomeSettings
from .refusals import answering
from .responses import Request
from .server import CodexServer, CodexSettings
from .spoken import Turn, TurnNames, parts_of
from .stored import items_of, loaded_thread, stored_thread
from .views import CodexThread

#: Every kind of source: a list that names none leaves sub-agents out.
_SOURCE_KINDS = ("cli", "vscode", "exec", "appServer", "subAgent", "unknown")

#: How deep agents may be nested: deeper than programs nest them.
_DEPTH = 100

#: The first release that keeps histories in two ways, and so is told which.
HISTORY_MODES = (0, 145, 0)


class CodexManager:
    """The threads of one Codex process, on a home of its own."""

    def __init__(
        self,
        home: Path,
        *,
        settings: ProcessSettings,
        history_mode: HistoryMode = "legacy",
        binary: CodexBinary | None = None,
    ) -> None:
        self._mode = history_mode
        self._turns = TurnNames(home / "turns.json")
        self._codex = CodexServer(
            home / "codex",
            binary=binary,
            settings=CodexSettings(
                home=HomeSettings(websockets=True, providers=PROVIDERS, max_depth=_DEPTH),
                client_name=settings.default_originator,
                environment_override=settings.environment.get(OVERRIDE_VARIABLE),
            ),
        )
        self._calls = self._codex.threads
        #: Of each thread that was loaded here: itself, and the threads that it may have its originator of.
        self._kin: dict[ThreadId, tuple[ThreadId, ...]] = {}

    def close(self) -> None:
        """Let the process end."""
        self._codex.close()

    def kill(self) -> None:
        """End the process at once."""
        self._codex.abandon()

    def start_thread(self, params: m.StartParams, /) -> LoadedThread:
        """Start a thread."""
        instructions = params.base_instructions
        with self._loading() as loaded:
            return loaded(
                self._calls.start(
                    params.metadata.cwd or "",
                    history_mode=self._mode if self._codex.binary.release >= HISTORY_MODES else None,
                    service_name=params.service_name,
                    thread_source=params.thread_source,
                    base_instructions=instructions and instructions["text"],
                    ephemeral=params.ephemeral or None,
                    modelProvider=params.metadata.model_provider,
                )
            )

    def resume_thread(self, params: m.ResumeParams, /) -> LoadedThread:
        """Load a stored thread."""
        with self._loading(params.thread_id) as loaded:
            provider = params.metadata.model_provider
            return loaded(self._calls.resume(params.thread_id, cwd=params.metadata.cwd, modelProvider=provider))

    def fork_thread(self, params: m.ForkParams, /) -> LoadedThread:
        """Start a thread with a copy of another's history."""
        instructions = params.base_instructions
        with self._loading(params.thread_id) as loaded:
            return loaded(
                self._calls.fork(
                    params.thread_id,
                    last_turn_id=self._turns.theirs(params.turn_id or "") if params.cut == "after_turn" else None,
                    cwd=params.metadata.cwd,
                    thread_source=params.thread_source,
                    ephemeral=params.ephemeral or None,
                    modelProvider=params.metadata.model_provider,
                    excludeTurns=True,
                    **({} if instructions is None else {"baseInstructions": instructions["text"]}),
                )
            )

    def spawn_thread(self, params: m.SpawnParams, /) -> LoadedThread:
        """Run a turn in which the model spawns an agent and waits for it."""
        replies = [spawns(_TASK, whole_history=params.mode == "full_history"), waits(), says("It is done.")]
        with answering(params.thread_id):
            since = self._codex.rpc.mark()
            self._codex.responses.script = Script(turns={_SPAWN: replies, _TASK: [says("I did it.")]})
            self._calls.turn(params.thread_id, _SPAWN)
            spawned = self._calls.spawned(params.thread_id, since=since)
            if len(spawned) != 1:
                raise self._unspawned(params.thread_id)
            return loaded_thread(view := self._calls.read(spawned[0]), self._originator(view))

    def append_items(self, params: p.AppendThreadItemsParams, /) -> None:
        """Run a turn for each prompt, and put messages in that are none."""
        with answering(params.thread_id):
            for part in parts_of(params.items):
                if isinstance(part, Turn):
                    self._run_turn(params.thread_id, part)
                else:
                    self._calls.inject(params.thread_id, [part.item.payload])

    def persist_thread(self, params: p.PersistThreadParams, /) -> None:
        """Refuse: Codex persists by itself."""
        raise Unsupported("persist_thread")

    def flush_thread(self, params: p.FlushThreadParams, /) -> None:
        """Refuse: Codex flushes by itself."""
        raise Unsupported("flush_thread")

    def shutdown_thread(self, params: p.ShutdownThreadParams, /) -> None:
        """Refuse: no call closes a thread."""
        raise Unsupported("shutdown_thread")

    def discard_thread(self, params: p.DiscardThreadParams, /) -> None:
        """Refuse: no call drops a thread."""
        raise Unsupported("discard_thread")

    def update_thread_metadata(self, params: p.UpdateThreadMetadataParams, /) -> StoredThread:
        """Set a name, git facts or the memory mode."""
        thread_id, patch = params.thread_id, params.patch
        with answering(thread_id):
            if patch.name is not UNSET:
                self._calls.set_name(thread_id, str(patch.name))
            elif patch.memory_mode is not UNSET:
                self._calls.set_memory_mode(thread_id, str(patch.memory_mode))
            else:
                git = {theirs: getattr(patch.git_info, ours) for ours, theirs in _GIT.items()}
                self._calls.set_git(thread_id, {name: value for name, value in git.items() if value is not UNSET})
            return self._stored(thread_id)

    def archive_thread(self, params: p.ArchiveThreadParams, /) -> None:
        """Archive a thread."""
        with answering(params.thread_id):
            self._calls.archive(params.thread_id)

    def unarchive_thread(self, params: p.UnarchiveThreadParams, /) -> StoredThread:
        """Unarchive a thread."""
        with answering(params.thread_id):
            self._calls.unarchive(params.thread_id)
            return self._stored(params.thread_id)

    def delete_thread(self, params: p.DeleteThreadParams, /) -> None:
        """Delete a thread."""
        with answering(params.thread_id):
            self._calls.delete(params.thread_id)

    def read_thread(self, params: p.ReadThreadParams, /) -> StoredThread:
        """Return what Codex shows of a thread and keeps in its home."""
        with answering(params.thread_id):
            return self._stored(params.thread_id, history=params.include_history)

    def load_history(self, params: p.LoadThreadHistoryParams, /) -> StoredThreadHistory:
        """Return what is in a thread's rollout."""
        return StoredThreadHistory(params.thread_id, self._items(params.thread_id))

    def list_threads(self, params: p.ListThreadsParams, /) -> ThreadPage:
        """Return a page of threads."""
        relation = params.relation_filter
        with answering("cursor"):
            page = self._calls.list(
                limit=params.page_size,
                cursor=params.cursor,
                sort_key=params.sort_key,
                sort_direction=params.sort_direction,
                model_providers=params.model_providers,
                source_kinds=_SOURCE_KINDS,
                cwd=params.cwd_filters,
                archived=params.archived,
                search_term=params.search_term,
                parent_thread_id=relation.thread_id if relation and relation.kind == "direct_children_of" else None,
                ancestor_thread_id=relation.thread_id if relation and relation.kind == "descendants_of" else None,
                use_state_db_only=params.use_state_db_only or None,
            )
        rows = self._codex.home.threads()
        return ThreadPage(tuple(self._put_together(view, rows) for view in page.threads), page.next_cursor)

    def list_loaded(self, params: m.ListLoadedParams, /) -> LoadedThreads:
        """Return which threads are loaded."""
        return LoadedThreads(tuple(sorted(self._calls.loaded())))

    def outbound_request(self, params: m.OutboundParams, /) -> OutboundRequest:
        """Return the websocket request that a thread sent when it was loaded."""
        if params.consumer != "websocket":
            raise Unsupported("outbound_request")
        if params.thread_id not in self._calls.loaded():
            raise ThreadNotFound(params.thread_id)
        request = self._asked_for(params.thread_id)
        return OutboundRequest(
            consumer="websocket",
            thread_id=params.thread_id,
            originator=self._told(request),
            headers=dict(request.headers),
        )

    @contextmanager
    def _loading(self, thread_id: ThreadId = "") -> Iterator[Callable[[CodexThread], LoadedThread]]:
        with answering(thread_id):
            yield lambda view: loaded_thread(view, self._originator(view))

    def _originator(self, view: CodexThread) -> str:
        near = tuple(filter(None, (view.forked_from_id, view.parent_thread_id)))
        # Theirs as well: what is ephemeral has written nothing itself.
        self._kin[view.id] = (view.id, *near, *(each for one in near for each in self._kin.get(one, ())))
        return self._told(self._asked_for(view.id)) if view.originator is None else view.originator

    def _asked_for(self, thread_id: ThreadId) -> Request:
        responses = self._codex.responses
        what = f"a websocket of {thread_id}"
        responses.wait_for(lambda each: each.is_websocket and each.thread_id == thread_id, what)
        return [each for each in responses.requests(thread_id) if each.is_websocket][-1]

    def _told(self, request: Request) -> str:
        told = request.originator or ""
        # The space around a header's value is none of it: what a padded one is can only be told from where it is from.
        kin = self._kin.get(request.thread_id or "", ())
        written = (self._codex.home.first_meta(each).get("originator") for each in kin)
        settings = self._codex.settings
        padded = (settings.environment_override, *written, settings.client_name)
        return next((each for each in padded if each is not None and each.strip() == told.strip()), told)

    def _unspawned(self, thread_id: ThreadId) -> CodexError:
        """Return why the last turn of a thread has no agent, as the model was told it."""
        heard = self._codex.responses.requests(thread_id)[-1].conversation
        told = [str(item.get("output")) for item in heard if item.get("type") == "function_call_output"]
        said = next((output for output in reversed(told) if output.startswith(_UNSPAWNED)), None)
        if said is None:
            return CodexError(f"{thread_id} was to spawn one agent, and the model was told {told}")
        return CodexRefused("spawn_agent", 0, said)

    def _run_turn(self, thread_id: ThreadId, said: Turn) -> None:
        self._codex.responses.script = Script(turns={said.prompt: [Reply(tuple(map(Say, said.answers)))]})
        turn = self._calls.turn(thread_id, said.prompt)
        if turn.status != "completed":
            raise CodexError(f"a turn of {thread_id} ended as {turn.status}: {turn.error}")
        if said.name is not None:
            self._turns.keep(turn.id, said.name)

    def _stored(self, thread_id: ThreadId, *, history: bool = False) -> StoredThread:
        home = self._codex.home
        # What Codex has in memory alone is not stored, though it is shown.
        if home.rollout(thread_id) is None and thread_id not in home.threads():
            raise ThreadNotFound(thread_id)
        return self._put_together(self._calls.read(thread_id), home.threads(), history=history)

    def _put_together(
        self, view: CodexThread, rows: Mapping[ThreadId, Mapping[str, Any]], *, history: bool = False
    ) -> StoredThread:
        if view.id not in rows:
            raise CodexUnreadable(f"{view.id} is shown, and the state database has no row of it")
        items = self._items(view.id) if history else ()
        return stored_thread(view, rows[view.id], self._codex.home.first_meta(view.id), items if history else None)

    def _items(self, thread_id: ThreadId) -> tuple[RolloutItem, ...]:
        items = items_of(self._codex.home.history(thread_id).records)
        if not items:
            raise ThreadNotFound(thread_id)
        return self._turns.named(items)


#: What the turn that spawns is asked, and its agent.
_SPAWN = "let an agent do it"
_TASK = "do it"

#: How the model is told that there is no agent.
_UNSPAWNED = "collab spawn failed: "

#: What Codex calls the git facts.
_GIT = {"sha": "sha", "branch": "branch", "origin_url": "originUrl"}

"""The reference session layer: threads in the hands of one process, over any ThreadStore (R4, R5, R8).

1.  A thread is *loaded* while it is in the manager's table. A loaded thread has a writer: a `LiveThread`, or an
    `EphemeralThread` of which nothing is stored. Appending and the barriers need a loaded thread; reading does not.
2.  Metadata has one entry point: a loaded thread's patch goes through its writer, a cold one's to the store (ROUTE-1).
3.  A new thread is loaded last, when all of its start has succeeded; until then a guard holds its writer (GUARD-1).
4.  Who a thread is attributed to is resolved when it is loaded, and stays. At creation it is also written, once.

A manager is not safe to use from several threads of the process at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from . import params as p
from .clock import system_clock
from .descendants import descendants
from .errors import Conflict, InvalidRequest, ThreadNotFound
from .fields import check_fields
from .fork import copies_history, cut, inherited, spawned_items
from .ids import Clock, ThreadId, new_thread_id
from .init_guard import InitGuard
from .items import RolloutItem
from .live_thread import EphemeralThread, LiveThread
from .loaded import Session, forked, owned, restored, resumed, spawned, started, with_spawn_facts
from .manager_params import ForkParams, ListLoadedParams, OutboundParams, ResumeParams, SpawnParams, StartParams
from .originator import DEFAULT_PROFILE, Offers, OriginatorProfile, resolve
from .outbound import create_params, outbound_request
from .patch import ThreadMetadataPatch
from .session import OVERRIDE_VARIABLE, LoadedThread, LoadedThreads, OutboundRequest, ProcessSettings
from .shown import leads_to, shown
from .store import ThreadStore
from .thread import StoredThread, StoredThreadHistory, ThreadPage
from .views import ThreadSpawn


class ThreadManager:
    """Threads that are loaded, over a store that it does not own."""

    def __init__(
        self,
        store: ThreadStore,
        *,
        settings: ProcessSettings | None = None,
        clock: Clock = system_clock,
        new_id: Callable[[], ThreadId] | None = None,
        profile: OriginatorProfile = DEFAULT_PROFILE,
        fork_copies_name: bool = False,
        cascades: bool = False,
    ) -> None:
        self._store = store
        self._settings = settings or ProcessSettings()
        self._offers = Offers(
            environment=self._settings.environment.get(OVERRIDE_VARIABLE), default=self._settings.default_originator
        )
        self._clock = clock
        self._new_id = new_id or (lambda: new_thread_id(clock))
        self._profile = profile
        self._fork_copies_name = fork_copies_name
        self._cascades = cascades
        self._sessions: dict[ThreadId, Session] = {}

    # --- Loading ------------------------------------------------------------------------------------------------

    def start_thread(self, params: StartParams, /) -> LoadedThread:
        """Start a new thread."""
        check_fields(params)
        spawn = ThreadSpawn.of(params.source)
        origin = (spawn and spawn.parent_thread_id) or params.parent_thread_id or params.forked_from_id
        originator = self._originator(params.service_name, None, origin)
        return self._begin(started(self._new_id(), params, originator))

    def fork_thread(self, params: ForkParams, /) -> LoadedThread:
        """Start a new thread with a copy of another's history."""
        check_fields(params)
        items = cut(self._snapshot(params.thread_id), params)
        facts = inherited(items)
        name = self._stored(params.thread_id).name if self._fork_copies_name else None
        originator = self._originator(params.service_name, facts.originator, params.thread_id)
        thread = attrs.evolve(forked(self._new_id(), params, facts, originator), name=name)
        return self._begin(thread, items, persist=True, name=None if params.ephemeral else name)

    def spawn_thread(self, params: SpawnParams, /) -> LoadedThread:
        """Start a sub-agent."""
        check_fields(params)
        session = self._sessions.get(params.thread_id)
        history = self._snapshot(params.thread_id) if session is None or copies_history(params) else ()
        spawner = session.thread if session else restored(params.thread_id, history)
        items = spawned_items(history, params)
        facts = inherited(items)
        originator = self._originator(params.service_name, facts.originator, params.thread_id)
        thread = spawned(self._new_id(), params, spawner, facts, originator, spawner_is_loaded=session is not None)
        return self._begin(thread, items, persist=True)

    def resume_thread(self, params: ResumeParams, /) -> LoadedThread:
        """Load a stored thread, or return a loaded one as it is."""
        check_fields(params)
        session = self._sessions.get(params.thread_id)
        if session is None:
            return self._resume_cold(params)
        if params.rollout_path is not None and not leads_to(self._store, params.rollout_path, params.thread_id):
            raise InvalidRequest(
                f"thread {params.thread_id} is loaded with another rollout than {params.rollout_path}", "rollout_path"
            )
        return session.show()

    def _resume_cold(self, params: ResumeParams) -> LoadedThread:
        history = p.LoadThreadHistoryParams(thread_id=params.thread_id, include_archived=params.include_archived)
        items = self._store.load_history(history).items
        written = restored(params.thread_id, items)
        originator = resolve(self._profile, "resume", attrs.evolve(self._offers, persisted=written.originator))
        resume = p.ResumeThreadParams(
            thread_id=params.thread_id,
            rollout_path=params.rollout_path,
            history=items,
            include_archived=params.include_archived,
            metadata=params.metadata,
        )
        writer = LiveThread.resume(self._store, resume, clock=self._clock)
        session = Session(owned(resumed(params, written, originator)), writer, written.originator)
        self._sessions[params.thread_id] = session
        return session.show()

    def _begin(
        self,
        thread: LoadedThread,
        items: Sequence[RolloutItem] = (),
        *,
        persist: bool = False,
        name: str | None = None,
    ) -> LoadedThread:
        """Create a thread, give it what it starts with, and only then load it."""
        if thread.thread_id in self._sessions:
            raise Conflict(f"thread {thread.thread_id} is loaded: a new thread needs an id of its own")
        thread = owned(thread)
        writer = self._create(thread)
        with InitGuard(writer) as guard:
            writer.append_items(items)
            if persist:
                writer.persist()
            if name is not None:
                writer.update_metadata(ThreadMetadataPatch(name=name))
            guard.commit()
        session = Session(with_spawn_facts(thread), writer, thread.originator)
        self._sessions[thread.thread_id] = session
        return session.show()

    def _create(self, thread: LoadedThread) -> LiveThread | EphemeralThread:
        if thread.ephemeral:
            return EphemeralThread(thread.thread_id, thread.name)
        return LiveThread.create(
            self._store, create_params(thread), clock=self._clock, cli_version=self._settings.cli_version
        )

    def _snapshot(self, thread_id: ThreadId) -> tuple[RolloutItem, ...]:
        """Return the history that a copy is made of: of a loaded thread, all that was acknowledged."""
        session = self._sessions.get(thread_id)
        if session and session.thread.ephemeral:
            raise InvalidRequest(f"ephemeral thread {thread_id} has no stored history to copy")
        if session:
            session.writer.flush()
        return self._store.load_history(p.LoadThreadHistoryParams(thread_id=thread_id, include_archived=True)).items

    def _stored(self, thread_id: ThreadId) -> StoredThread:
        return self._store.read_thread(p.ReadThreadParams(thread_id=thread_id, include_archived=True))

    # --- Originator ---------------------------------------------------------------------------------------------

    def _originator(self, service_name: str | None, persisted: str | None, parent: ThreadId | None) -> str:
        live = self._sessions.get(parent) if parent else None
        offers = attrs.evolve(
            self._offers,
            service_name=service_name,
            persisted=persisted,
            live_parent=live.thread.originator if live else None,
        )
        return resolve(self._profile, "creation", offers)

    def outbound_request(self, params: OutboundParams, /) -> OutboundRequest:
        """Build what a consumer is sent on behalf of a loaded thread."""
        check_fields(params)
        session = self._loaded(params.thread_id)
        return outbound_request(
            session.show(), params.consumer, self._settings, written_originator=session.written_originator
        )

    # --- Loaded threads -----------------------------------------------------------------------------------------

    def list_loaded(self, params: ListLoadedParams, /) -> LoadedThreads:
        """Return which threads are loaded."""
        return LoadedThreads(tuple(sorted(self._sessions)))

    def append_items(self, params: p.AppendThreadItemsParams, /) -> None:
        """Append items to a loaded thread: history first, then what they say of its metadata."""
        check_fields(params)
        self._loaded(params.thread_id).writer.append_items(params.items)

    def persist_thread(self, params: p.PersistThreadParams, /) -> None:
        """Make a loaded thread visible; a barrier for its metadata."""
        check_fields(params)
        self._loaded(params.thread_id).writer.persist()

    def flush_thread(self, params: p.FlushThreadParams, /) -> None:
        """Write what a loaded thread has buffered; a barrier for its metadata."""
        check_fields(params)
        self._loaded(params.thread_id).writer.flush()

    def shutdown_thread(self, params: p.ShutdownThreadParams, /) -> None:
        """Send what is pending, close a loaded thread's writer, and unload it."""
        check_fields(params)
        self._loaded(params.thread_id).writer.shutdown()
        del self._sessions[params.thread_id]

    def discard_thread(self, params: p.DiscardThreadParams, /) -> None:
        """Unload a thread without sending what is pending; of one that is not loaded, close what the store has open."""
        check_fields(params)
        session = self._sessions.get(params.thread_id)
        if session is None:
            self._store.discard_thread(params)
            return
        session.writer.discard()
        del self._sessions[params.thread_id]

    def close(self) -> None:
        """Shut every loaded thread down; try all, then raise the first error."""
        errors: list[Exception] = []
        for thread_id in tuple(self._sessions):
            try:
                self.shutdown_thread(p.ShutdownThreadParams(thread_id=thread_id))
            except Exception as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _loaded(self, thread_id: ThreadId) -> Session:
        try:
            return self._sessions[thread_id]
        except KeyError:
            raise ThreadNotFound(thread_id) from None

    # --- Loaded and cold threads --------------------------------------------------------------------------------

    def update_thread_metadata(self, params: p.UpdateThreadMetadataParams, /) -> StoredThread:
        """Patch a loaded or a cold thread, and return it as it is then."""
        check_fields(params)
        session = self._sessions.get(params.thread_id)
        if session is None:
            return self._store.update_thread_metadata(params)
        return session.update_metadata(params)

    def archive_thread(self, params: p.ArchiveThreadParams, /) -> None:
        """Shut a thread down if it is loaded, and move it to the archived side."""
        check_fields(params)
        stored = self._stored(params.thread_id)
        if stored.archived_at is not None:
            self._store.archive_thread(params)
            return
        for thread_id in self._taken_along(params.thread_id):
            below = shown(self._store, thread_id)
            if below is None:  # there is nothing to archive
                self._shutdown_if_loaded(thread_id)
            elif below.archived_at is None:
                self._archive(thread_id)
        self._archive(params.thread_id)

    def _archive(self, thread_id: ThreadId) -> None:
        self._shutdown_if_loaded(thread_id)
        self._store.archive_thread(p.ArchiveThreadParams(thread_id=thread_id))

    def _shutdown_if_loaded(self, thread_id: ThreadId) -> None:
        if thread_id in self._sessions:
            self.shutdown_thread(p.ShutdownThreadParams(thread_id=thread_id))

    def _taken_along(self, root: ThreadId) -> Sequence[ThreadId]:
        """Return the descendants that share what happens to a thread, deepest first, so that it can be repeated."""
        if not self._cascades:
            return ()
        return descendants(self._store, root, (session.thread for session in self._sessions.values()))[::-1]

    def unarchive_thread(self, params: p.UnarchiveThreadParams, /) -> StoredThread:
        """Move a thread back to the active side and return it."""
        check_fields(params)
        return self._store.unarchive_thread(params)

    def delete_thread(self, params: p.DeleteThreadParams, /) -> None:
        """Unload a thread and remove every trace of it."""
        check_fields(params)
        for thread_id in self._taken_along(params.thread_id):
            try:
                self._delete(thread_id)
            except (ThreadNotFound, InvalidRequest):
                if shown(self._store, thread_id):
                    raise
        self._delete(params.thread_id)

    def _delete(self, thread_id: ThreadId) -> None:
        session = self._sessions.get(thread_id)
        try:
            self._store.delete_thread(p.DeleteThreadParams(thread_id=thread_id))
        except (ThreadNotFound, InvalidRequest):
            # A hidden thread is missing to the store, which has closed its writer all the same (LIFE-3).
            if session and not session.thread.ephemeral and shown(self._store, thread_id) is None:
                del self._sessions[thread_id]
            raise
        self._sessions.pop(thread_id, None)

    def read_thread(self, params: p.ReadThreadParams, /) -> StoredThread:
        """Return a stored thread."""
        check_fields(params)
        return self._store.read_thread(params)

    def load_history(self, params: p.LoadThreadHistoryParams, /) -> StoredThreadHistory:
        """Return a stored thread's history."""
        check_fields(params)
        return self._store.load_history(params)

    def list_threads(self, params: p.ListThreadsParams, /) -> ThreadPage:
        """Return one page of stored threads."""
        check_fields(params)
        return self._store.list_threads(params)

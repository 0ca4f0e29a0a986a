"""A product that the suite's own tests judge: it takes turns alone, adds to them, and shows no store; and broken ones.

Beneath each is the reference's own session layer over a store in memory, so that what is made wrong on purpose is all
that is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs

from threadstore import (
    AppendThreadItemsParams,
    Capabilities,
    Clock,
    FlushThreadParams,
    ForkParams,
    LoadedThread,
    LoadThreadHistoryParams,
    ManagerBackend,
    PersistThreadParams,
    ProcessSettings,
    ReadThreadParams,
    ResumeParams,
    RolloutItem,
    ShutdownThreadParams,
    SpawnParams,
    StartParams,
    StoredThread,
    ThreadId,
    ThreadManager,
    ThreadMetadataPatch,
    ThreadNotFound,
    Unsupported,
    UpdateThreadMetadataParams,
)
from threadstore.params import DiscardThreadParams
from threadstore.registration import SessionCapabilities
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_backends.memory import MemoryStore
from threadstore_conformance.session_items import developer_response, turn_complete, turn_started

#: What an agent is asked.
_TASK = RolloutItem("event_msg", {"type": "user_message", "message": "do it"})
#: What the product calls its agents.
_NICKNAME = "Ada"


class Product(ThreadManager):
    """Runs a turn for each batch of prompts, and sends at its end what it told; it does not tell of turns."""

    def start_thread(self, params: StartParams, /) -> LoadedThread:
        return _shown(super().start_thread(params))

    def resume_thread(self, params: ResumeParams, /) -> LoadedThread:
        return _shown(super().resume_thread(params))

    def fork_thread(self, params: ForkParams, /) -> LoadedThread:
        return _shown(super().fork_thread(params))

    def spawn_thread(self, params: SpawnParams, /) -> LoadedThread:
        spawned = super().spawn_thread(attrs.evolve(params, agent_nickname=_NICKNAME))
        for thread_id in (params.thread_id, spawned.thread_id):
            if thread_id in self._sessions:
                self._run_turn(thread_id, [_TASK])
        return _shown(spawned)

    def append_items(self, params: AppendThreadItemsParams, /) -> None:
        self._run_turn(params.thread_id, params.items)

    def persist_thread(self, params: PersistThreadParams, /) -> None:
        raise Unsupported("persist_thread")

    def flush_thread(self, params: FlushThreadParams, /) -> None:
        raise Unsupported("flush_thread")

    def discard_thread(self, params: DiscardThreadParams, /) -> None:
        raise Unsupported("discard_thread")

    def turn(self, turn_id: str, said: Sequence[RolloutItem]) -> list[RolloutItem]:
        """Return the items of a turn in which this is said."""
        # A product may say more of a prompt than its caller did.
        prompts = [RolloutItem(item.type, {**item.payload, "local_images": []}) for item in said]
        return [turn_started(turn_id), developer_response("be kind"), *prompts, turn_complete(turn_id)]

    def _run_turn(self, thread_id: ThreadId, said: Sequence[RolloutItem]) -> None:
        items = self.turn(f"turn-{len(self._known(thread_id))}", said)
        super().append_items(AppendThreadItemsParams(thread_id=thread_id, items=items))
        super().flush_thread(FlushThreadParams(thread_id=thread_id))

    def _known(self, thread_id: ThreadId) -> Sequence[RolloutItem]:
        try:
            load = LoadThreadHistoryParams(thread_id=thread_id, include_archived=True)
            return self._store.load_history(load).items
        except ThreadNotFound:
            return ()


class Eager(Product):
    """Keeps the turn that spawns before it hands a history on, and not after."""

    def spawn_thread(self, params: SpawnParams, /) -> LoadedThread:
        if params.thread_id in self._sessions:
            self._run_turn(params.thread_id, [_TASK])
        return _shown(ThreadManager.spawn_thread(self, attrs.evolve(params, agent_nickname=_NICKNAME)))


class Deaf(Product):
    """Leaves out of a turn what was said."""

    def turn(self, turn_id: str, said: Sequence[RolloutItem]) -> list[RolloutItem]:
        return super().turn(turn_id, ())


class Echoing(Product):
    """Says all that was said twice."""

    def turn(self, turn_id: str, said: Sequence[RolloutItem]) -> list[RolloutItem]:
        return super().turn(turn_id, [*said, *said])


class Chatty(Product):
    """Adds to the history of a loaded thread when it is read."""

    def read_thread(self, params: ReadThreadParams, /) -> StoredThread:
        thread = super().read_thread(params)
        if params.thread_id in self._sessions:
            looked = AppendThreadItemsParams(thread_id=params.thread_id, items=[developer_response("looked at")])
            self._store.append_items(looked)
        return thread


class Nameless(Product):
    """Loses the names of the threads that are loaded when its process ends."""

    def close(self) -> None:
        for thread_id, session in self._sessions.items():
            if not session.thread.ephemeral and super().read_thread(_read(thread_id)).name:
                patch = ThreadMetadataPatch(name=None)
                update = UpdateThreadMetadataParams(thread_id=thread_id, patch=patch, include_archived=True)
                self._store.update_thread_metadata(update)
        super().close()


class Choosy(Product):
    """Copies into a fork what was said, without what its turns put around that."""

    def fork_thread(self, params: ForkParams, /) -> LoadedThread:
        self._copies_all = False
        try:
            return super().fork_thread(params)
        finally:
            self._copies_all = True

    _copies_all = True

    def _snapshot(self, thread_id: ThreadId) -> tuple[RolloutItem, ...]:
        items = super()._snapshot(thread_id)
        if self._copies_all:
            return items
        return tuple(item for item in items if item.kind != ("response_item", "message"))


class Miscounting(Product):
    """Tells of a turn too many."""

    def start_thread(self, params: StartParams, /) -> LoadedThread:
        return attrs.evolve(super().start_thread(params), turns=1)


def _shown(thread: LoadedThread) -> LoadedThread:
    return attrs.evolve(thread, turns=0)


def _read(thread_id: ThreadId) -> ReadThreadParams:
    return ReadThreadParams(thread_id=thread_id, include_archived=True)


def asked(operation: Any) -> Any:
    """Return what can be asked of the product in place of an operation, or in words why nothing can."""
    match operation:
        case ShutdownThreadParams() | DiscardThreadParams():
            return "it closes no thread"
        case AppendThreadItemsParams():
            prompts = tuple(item for item in operation.items if _is_prompt(item))
            return attrs.evolve(operation, items=prompts) if prompts else "it is no prompt"
        case UpdateThreadMetadataParams():
            name = operation.patch.name
            if not (isinstance(name, str) and name.strip()):
                return "it sets names alone"
            return attrs.evolve(operation, patch=ThreadMetadataPatch(name=name))
        case ForkParams(cut="before_user_message"):
            return "a fork ends with a turn"
        case ForkParams(cut="interrupted"):
            return attrs.evolve(operation, cut="whole")
        case SpawnParams(mode="last_turns"):
            return "agents get all turns or none"
        case SpawnParams():
            where = attrs.evolve(operation.metadata, memory_mode="enabled")
            return attrs.evolve(operation, agent_nickname=None, metadata=where)
    return operation


def _is_prompt(item: RolloutItem) -> bool:
    text = item.payload.get("message") if item.kind == ("event_msg", "user_message") else None
    return isinstance(text, str) and bool(text.strip())


@attrs.define
class _Kept:
    """What outlives a product's process: a store, and how many threads were made."""

    store: MemoryStore
    ids: Iterator[int] = attrs.field(factory=count)

    def new_id(self) -> ThreadId:
        """Make the next id: the same ones each time that a program is run."""
        return str(UUID(int=0x01900000_0000_7000_A000_000000000000 + next(self.ids)))


#: What was kept in each home that is still there.
_kept: dict[Path, _Kept] = {}


def _kept_in(home: Path, clock: Clock, offers: Capabilities) -> _Kept:
    for gone in [each for each in _kept if not each.exists()]:
        del _kept[gone]
    return _kept.setdefault(home, _Kept(MemoryStore(clock=clock, capabilities=offers)))


def product(layer: type[Product], *, lazy: bool = False) -> ManagerBackend:
    """Return the backend of a product whose threads outlive its process; ``lazy``, those of which something is kept."""
    offers = attrs.evolve(MEMORY.capabilities, lazy=lazy)

    def open_manager(home: Path, *, settings: ProcessSettings, clock: Clock) -> Product:
        kept = _kept_in(home, clock, offers)
        return layer(kept.store, settings=settings, clock=clock, new_id=kept.new_id)

    return ManagerBackend(
        name=layer.__name__.lower(),
        open=open_manager,
        capabilities=attrs.evolve(offers, volatile=False),
        session=SessionCapabilities(timed=True, responses=True),
        asks=asked,
        adds=True,
        unseen=frozenset({"LoadedThread.turns"}),
    )


PRODUCT = product(Product)
DEAF = product(Deaf)
ECHOING = product(Echoing)
CHATTY = product(Chatty)
NAMELESS = product(Nameless)
CHOOSY = product(Choosy)
MISCOUNTING = product(Miscounting)

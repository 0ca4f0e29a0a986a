"""How a backend tells the suite of itself.

A backend registers one `Backend` under the entry-point group ``threadstore.backends``, or is named as
``module:attribute``. It depends on this module alone: Hypothesis and pytest stay out of production.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import attrs
from attrs import field, frozen
from attrs.validators import and_, ge, in_, instance_of, is_callable, matches_re, optional

from .ids import Clock, ThreadId
from .manager import ManagerPort
from .originator import PROFILES
from .session import LoadedThread, ProcessSettings
from .store import ThreadStore
from .thread import StoredThread
from .views import SessionMeta


def _optional(doc: str) -> Any:
    return field(default=False, validator=instance_of(bool), metadata={"kind": "optional operation", "doc": doc})


def _variant(doc: str) -> Any:
    return field(default=False, validator=instance_of(bool), metadata={"kind": "variant", "doc": doc})


def _setting(check: Any, doc: str) -> Any:
    return field(default=None, validator=optional(check), metadata={"kind": "variant", "doc": doc})


@frozen(kw_only=True)
class Capabilities:
    """What a store offers and which way it chose where the spec leaves a choice.

    An *optional operation* that is not declared is skipped, and probed: the store must answer ``Unsupported`` and
    change nothing. A *variant* is an input of the model, checked exactly as declared.
    """

    paths: bool = _optional("threads have a rollout_path, and can be read by it (READ-4)")
    relations: bool = _optional("list_threads takes a relation filter (LIST-6)")
    search: bool = _optional("search_threads (SEARCH-1)")
    turns: bool = _optional("list_turns; reserved, no semantics in this version")
    items: bool = _optional("list_items; reserved, no semantics in this version")
    paginated: bool = _optional("threads of history mode paginated (LIFE-8)")
    lazy: bool = _variant("a thread is hidden until something is kept of it (LIFE-3)")
    hides_unpreviewed: bool = _variant("a thread with an empty preview is readable, not listed (LIST-1)")
    search_ignores_case: bool = _variant("search terms match in any case (LIST-5d, SEARCH-1)")
    requires_cwd: bool = _variant("create and resume without a cwd are refused (LIFE-4b)")
    default_provider: str | None = _setting(instance_of(str), "the one provider listed without a filter (LIST-5b)")
    page_cap: int | None = _setting(and_(instance_of(int), ge(1)), "the largest page, whatever page_size asks (LIST-3)")
    max_item_bytes: int | None = _setting(
        and_(instance_of(int), ge(2**24)), "the largest item, at least 16 MiB (APPEND-5c)"
    )
    typed_items: bool = _variant("members that a typed view does not know may be lost (APPEND-5)")
    without_index: bool = _variant("pages with use_state_db_only may be empty (LIST-7)")
    volatile: bool = _variant("nothing outlives the process")
    codex_home: bool = _variant("the home has Codex's own layout (the LOCAL clauses)")

    def describe(self) -> list[tuple[str, str, object, str]]:
        """List every flag as (name, kind, value, what it means)."""
        return _described(self)


def _consumer(doc: str) -> Any:
    return field(default=False, validator=instance_of(bool), metadata={"kind": "consumer", "doc": doc})


@frozen(kw_only=True)
class SessionCapabilities:
    """What a session layer offers and which way it chose, beside the capabilities of the store below it.

    A *consumer* that is not declared is reported as not observed, never as passed (ORIG-3).
    """

    writers: bool = _optional("persist, flush and discard can be asked for by themselves")
    raw_items: bool = _optional("any rollout item can be appended, not only what a turn produces")
    timed: bool = _variant("the session's time is the injected clock's (SYNC-5)")
    fork_copies_name: bool = _variant("a user fork starts with its source's name (FORK-1d)")
    cascades: bool = _variant("archive and delete take spawned descendants along (ROUTE-3)")
    originators: str = field(
        default="default",
        validator=in_(tuple(PROFILES)),
        metadata={"kind": "variant", "doc": "which table of sources and service names resolves originators (ORIG-1)"},
    )
    interposed: bool = _optional("the suite can put a store of its own below the session layer (SYNC-4, GUARD-1)")
    responses: bool = _consumer("the headers of Responses requests can be seen")
    websocket: bool = _consumer("websocket requests can be seen")
    compaction: bool = _consumer("compaction requests can be seen")
    store_creation: bool = _consumer("what the store is told at creation can be seen")
    rollout_metadata: bool = _consumer("the metadata in the rollout can be seen")
    memory_telemetry: bool = _consumer("the telemetry of memory stage one can be seen")

    def describe(self) -> list[tuple[str, str, object, str]]:
        """List every flag as (name, kind, value, what it means)."""
        return _described(self)


def _described(flags: Any) -> list[tuple[str, str, object, str]]:
    return [(a.name, a.metadata["kind"], getattr(flags, a.name), a.metadata["doc"]) for a in attrs.fields(type(flags))]


#: What the reference's own session layer offers.
REFERENCE_SESSION = SessionCapabilities(
    writers=True,
    raw_items=True,
    timed=True,
    interposed=True,
    responses=True,
    websocket=True,
    compaction=True,
    store_creation=True,
    rollout_metadata=True,
    memory_telemetry=True,
)


class OpenStore(Protocol):
    """Opens a store on a fresh or previously used place."""

    def __call__(self, home: Path, *, clock: Clock) -> ThreadStore:
        """Open the store kept at ``home``, a folder that exists; ``clock`` is for stores that can inject one."""
        ...


class SessionLayer(Protocol):
    """Makes a manager over an open store."""

    def __call__(
        self, store: ThreadStore, *, settings: ProcessSettings, clock: Clock, new_id: Callable[[], ThreadId]
    ) -> ManagerPort:
        """Return a manager with no thread loaded."""
        ...


class OpenManager(Protocol):
    """Opens a manager on a fresh or previously used place."""

    def __call__(self, home: Path, *, settings: ProcessSettings, clock: Clock) -> ManagerPort:
        """Open the manager of the threads kept at ``home``, as a process started with ``settings`` would."""
        ...


@frozen(kw_only=True)
class Backend:
    """A store, as the suite needs to know it."""

    #: A short word, as in ``threadstore certify NAME``.
    name: str = field(validator=matches_re(r"[A-Za-z0-9][A-Za-z0-9._-]*"))
    open: OpenStore = field(validator=is_callable())
    capabilities: Capabilities = field(factory=Capabilities, validator=instance_of(Capabilities))
    version: str = field(default="unknown", validator=instance_of(str))
    #: Where the suite makes its homes; a temporary folder when not given.
    home_root: Callable[[], Path] | None = None
    #: One sentence for ``threadstore backends``.
    description: str = ""
    #: The session layer to judge over the store; the reference's when not given.
    session_layer: SessionLayer | None = None
    session: SessionCapabilities = field(default=REFERENCE_SESSION, validator=instance_of(SessionCapabilities))


def _shows_no_store(_: object, __: object, session: SessionCapabilities) -> None:
    if session.interposed:
        raise ValueError("a ManagerBackend shows no store, so nothing can be put below it: interposed must be False")


#: What a product may show in part.
_SHOWN = {cls.__name__: attrs.fields_dict(cls) for cls in (StoredThread, LoadedThread, SessionMeta)}


def _names_fields(_: object, __: object, unseen: frozenset[str]) -> None:
    for named in unseen:
        cls, _, name = named.partition(".")
        if name.removesuffix("?" if cls == SessionMeta.__name__ else "") not in _SHOWN.get(cls, ()):
            raise ValueError(f"unseen: {named!r} names no field of {', '.join(_SHOWN)}, as StoredThread.title does")


def _as_it_is(operation: Any) -> Any:
    return operation


@frozen(kw_only=True)
class ManagerBackend:
    """A whole session layer that shows no store, as the suite needs to know it."""

    #: A short word, as in ``threadstore certify NAME``.
    name: str = field(validator=matches_re(r"[A-Za-z0-9][A-Za-z0-9._-]*"))
    open: OpenManager = field(validator=is_callable())
    #: What is known of the store inside it.
    capabilities: Capabilities = field(factory=Capabilities, validator=instance_of(Capabilities))
    session: SessionCapabilities = field(
        factory=SessionCapabilities, validator=and_(instance_of(SessionCapabilities), _shows_no_store)
    )
    version: str = field(default="unknown", validator=instance_of(str))
    home_root: Callable[[], Path] | None = None
    description: str = ""
    #: Returns the operation that its callers can ask in place of one, or in words why they cannot ask it.
    asks: Callable[[Any], Any] = field(default=_as_it_is, validator=is_callable())
    #: Whether its manager has a `kill` that ends its process at once: then programs start it again after that, too.
    kills: bool = field(default=False, validator=instance_of(bool))
    #: Whether its turns put more into a history than was said.
    adds: bool = field(default=False, validator=instance_of(bool))
    #: What it shows nowhere, as ``LoadedThread.turns``: of that nothing is judged. With a question mark, as
    #: ``SessionMeta.base_instructions?``, what it fills in itself where nothing was given.
    unseen: frozenset[str] = field(default=frozenset(), validator=and_(instance_of(frozenset), _names_fields))
    #: How exactly it tells times, in milliseconds: two that are less apart are one.
    grain: int = field(default=0, validator=and_(instance_of(int), ge(0)))

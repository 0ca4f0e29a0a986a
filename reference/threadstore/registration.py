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
from attrs.validators import and_, ge, instance_of, is_callable, matches_re, optional

from .ids import Clock
from .store import ThreadStore


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
        return [
            (a.name, a.metadata["kind"], getattr(self, a.name), a.metadata["doc"]) for a in attrs.fields(type(self))
        ]


class OpenStore(Protocol):
    """Opens a store on a fresh or previously used place."""

    def __call__(self, home: Path, *, clock: Clock) -> ThreadStore:
        """Open the store kept at ``home``, a folder that exists; ``clock`` is for stores that can inject one."""
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

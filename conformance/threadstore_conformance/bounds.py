"""Declared bounds: what the programs behind a certificate must have done at least once.

A run that never archived a thread, or never drew an empty text, says nothing of either; its verdict is inconclusive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from threadstore import Backend
from threadstore.manager import ERROR_CLASSES
from threadstore.session import CONSUMERS

from .discovery import Registered
from .exhaustive.coverage import Coverage
from .exhaustive.running import DEFAULT_DEPTH
from .ports import PortName
from .products import kills
from .results import Run
from .rules import RULES as STORE_RULES
from .session_rules import RULES as SESSION_RULES
from .strategies import PATCH_FIELDS

_MOSTLY = ("ok", "missing", "refused")

#: The rules of which each must have been run, by port.
RULES: dict[PortName, tuple[str, ...]] = {"store": tuple(STORE_RULES), "manager": tuple(SESSION_RULES)}

#: How operations must have ended, by port: refusals by class.
OUTCOMES: dict[PortName, dict[str, tuple[str, ...]]] = {
    "store": {
        "create_thread": ("ok", "refused"),
        "resume_thread": _MOSTLY,
        "append_items": _MOSTLY,
        "persist_thread": ("ok", "missing"),
        "flush_thread": ("ok", "missing"),
        "shutdown_thread": ("ok", "missing"),
        "discard_thread": ("ok", "refused"),
        "load_history": _MOSTLY,
        "read_thread": _MOSTLY,
        "read_thread_by_rollout_path": ("ok",),
        "list_threads": ("ok", "refused"),
        "search_threads": ("ok", "refused"),
        "update_thread_metadata": _MOSTLY,
        "archive_thread": _MOSTLY,
        "unarchive_thread": _MOSTLY,
        "delete_thread": _MOSTLY,
        "default_history_mode": ("ok",),
    },
    "manager": {
        "start_thread": ("ok",),
        "resume_thread": _MOSTLY,
        "fork_thread": _MOSTLY,
        "spawn_thread": ("ok", "missing"),
        "append_items": _MOSTLY,
        "persist_thread": ("ok", "missing"),
        "flush_thread": ("ok", "missing"),
        "shutdown_thread": ("ok", "missing"),
        "discard_thread": ("ok",),
        "update_thread_metadata": _MOSTLY,
        "archive_thread": _MOSTLY,
        "unarchive_thread": _MOSTLY,
        "delete_thread": ("ok", "missing"),
        "read_thread": ("ok", "missing"),
        "list_threads": ("ok",),
        "list_loaded": ("ok",),
        "outbound_request": ("ok", "missing"),
        "restart": ("ok",),
    },
}  # fmt: skip


def _each(owner: str, *names: str) -> Iterator[str]:
    return (f"{owner}: {name}" for name in names)


_CLEARED = ("name", "thread_source", "agent_nickname", "agent_role", "agent_path")
_SORTED = (
    "sort_key created_at", "sort_key updated_at", "sort_key recency_at", "sort_direction asc", "sort_direction desc",
    "archived True", "archived False", "cursor", "a page of one",
)  # fmt: skip

#: The data classes that must have been drawn, by port.
DATA: dict[PortName, tuple[str, ...]] = {
    "store": (
        *_each("text", "empty", "padded with blanks", "U+0000", "beyond U+FFFF", "composed", "decomposed"),
        *_each("text", "a line break", "a quote or backslash", "a pattern's wildcard", "long", "a lone surrogate"),
        *_each("number", "negative zero", "a fraction", "not finite", "beyond 2**53", "beyond 2**63"),
        *_each("json", "empty object", "empty list", "nested", "null"),
        *_each("items", "none", "one", "several"),
        *_each("item", "kept", "dropped"),
        *_each("patch", "of nothing", *(f"{name} set" for name in PATCH_FIELDS)),
        *_each("patch", *(f"{name} cleared" for name in _CLEARED), "rollout_path set"),
        *_each("git", "of nothing", "sha set", "branch set", "origin_url set"),
        *_each("git", "sha cleared", "branch cleared", "origin_url cleared"),
        *_each("create_thread", "parent_thread_id", "forked_from_id", "source", "thread_source", "base_instructions"),
        *_each("create_thread", "dynamic_tools", "selected_capability_roots", "multi_agent_version", "session_id"),
        *_each("create_thread", "initial_window_id", "history_mode legacy", "history_mode paginated"),
        *_each("resume_thread", "history", "rollout_path", "include_archived True", "include_archived False"),
        *_each("update_thread_metadata", "include_archived True", "include_archived False"),
        *_each("read_thread", "include_archived True", "include_archived False", "include_history True"),
        *_each("list_threads", *_SORTED, "allowed_sources", "model_providers", "cwd_filters", "search_term"),
        *_each("list_threads", "use_state_db_only", "relation_filter"),
        *_each("relation", "kind direct_children_of", "kind descendants_of"),
        *_each("search_threads", *_SORTED, "allowed_sources"),
        "wait: time went by",
    ),
    "manager": (
        *_each("text", "empty", "padded with blanks", "beyond U+FFFF", "a line break", "long", "a lone surrogate"),
        *_each("items", "one", "several"),
        *_each("item", "kept", "dropped"),
        *_each("start_thread", "service_name", "source", "thread_source", "parent_thread_id", "forked_from_id"),
        *_each("start_thread", "base_instructions", "dynamic_tools", "selected_capability_roots"),
        *_each("start_thread", "multi_agent_version", "history_mode paginated", "ephemeral True", "ephemeral False"),
        *_each("resume_thread", "rollout_path", "include_archived True", "include_archived False", "metadata"),
        *_each("fork_thread", "cut whole", "cut before_user_message", "cut after_turn", "cut interrupted", "nth"),
        *_each("fork_thread", "service_name", "thread_source", "base_instructions", "dynamic_tools"),
        *_each("fork_thread", "selected_capability_roots", "multi_agent_version", "ephemeral True", "ephemeral False"),
        *_each("fork_thread", "history_mode None", "history_mode legacy", "history_mode paginated"),
        *_each("spawn_thread", "mode new", "mode full_history", "mode last_turns", "last", "service_name"),
        *_each("spawn_thread", "agent_nickname", "agent_role", "agent_path"),
        *_each("outbound_request", *(f"consumer {consumer}" for consumer in CONSUMERS)),
        *_each("patch", "of nothing", "name set", "name cleared", "title set", "preview set", "memory_mode set"),
        *_each("list_threads", *_SORTED, "relation_filter"),
        *_each("restart", "environment_override", "default_originator", "killed"),
        "wait: time went by",
    ),
}

#: What takes a capability: the beginning of a bound's name, and the flag.
_TAKES = {
    "read_thread_by_rollout_path": "paths",
    "patch: rollout_path": "paths",
    "resume_thread: rollout_path": "paths",
    "rule patch_path": "paths",
    "search_threads": "search",
    "list_threads: relation_filter": "relations",
    "relation:": "relations",
    "rule list_related": "relations",
}
#: What takes a flag of the session layer.
_TAKES_OF_SESSION = {"persist_thread": "writers", "flush_thread": "writers", "discard_thread": "writers"}
#: Items of every kind are drawn for stores that keep them as they are.
_OF_RAW_ITEMS = ("item: dropped", "number: beyond 2**63", "text: a lone surrogate")


def missed(run: Run, backend: Registered, port: PortName) -> Iterator[str]:
    """Yield what the programs of a port should have done and did not, each in words."""
    tally = run.tallies[port]
    asked_less = bool(tally.unasked)
    ended = {(method, _class_of(outcome)) for method, outcome in tally.ended}
    for name in RULES[port]:
        if _is_due(f"rule {name}", backend, port) and not tally.rules[name] and not tally.unasked[f"rule {name}"]:
            yield f"no program took the rule {name!r}"
    for method, outcomes in OUTCOMES[port].items():
        if not _is_due(method, backend, port) or (tally.unasked[method] and not _was_run(method, ended)):
            continue
        # What cannot be asked is often what would be refused.
        due = [each for each in outcomes if not (asked_less and each == "refused")]
        yield from (f"no {method} ended as {each}" for each in due if (method, each) not in ended)
    for name in demanded(backend, port):
        if not tally.data[name] and not tally.unasked[name]:
            yield f"no program drew {name!r}"
    if port == "store":
        yield from _left_out(run.exhaustive)


def _was_run(method: str, ended: Collection[tuple[str, str]]) -> bool:
    return any(each == method for each, _ in ended)


def demanded(backend: Registered, port: PortName) -> tuple[str, ...]:
    """Return the data classes that the programs of a port must have drawn."""
    return tuple(name for name in DATA[port] if _is_due(name, backend, port))


def _left_out(runs: Sequence[Coverage]) -> Iterator[str]:
    tours = [done for done in runs if done.depth is None]
    if not any(done.transitions for done in tours):
        yield "the bounded model was not toured"
    for done in tours:
        if len(done.taken) < done.transitions:
            yield f"the tour took {len(done.taken)} of {done.transitions} transitions"
    depth = max((done.depth for done in runs if done.depth), default=0)
    if depth < DEFAULT_DEPTH:
        yield f"exhaustive programs had up to {depth} of the {DEFAULT_DEPTH} operations that a certificate takes"
    for done in runs:
        if done.programs < done.asked:
            yield f"{done.programs} of {done.asked} exhaustive programs were run"


def _is_due(name: str, backend: Registered, port: PortName) -> bool:
    """Tell whether a bound applies to a backend, by what it declares."""
    offers, session = backend.capabilities, backend.session
    flags = {
        **{start: getattr(offers, flag) for start, flag in _TAKES.items()},
        **{start: getattr(session, flag) for start, flag in _TAKES_OF_SESSION.items() if port == "manager"},
        **{f"outbound_request: consumer {each}": getattr(session, each) for each in CONSUMERS},
        **dict.fromkeys(
            ("outbound_request", "rule outbound"), any(getattr(session, consumer) for consumer in CONSUMERS)
        ),
        **dict.fromkeys(("restart", "rule restart"), isinstance(backend, Backend) or not offers.volatile),
        "restart: killed": kills(backend),
        **dict.fromkeys(_OF_RAW_ITEMS, session.raw_items if port == "manager" else not offers.typed_items),
        # Declared, they have no meaning in this version, and are not asked for.
        "rule reserved": not (offers.turns and offers.items),
    }
    return all(holds for start, holds in flags.items() if name.startswith(start))


def _class_of(outcome: str) -> str:
    kinds: dict[str, str] = {kind.value: name for kind, name in ERROR_CLASSES.items()}
    return kinds.get(outcome, outcome)

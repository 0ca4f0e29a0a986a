"""Where Codex's rows and the rollouts of a home say different things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from threadstore.ids import ThreadId

from . import codex_state, facts
from .catalog import Problem
from .codex_state import CodexRow
from .facts import Facts
from .layout import CODEX_DATABASE, Layout, RolloutFile
from .names import NameIndex


def of_codex_rows(
    rows: Mapping[ThreadId, CodexRow],
    rollouts: Mapping[ThreadId, RolloutFile],
    told: Mapping[ThreadId, Facts],
    names: NameIndex,
    layout: Layout,
) -> list[Problem]:
    """Return what is wrong with Codex's rows, beside the rollouts, what these tell, and the names."""
    problems: list[str] = []
    elsewhere: Counter[str] = Counter()
    for thread_id, row in sorted(rows.items()):
        found = rollouts.get(thread_id)
        if found is None:
            problems.append(f"row of thread {thread_id}, which has no rollout")
            continue
        problems += _place(thread_id, row, found, layout, elsewhere)
        if thread_id in told:
            problems += _differences(thread_id, row, told[thread_id], names)
    moved = [
        Problem(CODEX_DATABASE, f"rows name rollouts under {root}, which is not this home: it was moved", count=count)
        for root, count in sorted(elsewhere.items())
    ]
    return moved + [Problem(CODEX_DATABASE, what) for what in problems]


def _place(
    thread_id: ThreadId, row: CodexRow, found: RolloutFile, layout: Layout, elsewhere: Counter[str]
) -> Iterator[str]:
    path = str(row.get("rollout_path") or "").removesuffix(".zst")
    if path != str(layout.absolute(found.path)):
        if path.endswith(f"/{found.path}"):
            elsewhere[path.removesuffix(f"/{found.path}")] += 1
        else:
            yield f"row of thread {thread_id} names the rollout {path}, which is at {found.path}"
    if bool(row.get("archived")) != found.archived:
        said, is_so = ("archived", "active") if row.get("archived") else ("active", "archived")
        yield f"row of thread {thread_id} says {said}, but its rollout is on the {is_so} side"


def _differences(thread_id: ThreadId, row: CodexRow, told: Facts, names: NameIndex) -> Iterator[str]:
    for what, said, is_so in _statements(row, told):
        if said is not None and is_so is not None and said != is_so:
            yield f"row of thread {thread_id} says {what} {_shown(said)}, its rollout {_shown(is_so)}"
    title, name = row.get("title"), names.last(thread_id)
    if name and title != name:
        yield f"row of thread {thread_id} says title {_shown(title)}, the name index {_shown(name)}"


def _statements(row: CodexRow, told: Facts) -> Iterator[tuple[str, Any, Any]]:
    """Yield what both state: the thing, the row's value and the rollout's; none where either is silent."""
    meta = facts.session_meta(told)
    if meta is None:
        return
    yield "preview", row.get("preview") or None, told.preview or None
    yield "first user message", row.get("first_user_message") or None, told.first_user_message
    yield "provider", row.get("model_provider") or None, meta.model_provider or None
    yield "cwd", row.get("cwd") or None, meta.cwd or None
    yield "model", row.get("model") or None, told.settings.model
    yield "memory mode", row.get("memory_mode"), told.memory_mode or "enabled"
    yield "tokens", row.get("tokens_used"), told.token_usage.total_tokens if told.token_usage else None
    yield "originator", row.get("originator"), meta.originator or None
    said, is_so = codex_state.git(row), told.git
    if said or is_so:
        yield "git", said or "none", is_so or "none"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"

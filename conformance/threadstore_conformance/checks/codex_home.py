"""Words that the LOCAL checks share: the files of a home in Codex's layout, read and written without any store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from threadstore import RolloutItem, ThreadId

#: When the threads of a written home began, as its records and its file names say it.
BEGAN = "2026-06-24T09:30:00.125Z"
BEGAN_MS = 1_782_293_400_125
NAMED = "2026-06-24T05-30-00"


def remove_databases(home: Path) -> None:
    """Remove every SQLite database of a home, and what SQLite keeps beside it."""
    for path in [*home.glob("*.sqlite"), *home.glob("*.sqlite-*")]:
        path.unlink()


def rollout_of(home: Path, thread_id: ThreadId) -> Path:
    """Return the one plain rollout of a thread."""
    paths = [path for path in rollouts(home) if path.name.endswith(f"{thread_id}.jsonl")]
    assert len(paths) == 1, f"thread {thread_id} has {len(paths)} rollouts, not 1: {paths}"
    return paths[0]


def rollouts(home: Path) -> list[Path]:
    """Return every file in the folders of threads."""
    sides = (home / "sessions", home / "archived_sessions")
    return sorted(path for side in sides for path in side.rglob("*") if path.is_file())


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file, each of which must be one JSON object ended by a line feed."""
    content = path.read_bytes()
    assert content == b"" or content.endswith(b"\n"), f"{path.name} does not end in a line feed: {content[-60:]!r}"
    return [_read(each, path) for each in content.split(b"\n")[:-1]]


def own_metas(home: Path, thread_id: ThreadId) -> list[dict[str, Any]]:
    """Return the payloads of a thread's own session_meta lines, in the order of its rollout."""
    lines = lines_of(rollout_of(home, thread_id))
    return [line["payload"] for line in lines if line["type"] == "session_meta" and line["payload"]["id"] == thread_id]


def indexed_names(home: Path, thread_id: ThreadId) -> list[str]:
    """Return the names that the name index has of a thread, in order."""
    index = home / "session_index.jsonl"
    return [line["thread_name"] for line in lines_of(index) if line["id"] == thread_id] if index.exists() else []


def meta(thread_id: ThreadId, **members: Any) -> RolloutItem:
    """Return a session_meta as Codex writes it; a member given as ``None`` is left out."""
    payload = {
        "session_id": thread_id,
        "id": thread_id,
        "timestamp": BEGAN,
        "cwd": "/home/someone/project",
        "originator": "codex-tui",
        "cli_version": "0.144.4",
        "source": "vscode",
        "model_provider": "openai",
        "base_instructions": {"text": "You are Codex."},
        **members,
    }
    return RolloutItem("session_meta", {name: value for name, value in payload.items() if value is not None})


def line(item: RolloutItem, **more: Any) -> bytes:
    """Return an item as a line of a rollout."""
    envelope = {"timestamp": BEGAN, **more, "type": item.type, "payload": item.payload}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def write_rollout(home: Path, thread_id: ThreadId, lines: Iterable[bytes], *, archived: bool = False) -> Path:
    """Write a rollout where Codex would."""
    folder = home / ("archived_sessions" if archived else "sessions/2026/06/24")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"rollout-{NAMED}-{thread_id}.jsonl"
    path.write_bytes(b"".join(lines))
    return path


def write_name(home: Path, thread_id: ThreadId, name: str) -> None:
    """Add a line to the name index."""
    entry = {"id": thread_id, "thread_name": name, "updated_at": "2026-06-24T09:31:00.648246494Z"}
    with (home / "session_index.jsonl").open("ab") as index:
        index.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")


def _read(each: bytes, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(each)
    except ValueError as error:
        raise AssertionError(f"{path.name} has a line that is no JSON ({error}): {each[:80]!r}") from error
    assert isinstance(value, dict), f"{path.name} has a line that is no JSON object: {each[:80]!r}"
    return value

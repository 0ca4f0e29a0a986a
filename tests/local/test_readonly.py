"""Databases are read without a change to any file, whoever has them open or had."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from threadstore_backends.codex.observed import ObservedHome
from threadstore_backends.local.codex_state import CodexState
from threadstore_backends.local.readonly import opened

DATABASE = "state_5.sqlite"

#: A writer that commits one thread in a journal mode, and leaves the database as the rest of it says.
_WRITER = """\
import os, sqlite3, sys
database, mode, then = sys.argv[1:]
connection = sqlite3.connect(database, isolation_level=None)
connection.execute(f"PRAGMA journal_mode = {mode}")
connection.execute("CREATE TABLE threads (id TEXT, title TEXT)")
connection.execute("INSERT INTO threads VALUES ('a', 'x')")
exec(then)
"""

#: In the middle of a change that is too big for memory, so that part of it is in the file.
_HALF_WRITTEN = """
connection.execute("PRAGMA cache_size = 1")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("BEGIN")
connection.execute("UPDATE threads SET title = 'y'")
connection.executemany("INSERT INTO threads VALUES (?, ?)", [(str(n), "z" * 900) for n in range(200)])
"""
_DIE = "os._exit(9)"
_WAIT = "print(flush=True); sys.stdin.read()"

_DIE = "os._exit(9)"
_WAIT = "print(flush=True); sys.stdin.read()"
_CHECKPOINT = "connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')\n"

#: By a name, what was done to a database, which files are taken away after it, and which lie beside it then.
LEFT: dict[str, tuple[str, str, set[str], set[str]]] = {
    "WAL, closed": ("wal", "connection.close()", set(), set()),
    "WAL, killed": ("wal", _DIE, set(), {"-wal", "-shm"}),
    "WAL, copied without the index": ("wal", _DIE, {"-shm"}, {"-wal"}),
    "WAL, killed after a checkpoint": ("wal", _CHECKPOINT + _DIE, set(), {"-wal", "-shm"}),
    "WAL, copied after a checkpoint": ("wal", _CHECKPOINT + _DIE, {"-shm"}, {"-wal"}),
    "journal, closed": ("delete", "connection.close()", set(), set()),
    "journal, killed in a change": ("delete", _HALF_WRITTEN + _DIE, set(), {"-journal"}),
    "journal, kept by a writer that closed": ("persist", "connection.close()", set(), {"-journal"}),
}

#: By a name, what is being done to a database.
HELD = {
    "WAL, open": ("wal", _WAIT),
    "WAL, in a change": ("wal", _HALF_WRITTEN + _WAIT),
    "WAL, after a checkpoint": ("wal", _CHECKPOINT + _WAIT),
    "journal, open": ("delete", _WAIT),
    "journal, in a change": (
        "delete",
        f"connection.execute('BEGIN IMMEDIATE'); connection.execute('DELETE FROM threads'); {_WAIT}",
    ),
}


@contextmanager
def writing(home: Path, mode: str, then: str) -> Iterator[None]:
    """Have a writer at a home's database until the block ends."""
    with subprocess.Popen(command(home, mode, then), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"\n"
            yield
        finally:
            writer.kill()


def command(home: Path, mode: str, then: str) -> list[str]:
    return [sys.executable, "-c", _WRITER, str(home / DATABASE), mode, then]


def state(home: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file's content, and when it was written."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in home.iterdir()}


def read_in_every_way(home: Path) -> None:
    """Read the one thread as each reader does; no file may change."""
    before = state(home)
    rows = {"a": {"id": "a", "title": "x"}}
    codex = CodexState(home / DATABASE)

    assert (rows, None) == (codex.rows(), codex.problem)
    assert rows == ObservedHome(home).threads()
    with opened(home / DATABASE, timeout=1) as connection:
        assert connection.execute("SELECT * FROM threads").fetchall() == [("a", "x")]
    assert before == state(home)


@pytest.mark.parametrize("left", LEFT)
def test_what_nobody_has_open_is_read_and_not_changed(tmp_path: Path, left: str) -> None:
    """Ensure a database is read as it was committed, however its last writer left it."""
    mode, then, absent, beside = LEFT[left]
    assert subprocess.run(command(tmp_path, mode, then), check=False).returncode == (9 if then.endswith(_DIE) else 0)
    for end in absent:
        (tmp_path / f"{DATABASE}{end}").unlink()
    assert {DATABASE, *(f"{DATABASE}{end}" for end in beside)} == state(tmp_path).keys()

    read_in_every_way(tmp_path)


@pytest.mark.parametrize("held", HELD)
def test_what_somebody_has_open_is_read_and_not_changed(tmp_path: Path, held: str) -> None:
    """Ensure a database is read as it was last committed, while its writer has it."""
    with writing(tmp_path, *HELD[held]):
        read_in_every_way(tmp_path)


def test_half_a_change_in_the_file_itself_is_not_read(tmp_path: Path) -> None:
    """Ensure a file that a writer with a journal has changed in part is said to be locked."""
    with (
        writing(tmp_path, "delete", _HALF_WRITTEN + _WAIT),
        pytest.raises(sqlite3.OperationalError, match="locked"),
        opened(tmp_path / DATABASE, timeout=0) as connection,
    ):
        connection.execute("SELECT * FROM threads")

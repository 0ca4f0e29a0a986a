"""Opening a SQLite database for reading so that no file is made, changed or touched: neither it nor any beside it.

A plain reader of a database in WAL mode makes a log and its index where there are none, and writes to the index where
there is one. So what lies beside a database says how it is opened:

* in WAL mode, no log, or an empty one without an index: nobody has it open, and the file is complete and immutable;
* in WAL mode, a log and its index: whoever writes now is respected, and the index is only read;
* in WAL mode, a log that holds something, and no index: nobody has it open, and a copy of both is read;
* with a rollback journal that a writer left behind: nobody has it open, and a copy of both is read;
* any other is read in place, under the locks of whoever writes.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

#: The bytes of the header that tell WAL mode.
_VERSIONS = slice(18, 20)


@contextmanager
def opened(database: Path, *, timeout: float) -> Iterator[sqlite3.Connection]:
    """Give a connection to a database; raise `sqlite3.Error` or `OSError` when there is none to be had."""
    with readable(database) as (file, query), closing(connect(file, query, timeout=timeout)) as connection:
        yield connection


@contextmanager
def readable(database: Path) -> Iterator[tuple[Path, str]]:
    """Give the file to open in place of a database, which may be a copy, and the query to open it with."""
    log, index, journal = (database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal"))
    if _in_wal_mode(database):
        if log.exists() and index.exists():
            yield database, "mode=ro&readonly_shm=1"
        elif _has_content(log):
            with _copied(database, log) as copy:
                yield copy, "mode=rw"
        else:
            yield database, "mode=ro&immutable=1"
    elif _has_content(journal) and _is_left_behind(database):
        with _copied(database, journal) as copy:
            yield copy, "mode=rw"
    else:
        yield database, "mode=ro"


def connect(database: Path, query: str, *, timeout: float) -> sqlite3.Connection:
    """Open a database as a query says."""
    return sqlite3.connect(f"file:{quote(str(database.absolute()))}?{query}", uri=True, timeout=timeout)


def _in_wal_mode(database: Path) -> bool:
    with database.open("rb") as file:
        return file.read(_VERSIONS.stop)[_VERSIONS] == b"\2\2"


def _has_content(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _is_left_behind(database: Path) -> bool:
    """Tell whether a journal must be rolled back, which a reader may not; that of a writer at work need not be."""
    with closing(connect(database, "mode=ro", timeout=0)) as connection:
        try:
            connection.execute("SELECT 1 FROM sqlite_master")
        except sqlite3.Error as error:
            return error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK
    return False


@contextmanager
def _copied(*files: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(shutil.copyfile(file, Path(folder) / file.name)) for file in files]
        yield copies[0]

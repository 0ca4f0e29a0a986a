"""Where things are in a home: Codex's own layout, and the border that no path crosses.

``sessions/YYYY/MM/DD/rollout-YYYY-MM-DDThh-mm-ss-<id>.jsonl`` holds active threads, ``archived_sessions/`` (flat) the
archived ones. Dates are local wall-clock time, as Codex writes them. A rollout may also be kept as a ``.jsonl.zst``
twin; its logical path is the plain one.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from attrs import field, frozen

from threadstore.errors import Internal, InvalidRequest
from threadstore.ids import ThreadId

SESSIONS = "sessions"
ARCHIVED = "archived_sessions"
NAME_INDEX = "session_index.jsonl"
OWN_DATABASE = "threadstore_1.sqlite"
CODEX_DATABASE = "state_5.sqlite"
COMPRESSED = ".zst"

_ROLLOUT = re.compile(
    r"rollout-(?P<date>\d{4}-\d{2}-\d{2})T(?P<time>\d{2}-\d{2}-\d{2})-"
    r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl(?P<zst>\.zst)?"
)


@frozen
class RolloutFile:
    """A rollout as its name and place describe it."""

    thread_id: ThreadId
    #: The plain ``.jsonl`` path, relative to the home, with ``/``.
    path: str
    archived: bool
    #: Whether this is the compressed twin.
    compressed: bool = False

    @property
    def precedence(self) -> tuple[bool, bool, str]:
        """Which of several files of one thread counts: the active side, then the plain one, then the later name."""
        return not self.archived, not self.compressed, self.path

    @property
    def file(self) -> str:
        """The file itself, relative to the home."""
        return self.path + COMPRESSED * self.compressed


@frozen
class Layout:
    """The paths of one home."""

    home: Path
    _real: str = field(init=False)

    @_real.default
    def _find_real(self) -> str:
        return os.path.realpath(self.home)

    @property
    def sessions(self) -> Path:
        """The folder of the active threads."""
        return self.home / SESSIONS

    @property
    def archived(self) -> Path:
        """The folder of the archived threads."""
        return self.home / ARCHIVED

    def new_rollout(self, thread_id: ThreadId, created_at: int) -> str:
        """Return the path, relative to the home, of a thread created at a time in milliseconds."""
        local = time.localtime(created_at // 1000)
        return f"{SESSIONS}/{time.strftime('%Y/%m/%d', local)}/{rollout_name(thread_id, local)}"

    def archived_path(self, path: str) -> str:
        """Return where a rollout goes when its thread is archived."""
        return f"{ARCHIVED}/{path.rpartition('/')[2]}"

    def active_path(self, path: str) -> str:
        """Return where a rollout goes when its thread is unarchived: the day in its name."""
        name = path.rpartition("/")[2]
        match = _ROLLOUT.fullmatch(name)
        if match is None:
            raise InvalidRequest(f"{path} is not named like a rollout, so its day under {SESSIONS} is unknown")
        return f"{SESSIONS}/{match['date'].replace('-', '/')}/{name}"

    def absolute(self, path: str) -> Path:
        """Return a path of the home in full."""
        return self.home / path

    def physical(self, path: str) -> Path | None:
        """Return the file that holds a rollout: the plain one, else its compressed twin, else none."""
        plain = self.home / path
        for candidate in (plain, plain.with_name(plain.name + COMPRESSED)):
            if candidate.is_file() and self.contains(candidate):
                return candidate
        return None

    def exists(self, path: str) -> bool:
        """Tell whether a rollout is there, plain or compressed, as a file and not a link."""
        return any(_is_file(f"{self.home}/{path}{suffix}") for suffix in ("", COMPRESSED))

    def contains(self, path: Path) -> bool:
        """Tell whether a path, its links followed, is inside the home's folders of threads."""
        real = os.path.realpath(path)
        return any(real.startswith(f"{self._real}/{side}/") for side in (SESSIONS, ARCHIVED))

    def make_parent(self, path: Path) -> None:
        """Make the folder of a rollout; raise `Internal` if a link leads out of the home."""
        if not self.contains(path):
            raise Internal(f"{path} leads out of the home {self.home} through a link; replace the link by a folder")
        path.parent.mkdir(parents=True, exist_ok=True)

    def rollouts(self) -> Iterator[RolloutFile]:
        """Yield the rollout of every thread, once each."""
        by_id: dict[ThreadId, RolloutFile] = {}
        for found in self.files():
            known = by_id.get(found.thread_id)
            if known is None or found.precedence > known.precedence:
                by_id[found.thread_id] = found
        yield from by_id.values()

    def files(self, thread_id: ThreadId = "") -> Iterator[RolloutFile]:
        """Yield every file that is named like a rollout, of one thread or all, twins and duplicates included."""
        for path in self.paths():
            found = rollout_of(path) if thread_id in path else None
            if found is not None and thread_id in ("", found.thread_id):
                yield found

    def paths(self, on_error: Callable[[Internal], None] | None = None) -> Iterator[str]:
        """Yield every regular file in the folders of threads, relative to the home; links are not followed.

        A folder that cannot be read is `Internal`, or told to ``on_error``.
        """
        for side in (SESSIONS, ARCHIVED):
            yield from _walk(self.home / side, side, on_error)

    def find(self, thread_id: ThreadId) -> RolloutFile | None:
        """Return the rollout of a thread, by the names of the files alone."""
        return max(self.files(thread_id), key=lambda found: found.precedence, default=None)

    def resolve(self, rollout_path: str) -> RolloutFile:
        """Return the rollout at a path that a caller gave; raise `InvalidRequest` that says what is wrong (READ-4)."""
        plain = self.inside(rollout_path)
        relative = str(plain)[len(self._real) + 1 :]
        try:
            folder, physical = plain.is_dir(), self.physical(relative)
        except OSError as error:
            raise _bad_path(f"{rollout_path} is not a path: {error.strerror}") from error
        if physical is None:
            what = "is a folder, not a rollout" if folder else "does not exist or is not a file"
            raise _bad_path(f"{rollout_path} {what}")
        found = rollout_of(str(physical)[len(str(self.home)) + 1 :])
        if found is None:
            raise _bad_path(f"{rollout_path} is not named like a rollout (rollout-<time>-<thread id>.jsonl)")
        return found

    def inside(self, rollout_path: str) -> Path:
        """Return a caller's path with its links followed; raise `InvalidRequest` if it is outside the home."""
        try:
            real = os.path.realpath(os.path.join(self._real, rollout_path))
        except (OSError, ValueError) as error:
            raise _bad_path(f"{rollout_path!r} is not a path: {error}") from error
        if not any(real.startswith(f"{self._real}/{side}/") for side in (SESSIONS, ARCHIVED)):
            raise _bad_path(f"{rollout_path} is not in {SESSIONS} or {ARCHIVED} of {self.home}")
        return Path(real.removesuffix(COMPRESSED))


def check_home(home: Path) -> None:
    """Make a home that is missing; raise `InvalidRequest` or `Internal` for one that cannot be used."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InvalidRequest(f"the home {home} is a file; a home is a folder") from None
    except OSError as error:
        raise Internal(f"the home {home} cannot be made ({error.strerror}); check its parent's permissions") from error
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise Internal(f"the home {home} cannot be read and written; give this user permission to it (chmod u+rwx)")
    for name in (SESSIONS, ARCHIVED, NAME_INDEX):
        path = home / name
        if path.is_symlink():
            raise InvalidRequest(f"{path} is a link, and no link is followed; replace it by what it leads to")


def rollout_name(thread_id: ThreadId, local: time.struct_time) -> str:
    """Return the file name of a thread's rollout."""
    return f"rollout-{time.strftime('%Y-%m-%dT%H-%M-%S', local)}-{thread_id}.jsonl"


def rollout_of(path: str) -> RolloutFile | None:
    """Return the rollout that a path, relative to the home, is by its name; none when it is not named like one."""
    match = _ROLLOUT.fullmatch(path.rpartition("/")[2])
    if match is None:
        return None
    plain = path.removesuffix(COMPRESSED)
    return RolloutFile(match["id"], plain, path.startswith(f"{ARCHIVED}/"), compressed=bool(match["zst"]))


def named_time(path: str) -> int | None:
    """Return the milliseconds of the local time in a rollout's name."""
    match = _ROLLOUT.fullmatch(path.rpartition("/")[2])
    if match is None:
        return None
    try:
        local = datetime.fromisoformat(f"{match['date']}T{match['time'].replace('-', ':')}")
        return int(local.timestamp()) * 1000
    except (ValueError, OverflowError):
        return None


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _bad_path(message: str) -> InvalidRequest:
    return InvalidRequest(f"rollout_path: {message}", "rollout_path")


def _walk(folder: Path, prefix: str, on_error: Callable[[Internal], None] | None) -> Iterator[str]:
    try:
        if folder.is_symlink():
            raise OSError(errno.ELOOP, "it is a link, and no link is followed")
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    except OSError as error:
        unreadable = Internal(f"{folder} cannot be read ({error.strerror}); check it and its permissions")
        if on_error is None:
            raise unreadable from error
        on_error(unreadable)
        return
    for entry in entries:
        path = f"{prefix}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), path, on_error)
        elif entry.is_file(follow_symlinks=False):
            yield path

"""A manager in a process that the suite can start again, so that what only memory held is gone.

Over a store a restart drops the manager without a word, closes the store and opens its home once more. Where nothing
outlives the store object, and where no store is seen, the manager is closed first, which shuts its threads down.
Before anything was asked of the manager there is nothing to lose: so a program may begin with a restart, which says
what its process is started with, even where nothing outlives the process; it is not started before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from attrs import frozen

from threadstore import Backend, Clock, ThreadId, ThreadStore, system_clock
from threadstore.manager import ManagerPort
from threadstore.originator import PROFILES
from threadstore.registration import ManagerBackend
from threadstore.session import OVERRIDE_VARIABLE, ProcessSettings
from threadstore.thread_manager import ThreadManager

from .discovery import Registered, TargetError, find_backend
from .homes import close_manager, close_store, fresh_home, kill_manager, open_manager, open_store

#: Puts a store of the suite's own between a store and the manager above it.
Interpose = Callable[[ThreadStore], ThreadStore]

_DEFAULTS = ProcessSettings()


@frozen(kw_only=True)
class RestartParams:
    """Start the process again: every thread is unloaded, and what the process was told may differ."""

    #: The value of the environment variable that overrides originators; not set when not given.
    environment_override: str | None = None
    default_originator: str = _DEFAULTS.default_originator
    #: Whether the one before is killed, in place of ending by itself; only a `ManagerBackend` that says so has it.
    killed: bool = False

    def settings(self, before: ProcessSettings = _DEFAULTS) -> ProcessSettings:
        """Return what the process is started with, given what it was started with before."""
        override = self.environment_override
        environment: Mapping[str, str] = {} if override is None else {OVERRIDE_VARIABLE: override}
        return ProcessSettings(
            environment=environment, default_originator=self.default_originator, cli_version=before.cli_version
        )


@frozen(kw_only=True)
class WaitParams:
    """Let time go by: the clock that the suite holds moves on, and nothing else happens."""

    milliseconds: int


@frozen(kw_only=True)
class HandOverParams:
    """Close the home, and let another session layer open it."""

    #: The name of the other one.
    to: str


class Process:
    """One manager at a time, on one home, over the store of a backend or with none to be seen."""

    def __init__(
        self,
        backend: Registered,
        home: Path,
        clock: Clock,
        settings: ProcessSettings = _DEFAULTS,
        interpose: Interpose | None = None,
    ) -> None:
        self.backend: Registered = backend
        self.home = home
        self.clock = clock
        self.settings = settings
        self._interpose = interpose
        self._ids = 0
        self._store: ThreadStore | None = None
        self._manager: ManagerPort | None = None
        self._asked = False

    @property
    def manager(self) -> ManagerPort:
        """The manager of now."""
        self._asked = True
        return self.start()

    @property
    def store(self) -> ThreadStore | None:
        """The store beneath, as it is without what was put between; ``None`` for a manager that shows none."""
        self.start()
        return self._store

    @property
    def can_restart(self) -> bool:
        """Whether all that there is would be left after a restart."""
        return not self._asked or isinstance(self.backend, Backend) or not self.backend.capabilities.volatile

    @property
    def restart_shuts_down(self) -> bool:
        """Whether a restart shuts loaded threads down, in place of dropping them."""
        return not isinstance(self.backend, Backend) or self.backend.capabilities.volatile

    def start(self) -> ManagerPort:
        """Start it, unless it is started; return the manager of now."""
        if self._manager is None:
            self._manager = self._opened()
        return self._manager

    def restart(self, settings: ProcessSettings | None = None, *, killed: bool = False) -> ManagerPort:
        """Unload every thread, and return a new manager of the same home; ``killed``, the old one has no say in it."""
        if not self.can_restart:
            raise TargetError(f"backend {self.backend.name!r} keeps nothing, so it cannot be started again")
        if self._manager is not None:
            self._end(self._manager, killed=killed)
        self.settings = settings or self.settings
        return self.start()

    def hand_over(self, other: ManagerBackend) -> None:
        """Close the manager, and open the home as another backend does."""
        close_manager(self.manager)
        self.backend, self._manager = other, None
        self.start()

    def close(self) -> None:
        """Shut every thread down, and close what was opened."""
        try:
            if self._manager is not None:
                close_manager(self._manager)
        finally:
            if self._store is not None:
                close_store(self._store)

    def new_id(self) -> ThreadId:
        """Make the next thread id: the same ones in every run of a program."""
        self._ids += 1
        return str(UUID(int=0x01900000_0000_7000_9000_000000000000 + self._ids))

    def _opened(self) -> ManagerPort:
        if not isinstance(self.backend, Backend):
            return open_manager(self.backend, self.home, self.settings, self.clock)
        self._store = self._store or open_store(self.backend, self.home, self.clock)
        below = self._interpose(self._store) if self._interpose else self._store
        return self._manager_over(self.backend, below)

    def _end(self, manager: ManagerPort, *, killed: bool) -> None:
        if killed:
            kill_manager(manager)
        elif self.restart_shuts_down:
            self._close_for_restart(manager)
        if self._store is not None and not self.backend.capabilities.volatile:
            close_store(self._store)
            self._store = None
        self._manager = None

    def _close_for_restart(self, manager: ManagerPort) -> None:
        shown_alone = not isinstance(self.backend, Backend)
        if shown_alone and not self.backend.capabilities.volatile and not hasattr(manager, "close"):
            raise TargetError(
                f"backend {self.backend.name!r} cannot be started again: its manager has no `close`, so two would be"
                " open on one home (declare `volatile` if nothing outlives the manager)"
            )
        close_manager(manager)

    def _manager_over(self, backend: Backend, store: ThreadStore) -> ManagerPort:
        if backend.session_layer:
            try:
                return backend.session_layer(store, settings=self.settings, clock=self.clock, new_id=self.new_id)
            except (Exception, SystemExit) as error:
                told = f"{type(error).__name__}: {error}"
                raise TargetError(f"the session layer of backend {backend.name!r} does not open: {told}") from error
        return ThreadManager(
            store,
            settings=self.settings,
            clock=self.clock,
            new_id=self.new_id,
            profile=PROFILES[backend.session.originators],
            fork_copies_name=backend.session.fork_copies_name,
            cascades=backend.session.cascades,
        )


@contextmanager
def fresh_process(
    target: Registered | str,
    clock: Clock = system_clock,
    settings: ProcessSettings = _DEFAULTS,
    interpose: Interpose | None = None,
) -> Iterator[Process]:
    """Make a process on a new home of its own, for as long as the block lasts; it is started when it is needed."""
    backend = find_backend(target) if isinstance(target, str) else target
    with fresh_home(backend) as home:
        process = Process(backend, home, clock, settings, interpose)
        try:
            yield process
        finally:
            process.close()


@contextmanager
def fresh_manager(
    target: Registered | str, clock: Clock = system_clock, settings: ProcessSettings = _DEFAULTS
) -> Iterator[ManagerPort]:
    """Open a manager on a new home of its own, for as long as the block lasts."""
    with fresh_process(target, clock, settings) as process:
        yield process.manager

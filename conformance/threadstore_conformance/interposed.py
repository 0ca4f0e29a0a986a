"""A store of the suite's own between a store and the session layer above it: it fails when it is told to."""

from __future__ import annotations

from typing import Any, cast

from attrs import define, field

from threadstore import ThreadStore, ThreadStoreError


@define
class Faults:
    """Which calls are to fail: outlives the stores that it is put before, as a restart makes a new one."""

    #: By method: how many calls still fail, and with what.
    _due: dict[str, tuple[int, ThreadStoreError]] = field(factory=dict)

    def fail(self, method: str, times: int, error: ThreadStoreError) -> None:
        """Let the next calls of a method fail before they reach the store; 0 puts an end to it."""
        self._due[method] = (times, error)

    def before(self, store: ThreadStore) -> ThreadStore:
        """Return a store that passes everything on to another but what is to fail."""
        return cast(ThreadStore, _Faulty(store, self))

    def strike(self, method: str) -> None:
        """Raise when the method's next call is to fail."""
        times, error = self._due.get(method, (0, None))
        if times and error:
            self._due[method] = (times - 1, error)
            raise error


class _Faulty:
    def __init__(self, store: ThreadStore, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        passed_on = getattr(self._store, name)
        if not callable(passed_on):
            return passed_on

        def call(*params: Any) -> Any:
            self._faults.strike(name)
            return passed_on(*params)

        return call

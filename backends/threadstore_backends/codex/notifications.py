"""What a process told without being asked, kept in order, so that it can also be waited for after it came."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from attrs import frozen

from threadstore.jsonvalue import JSON


@frozen
class Notification:
    """What the process told without being asked."""

    method: str
    params: JSON


class NotificationLog:
    """The notifications of one process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._told: list[Notification] = []
        self._over = False

    def add(self, notification: Notification) -> None:
        """Keep a notification."""
        with self._changed:
            self._told.append(notification)
            self._changed.notify_all()

    def end(self) -> None:
        """Say that no more will come."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def mark(self) -> int:
        """Return where the notifications of now end: what is waited for from here on came later."""
        with self._changed:
            return len(self._told)

    def since(self, mark: int) -> list[Notification]:
        """Return what was told from a mark on."""
        with self._changed:
            return self._told[mark:]

    def wait_for(self, wanted: Callable[[Notification], bool], mark: int, timeout: float) -> Notification | None:
        """Return the first notification from a mark on that is wanted, as soon as it came.

        None when no more will come; `TimeoutError` when it did not come in time.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for told in self._told[mark:]:
                    if wanted(told):
                        return told
                mark = max(mark, len(self._told))
                if self._over:
                    return None
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._changed.wait(left)

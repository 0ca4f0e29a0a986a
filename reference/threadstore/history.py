"""A thread's history in the model: a sequence that never changes, and shares what it has in common with others."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from .items import RolloutItem


@frozen(eq=False)
class History:
    """A batch of items, and the history before it.

    Appending costs the same at any length, an old history stays as it was, and two histories may grow from one.
    """

    batch: tuple[RolloutItem, ...]
    before: History | None = field(default=None, repr=False)

    def append(self, batch: tuple[RolloutItem, ...]) -> History:
        """Return the history with a batch more."""
        return History(batch, self)

    def replace_first(self, item: RolloutItem) -> History:
        """Return the history with another first item."""
        if self.before is None:
            return History((item, *self.batch[1:]))
        first, *later = reversed(list(self._back()))
        history = first.replace_first(item)
        for step in later:
            history = history.append(step.batch)
        return history

    def __iter__(self) -> Iterator[RolloutItem]:
        for step in reversed(list(self._back())):
            yield from step.batch

    def _back(self) -> Iterator[History]:
        step: History | None = self
        while step is not None:
            yield step
            step = step.before

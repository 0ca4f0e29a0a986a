"""The times of threads, as a product shows them that tells no two apart which are less than a grain apart.

The model goes on with the times that were shown last, so that it orders threads as the product does. Each of them is
held to the one that was shown first, until the model changes it: or the times could creep.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import attrs
from attrs import define, field

from threadstore import StoredThread, ThreadId, ThreadPage
from threadstore.session_state import SessionState
from threadstore.state import stored

from .compare_values import THREAD_TIMES, Mismatch


@define
class ShownTimes:
    """What was shown of the times of each thread."""

    #: In milliseconds; nothing is followed where it is 0.
    grain: int
    #: By thread and field: what was shown first, and what was shown last.
    _shown: dict[tuple[ThreadId, str], tuple[int, int]] = field(factory=dict)

    def followed(self, state: SessionState, answer: Any, unseen: Collection[str] = ()) -> SessionState | Mismatch:
        """Return the state with the times that an answer shows; a `Mismatch` when they crept too far.

        Asked again of the same answer, it takes them as they are.
        """
        if not self.grain:
            return state
        pages = isinstance(answer, ThreadPage)
        shown = answer.items if pages else [answer] if isinstance(answer, StoredThread) else ()
        store, every = state.store, dict[tuple[ThreadId, str], tuple[int, int]]()
        for index, each in enumerate(shown):
            thread = store.threads.get(each.thread_id)
            if thread is None:
                continue
            moved = self._moved(thread.record, each, unseen)
            for name, (first, last) in moved.items():
                if abs(first - last) >= self.grain:
                    self._shown[each.thread_id, name] = last, last
                    return Mismatch(f"items[{index}].{name}" if pages else name, first, last)
            every.update({(each.thread_id, name): times for name, times in moved.items()})
            times: dict[str, Any] = {name: last for name, (_, last) in moved.items()}
            store = stored(store, attrs.evolve(thread, record=attrs.evolve(thread.record, **times)))
        self._shown.update(every)
        return attrs.evolve(state, store=store)

    def _moved(self, record: StoredThread, shown: StoredThread, unseen: Collection[str]) -> dict[str, tuple[int, int]]:
        """Return the times that are shown otherwise than before, each with the one that it is held to."""
        moved: dict[str, tuple[int, int]] = {}
        for name in THREAD_TIMES:
            known, time = getattr(record, name), getattr(shown, name)
            if type(known) is not int or type(time) is not int or known == time or f"StoredThread.{name}" in unseen:
                continue
            first, last = self._shown.get((shown.thread_id, name), (known, known))
            # What is further off is known to be wrong, or it would not have passed: it begins anew from there.
            far = abs(known - time) >= self.grain
            moved[name] = time if far else first if last in (known, time) else known, time
        return moved

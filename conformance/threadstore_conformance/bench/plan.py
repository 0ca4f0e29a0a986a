"""Which benchmarks a run takes: every work, at each of its sizes, for each backend, both sides next to each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from attrs import frozen

from threadstore import Backend, ReferenceStore
from threadstore.reference_store import REFERENCE_CAPABILITIES

from . import models, sessions, stores
from .work import FULL, Scale, Side, Timed, Work

#: What stands for the backend where only the model is measured.
_MODEL = Backend(
    name="model", open=lambda home, *, clock: ReferenceStore(clock=clock), capabilities=REFERENCE_CAPABILITIES
)


@frozen
class Plan:
    """What one run measures."""

    backends: Sequence[Backend]
    scale: Scale = FULL


#: The plan, when whoever runs pytest has one at hand.
PLAN: pytest.StashKey[Plan] = pytest.StashKey()


@frozen
class Case:
    """One side of a work, for a backend, at a size."""

    work: Work
    backend: Backend
    size: int
    side: Side
    scale: Scale

    @property
    def id(self) -> str:
        """What the case is called among pytest's tests."""
        words = (self.backend.name, *self.work.name.split(), str(self.size), self.side)
        return "-".join(words)

    def prepared(self) -> AbstractContextManager[Timed]:
        """Set up what is timed, for as long as the block lasts."""
        prepare = self.work.subject if self.side == "subject" else self.work.bare
        return prepare(self.backend, self.size, self.scale)

    def info(self, timed: Timed) -> dict[str, Any]:
        """Return what pytest-benchmark's JSON says of the case, beside its times."""
        words = self.work.size_words.format(self.size)
        return {
            "backend": self.backend.name, "operation": self.work.name, "size": self.size, "size_words": words,
            "per_size": self.work.per_size, "side": self.side, "beside": self.work.beside,
            "operations": timed.operations,
        }  # fmt: skip


def cases(plan: Plan) -> Iterator[Case]:
    """Yield the cases of a plan, so that what is compared is measured one after the other."""
    for backend in (_MODEL, *plan.backends):
        for work in (*models.WORKS, *stores.WORKS, *sessions.WORKS):
            if work.of_backend is (backend is _MODEL):
                continue
            for size in work.sizes(plan.scale):
                yield Case(work, backend, size, "subject", plan.scale)
                yield Case(work, backend, size, "bare", plan.scale)

"""Loaded once by the process from which all trials are forked, so that none of them prepares the suite again."""

from __future__ import annotations

import gc

from threadstore import Backend, ReferenceStore
from threadstore.reference_store import REFERENCE_CAPABILITIES

from ..certify import scratch
from ..directed import all_checks
from ..generation import Generation
from ..ports import ports_of
from ..results import Run

#: A store that does nothing wrong, and that no mutant is made of.
_STORE = Backend(
    name="reference", open=lambda home, *, clock: ReferenceStore(clock=clock), capabilities=REFERENCE_CAPABILITIES
)

all_checks()
# Strategies, and what else is made at its first use, are made by a few programs.
with scratch():
    for port in ports_of(_STORE):
        Generation(backend=_STORE, run=Run(), port=port.name, examples=3).check()
# What is loaded stays: no collection has to look at it.
gc.freeze()

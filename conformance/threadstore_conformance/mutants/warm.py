"""Loaded once by the process from which all trials are forked, so that none of them loads the suite again."""

from __future__ import annotations

import gc

from ..directed import all_checks

all_checks()
# What is loaded stays: no collection has to look at it.
gc.freeze()

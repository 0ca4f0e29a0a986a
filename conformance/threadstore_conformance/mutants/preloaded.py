"""What the process imports from which all trials are forked, and nothing else does: a preload is named as a module."""

from __future__ import annotations

from .warm import warm

warm()

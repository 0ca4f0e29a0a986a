"""The conformance suite of ThreadStore: ``threadstore certify``, or pytest."""

from .discovery import TargetError, find_backend
from .homes import fresh_store
from .lockstep import Difference, Lockstep
from .process import Process, fresh_manager, fresh_process

__all__ = [
    "Difference",
    "Lockstep",
    "Process",
    "TargetError",
    "find_backend",
    "fresh_manager",
    "fresh_process",
    "fresh_store",
]

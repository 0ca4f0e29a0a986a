"""The conformance suite of ThreadStore: ``threadstore certify``, or pytest."""

from .discovery import TargetError, find_backend
from .homes import fresh_store
from .lockstep import Difference, Lockstep

__all__ = ["Difference", "Lockstep", "TargetError", "find_backend", "fresh_store"]

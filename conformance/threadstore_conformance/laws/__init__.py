"""Laws without a model: what must hold between runs of a program, or of variants of it, on fresh stores.

Lockstep compares a store with the model, and is as right as the model is. A law compares a store with itself: two
programs that must leave the same threads, or two ways to read one thread. So a store that breaks one is wrong by
its own testimony, and the model, run as a store, is judged by the same laws.

A law that names a clause shows it broken; that it holds shows less than the clause demands.
"""

from .law import Law, Violation
from .running import Held, hold
from .table import LAWS
from .trials import REOPEN, Program, Trials, fresh_stores

__all__ = ["LAWS", "REOPEN", "Held", "Law", "Program", "Trials", "Violation", "fresh_stores", "hold"]

"""Stores of threads: each registers itself under the entry-point group ``threadstore.backends``."""

"""Broken stores and session layers, each of which breaks one thing, and unusual ones that break none.

They are what the suite is tried on: each has the clauses that it breaks and a story of one line. The entry points of
the group ``threadstore.mutants`` name the tables.
"""

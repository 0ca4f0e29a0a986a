"""Directed checks: for every clause at least one that fails on a store which breaks it."""

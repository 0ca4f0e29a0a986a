"""Deliberately broken stores: what the suite must reject."""

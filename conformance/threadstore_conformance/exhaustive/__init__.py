"""Every program up to a depth: a small alphabet of operations on two threads, run in lockstep without sampling."""

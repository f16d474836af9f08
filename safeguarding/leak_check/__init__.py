"""Finds protected words, which would give somebody away, in what is saved and published."""

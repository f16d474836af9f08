"""Carries out withdrawals: what is erased and held, at once, later and after a restore."""

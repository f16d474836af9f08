"""What every page shares: whether it is published, hidden or in the trash, its schedule, its addresses."""

"""Who sees, chooses and is told what in the admin."""

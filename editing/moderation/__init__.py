"""What becomes of a page: sent, decided, refused, scheduled, hidden, in the trash; its history."""

"""Search: query, vocabulary, corrections, suggestions, and the index of both databases."""

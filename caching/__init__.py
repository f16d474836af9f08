"""What is cached for readers, and when it is dropped."""

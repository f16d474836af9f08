"""The admin as editors get it. Each folder has one part of it; people/ is that of the safeguarding team."""

"""The screens of the safeguarding team, and what pages and lists say about people to editors."""

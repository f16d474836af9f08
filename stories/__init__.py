"""Story pages and lists, their blocks, themes, countries, authors, feeds and demo stories."""

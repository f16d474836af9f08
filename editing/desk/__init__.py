"""Where editors find their work: the desk, the list of all stories, the report of translations, the guide."""

"""What else can be said for what somebody typed: equal terms, names of countries, themes, authors."""


class Vocabulary:
    """The other ways to say things, for searching pages in `language`, an ISO code."""

    # The number of words of the longest term.
    longest = 1

    def __init__(self, language):
        self.language = language

    def ways_to_say(self, words):
        """Return Tokens for the other ways to say `words`, consecutive tokens of a query; often none."""
        return []

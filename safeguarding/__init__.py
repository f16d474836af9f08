"""The people in the stories: consent, the rule, the leak check, withdrawals, and the pages that they open."""

"""Who may sign in, and for how long: tries are counted, sessions end, users choose their own password."""

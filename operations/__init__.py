"""What the people who run the site need: health checks, logs, locks and scheduled work."""

"""What the people who run the site need: health checks, logs, locks, backups and scheduled work."""

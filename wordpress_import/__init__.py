"""Moving in from WordPress. Nothing else depends on it."""

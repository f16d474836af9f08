"""Pictures and documents: stored clean, and served only with the pages that show them."""

"""What differs in Wagtail's own forms, lists and views for another reason than who may see what."""

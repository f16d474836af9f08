"""`make container`: the image, and the site of compose.yaml as the documentation sets it up."""

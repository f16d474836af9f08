"""Cleans PDF, Word, Excel and text files in a process of its own: `python -m media.sanitizer pdf`.

Each format has an allow-list of what may stay in a file. What isn't on it is left out, or the file is
refused when readers would lose words or pictures. Nothing here imports Django or the settings, so that the
process starts within 0.2 seconds and holds no secret and no connection.
"""

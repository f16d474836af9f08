"""Cleans PDF, Word, Excel and text files in a separate process: `python -m media.sanitizer pdf`.

Each format has an allow-list of what may stay in a file. Everything else is left out, or the file is refused
if readers would miss text or pictures. No module here imports Django or the settings, so that the process
starts fast and has no secrets and no connections.
"""

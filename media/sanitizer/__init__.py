"""Cleans pictures, PDF and text files in a separate process: `python -m media.sanitizer pdf`.

An allow-list says what may stay in a PDF. Everything else is left out, or the file is refused if readers
would miss text or pictures. Of an uploaded picture, only the pixels and what defines their
colours stay. Text is only checked.

No module here imports Django or the settings, so that the process starts fast and has no secrets and no
connections.
"""

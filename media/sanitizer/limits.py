"""Limits for cleaning one file. media/documents.py (the parent) and the sanitizer's process use them."""

MEBI = 1024 * 1024

# Seconds of CPU time in the child process, and seconds after which the parent ends it.
CPU_SECONDS = 3
SECONDS = 4
# Bytes of address space of the child. With pikepdf loaded it uses 45 MB. The parent needs about three times
# the size of the file: together they stay below 300 MB.
MEMORY = 230 * MEBI
# Bytes of the cleaned file.
OUTPUT = 20 * MEBI
# Unpacked bytes of one part of a Word or Excel file, and of all parts together.
PART = 40 * MEBI
PARTS = 100 * MEBI
# Unpacked bytes of one compressed stream of a PDF.
STREAM = 40 * MEBI

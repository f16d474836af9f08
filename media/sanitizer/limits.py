"""What one file may take. The parent and the child read the same numbers."""

MEBI = 1024 * 1024

# Seconds of CPU time in the child, and seconds on the parent's clock from the start of the child.
CPU_SECONDS = 3
SECONDS = 4
# Address space of the child in bytes. An idle child with pikepdf has 45 MB of it, and the worker needs
# about three times the size of the file: together they stay below 300 MB.
MEMORY = 230 * MEBI
# Bytes of the clean file.
OUTPUT = 20 * MEBI
# Bytes of a part of a Word or Excel file when it is unpacked, and of all parts together.
PART = 40 * MEBI
PARTS = 100 * MEBI
# Bytes that one compressed stream of a PDF may have when it is unpacked.
STREAM = 40 * MEBI

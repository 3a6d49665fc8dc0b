"""Lists of restricted symbols by file: what a file may say, what becomes of each row, and how it is read safely."""

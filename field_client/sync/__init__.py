"""Bringing batches to the server and its answers back, by line or by file."""

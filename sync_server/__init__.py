"""The program at the regency office: it takes sealed batches and keeps the records they make.

The change log is append-only; every table of current records can be rebuilt from it.
"""

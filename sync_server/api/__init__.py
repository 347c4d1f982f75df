"""The HTTP side of the server: thin views over ingest, store and reports."""

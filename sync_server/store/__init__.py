"""The tables of the server, their queries and their migrations."""

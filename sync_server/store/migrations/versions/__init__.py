"""One file for each step of the database, in order."""

"""What is asked of the tables and written to them, a file for each noun."""

"""Parts of bench/growth.py: how cost grows with the records, and with the devices at once."""

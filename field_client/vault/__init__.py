"""The encrypted store of one device and the keys that open it."""

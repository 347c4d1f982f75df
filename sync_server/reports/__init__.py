"""The reports a head of office asks for, computed from the store."""

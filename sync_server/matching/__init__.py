"""Deciding whether two records describe one person or one outage."""

"""A relay at a district office: it holds sealed sections, passes them on, and keeps the answers."""

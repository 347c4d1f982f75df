"""The supervisors' pages: rendered at the office, usable with the keyboard and without scripts."""

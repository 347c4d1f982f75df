"""One file for each record type: fields, checks, labels, merge policy, upgrades."""

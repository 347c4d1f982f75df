"""Linking any two tables, or one with itself, from nothing but the data given.

The same method as for residents, without what is known of residents: columns have a kind
(name, text, date, code, identifier), everything else is learned from the tables.
"""

"""The commands, a module for each noun; a module lists those it adds in ``COMMANDS``."""

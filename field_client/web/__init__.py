"""The officer's pages on 127.0.0.1: rendered here, usable without scripts, locked when left."""

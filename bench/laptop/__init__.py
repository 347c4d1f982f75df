"""Parts of bench/vault.py: the store of one laptop with a regency's roster in it."""

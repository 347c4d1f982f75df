"""What the benches run beside us: gzip JSON posts, and Kinto from a virtual environment."""

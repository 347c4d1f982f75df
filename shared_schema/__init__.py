"""What the field client and the sync server agree on: records, changes, batches, messages."""

"""Print the reference of all record types: `python -m shared_schema.records`."""

import sys

from shared_schema.records import RECORD_TYPES
from shared_schema.records.reference import reference

if __name__ == "__main__":
    sys.stdout.write(reference(RECORD_TYPES.values()))

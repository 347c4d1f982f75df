"""A program that saves until it is killed and says what is saved: run by test_vault_kill.py.

Arguments: the home and the root as hexadecimal. It prints a number only after the document, the
counter and the sealed batch that carry it are said to be durable.
"""

import sys
from pathlib import Path

from field_client.vault.keys import VaultKeys
from field_client.vault.spool import SealedBatch, open_spool
from field_client.vault.store import open_vault
from field_client.vault.table import document_of

STREAM = b"stream-12byt"


def main() -> None:
    """Save for ever."""
    home, root = Path(sys.argv[1]), bytes.fromhex(sys.argv[2])
    keys = VaultKeys(operator="Petugas Contoh", slot="00", root=root)
    db = open_vault(home, keys, indexes={"records": ("number",)})
    with db, open_spool(home) as spool:
        while True:
            with db.transaction():
                number = db.next_number("record")
                body = {"number": number, "note": "x" * (number * 37 % 3000)}
                db.table("records").insert(document_of(body, f"catatan-{number}"))
            last = spool.last(STREAM)
            first = last[0] + 1 if last else 1
            spool.put_batch(
                SealedBatch(
                    stream=STREAM, first=first, count=1, hash=b"#%d" % first, body=b"%d" % first
                )
            )
            sys.stdout.write(f"{number} {first}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

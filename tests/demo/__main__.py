"""``python -m tests.demo``: play the demo in a temporary folder; KEEP=1 leaves it to look at."""

import os
import shutil
import tempfile
from pathlib import Path

from tests.demo.people import cast
from tests.demo.stage import Laptop, Narrator, close_office, open_office
from tests.demo.story import Story, acts
from tests.support.processes import PASSPHRASE

REGENCY = ("53.15", "Kabupaten Manggarai Barat")
CITY = ("53.71", "Kota Kupang")


def main() -> None:
    """Play everything; a fact that is not as told ends it with an error."""
    folder = Path(tempfile.mkdtemp(prefix="jemput-demo-"))
    try:
        play(folder)
    finally:
        if os.environ.get("KEEP"):
            print(f"\nKept in {folder}. To look around, in .venv/bin:")
            print(f"  SYNC_SERVER_HOME={folder / 'regency'} sync-server stats")
            print(
                f"  FIELD_CLIENT_HOME={folder / 'laptop-1'} FIELD_CLIENT_OPERATOR='Operator 1' "
                f"FIELD_CLIENT_PASSPHRASE={PASSPHRASE} field-client status"
            )
        else:
            shutil.rmtree(folder, ignore_errors=True)


def play(folder: Path) -> None:
    """Play the regency, then the city."""
    narrator = Narrator()
    regency = open_office(folder / "regency", *REGENCY)
    story = Story(
        folder=folder,
        office=regency,
        first=Laptop(home=folder / "laptop-1", operator="Operator 1"),
        second=Laptop(home=folder / "laptop-2", operator="Operator 2"),
        cast=cast(folder),
        narrator=narrator,
    )
    try:
        acts(story)
    finally:
        close_office(regency)
    city = open_office(folder / "city", *CITY)
    try:
        story.second_example(city, Laptop(home=folder / "laptop-3", operator="Operator 3"))
    finally:
        close_office(city)
    print(f"\nDone: {narrator.steps} steps told, every figure read back from the programs.")


if __name__ == "__main__":
    main()

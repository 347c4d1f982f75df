"""The programs that bench/vault.py starts: python -m bench.laptop.programs NAME HOME [COUNT]."""

import json
import sys
import threading
from pathlib import Path

from bench.laptop import together
from bench.laptop.searching import answer
from tests.support.synthetic import population


def save(home: Path, count: int) -> None:
    """Save ``count`` people, each by itself."""
    with together.opened(home) as app:
        for row in population(count + 1).people(count):
            app.tables.records.insert({"search_key": row["name"], "values": row})


def receive(home: Path) -> None:
    """Receive until a line comes on standard input."""
    enough = threading.Event()
    threading.Thread(target=_hear, args=(enough,), daemon=True).start()
    for number in together.receive(home):
        if number and not enough.is_set():
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
        else:
            return


def _hear(enough: threading.Event) -> None:
    sys.stdin.readline()
    enough.set()


def main() -> None:
    """Run the one that is named and print what it found."""
    name, home, *more = sys.argv[1:]
    match name:
        case "save":
            save(Path(home), int(more[0]))
        case "search":
            print(json.dumps(answer(Path(home), json.load(sys.stdin))))
        case "watch":
            print(json.dumps(together.watch(Path(home))))
        case "duel":
            print(json.dumps(together.duel(Path(home), int(more[0]))))
        case "receive":
            receive(Path(home))


if __name__ == "__main__":
    main()

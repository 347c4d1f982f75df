"""Shares at a terminal: shown to one holder at a time, asked for again where one is miscopied."""

import re
import signal
import time
from pathlib import Path

from tests.support.processes import server, server_environment, try_server
from tests.support.scenes import regency
from tests.support.sharing import copied
from tests.support.terminal import Terminal

_PATIENCE_S = 60
_SETTLED_S = 0.5


def seated(home: Path, *args: str) -> Terminal:
    """Run `sync-server recovery ARGS` in a terminal."""
    return Terminal("sync-server", "recovery", *args, env=server_environment(home))


def test_holders_copy_and_type_their_shares_one_after_the_other(tmp_path: Path) -> None:
    """Each sees theirs after Enter; a wrong word costs one share only, and nothing is noted."""
    with regency(tmp_path, serving=False) as office:
        making = seated(office.home, "create", "--holder", "A", "--holder", "B", "--holder", "C")
        papers = []
        for holder in "ABC":
            seen = making.read_until(r"Enter: ", _PATIENCE_S)
            papers += copied(seen)
            assert re.findall(r"Bagian \d dari 3: (\w)", seen) == [holder]
            making.type("")
        assert making.end() == 0
        assert len(set(papers)) == 3
        trying = seated(office.home, "exercise")
        trying.read_until(r"ke-1.*: ", _PATIENCE_S)
        trying.type(papers[1].replace(papers[1].split()[7], "salah", 1))
        trying.read_until(r"SHARE_WORD_UNKNOWN(.|\n)*ke-1.*: ", _PATIENCE_S)
        first, second = papers[1].split()[:16], papers[1].split()[16:]
        trying.type(" ".join(first))
        trying.read_until(r"16 dari 33 kata: ", _PATIENCE_S)
        trying.type(" ".join(second))
        trying.read_until(r"ke-2.*: ", _PATIENCE_S)
        trying.type(papers[1])
        trying.read_until(r"SHARE_REPEATED(.|\n)*ke-2.*: ", _PATIENCE_S)
        trying.type(papers[2])
        trying.read_until(r"ke-3.*: ", _PATIENCE_S)
        trying.type("")
        assert "2, 3" in trying.read_until(r"Latihan berhasil.*\n", _PATIENCE_S)
        assert trying.end() == 0
        tried = server(office.home, "recovery", "status")["shares"]
    assert [bool(share["tried"]) for share in tried] == [False, True, True]


def test_breaking_off_while_shares_are_shown_makes_no_key(tmp_path: Path) -> None:
    """Ctrl-C at the second holder: the first paper is worthless, and the office begins again."""
    with regency(tmp_path, serving=False) as office:
        making = seated(office.home, "create")
        making.read_until(r"Enter: ", _PATIENCE_S)
        making.type("")
        making.read_until(r"Enter: ", _PATIENCE_S)
        time.sleep(_SETTLED_S)
        making.process.send_signal(signal.SIGINT)
        assert making.end() == 130
        assert server(office.home, "recovery", "status")["key"] is None
        try_server(office.home, "recovery", "create").check()

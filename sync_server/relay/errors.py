"""What can go wrong at a relay. Whatever it was: what it said it holds, it holds."""

from shared_schema.errors import AccessError, InputError, NetworkError, StorageError


class RelayNewer(StorageError):
    """The relay's store was written by a newer version of this program. Update the program."""

    code = "RELAY_NEWER"


class RelayMissing(StorageError):
    """There is no relay in {home} yet. Start it once with `sync-server relay --code CODE`."""

    code = "RELAY_MISSING"


class RelayHomeTaken(InputError):
    """In {home} there is an office's server. Give the relay a home of its own with
    SYNC_SERVER_HOME.
    """

    code = "RELAY_HOME_TAKEN"


class RelayCodeForeign(InputError):
    """The code is of another office than the one this relay works for. Give the right code, or use
    an empty home.
    """

    code = "RELAY_CODE_FOREIGN"


class CodeMissing(InputError):
    """The relay knows no office yet. Give the code that the office made for it with --code."""

    code = "RELAY_CODE_MISSING"


class UpstreamMissing(InputError):
    """The code names no address of the office. Give it with --upstream."""

    code = "RELAY_UPSTREAM_MISSING"


class RelayUnready(NetworkError):
    """The relay has not reached its office yet. Nothing is lost; try again when it has a line, or
    sync another way.
    """

    code = "RELAY_UNREADY"
    http_status = 503


class RelayRevoked(AccessError):
    """The office has revoked this relay: it passes on what it holds and takes nothing new. Sync
    another way.
    """

    code = "RELAY_REVOKED"


class NotARelay(AccessError):
    """The office enrolled this home as a laptop, not as a relay. Ask for a code made with
    `device enrol --relay`, and use an empty home.
    """

    code = "RELAY_NOT_CERTIFIED"


class RelayFull(StorageError):
    """The relay has no room for more. Nothing is lost; try again later, or sync another way."""

    code = "RELAY_FULL"


class UpstreamUnreachable(NetworkError):
    """The office at {address} cannot be reached ({reason}). What is held waits here."""

    code = "UPSTREAM_UNREACHABLE"


class UpstreamUntrusted(NetworkError):
    """The line to the office at {address} is not safe: its certificate does not fit. Nothing was
    passed on.
    """

    code = "UPSTREAM_UNTRUSTED"


class UpstreamCut(NetworkError):
    """The line to the office was cut. What it answered is kept, the rest is passed on later."""

    code = "UPSTREAM_CUT"


class UpstreamRefused(NetworkError):
    """The office did not take the exchange ({reason}). What is held waits here."""

    code = "UPSTREAM_REFUSED"

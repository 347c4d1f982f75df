"""What can go wrong in an exchange, a class for each decision the user can take.

Whatever it was: what has a receipt stays received, everything else is still waiting.
"""

from shared_schema.errors import AccessError, CustodyError, InputError, JemputError, NetworkError


class NoAddress(InputError):
    """The enrolment code names no address to sync with. Use `export` and a stick."""

    code = "NO_SERVER_ADDRESS"


class ServerUnreachable(NetworkError):
    """The server at {address} cannot be reached ({reason}). Everything is kept and waits; try
    again when there is a line, or use `export`.
    """

    code = "SERVER_UNREACHABLE"


class ServerUntrusted(NetworkError):
    """The line to {address} is not safe: its certificate does not fit. Nothing was sent. Where a
    hotspot asks to log in, do so in a browser first; else check the laptop's date and ask your
    administrator.
    """

    code = "SERVER_UNTRUSTED"


class NotOurServer(NetworkError):
    """Something answered that is not our server, perhaps the log-in page of a hotspot. Nothing
    was lost; open the line in a browser first, then try again.
    """

    code = "NOT_OUR_SERVER"


class ProxyRefused(NetworkError):
    """Something between this laptop and the server does not let pass what we send ({reason}).
    Everything is kept and waits; try another line, or use `export`.
    """

    code = "PROXY_REFUSED"


class RelayUntrusted(NetworkError):
    """Something answered that our office does not vouch for as a relay. What waits, waits. Check
    the address, or ask your administrator.
    """

    code = "RELAY_UNTRUSTED"


class RelayExpired(NetworkError):
    """The office's word for the relay {label} has ended. What waits, waits. Ask your administrator,
    or sync another way.
    """

    code = "RELAY_EXPIRED"


class LineCut(NetworkError):
    """The line was cut before the server had finished. What it confirmed stays received; sync
    again to send the rest.
    """

    code = "LINE_CUT"


class ServerFailed(NetworkError):
    """The server reported a fault of its own ({reason}). Everything is kept; try again later, and
    tell your administrator if it stays.
    """

    code = "SERVER_ERROR"


class OfficeBusy(ServerFailed):
    """The office cannot take this exchange just now ({reason}). Everything is kept and waits; try
    again in a few minutes.
    """

    code = "OFFICE_BUSY"


class ServerRefused(AccessError):
    """The server refused this exchange ({reason}). Nothing is lost; ask your administrator."""

    code = "SERVER_REFUSED"


class DeviceRevokedWaiting(AccessError):
    """The regency has revoked this laptop, but it still holds what the server has not confirmed.
    Sync or export once more to hand it over.
    """

    code = "DEVICE_REVOKED_WAITING"


class NothingPrepared(AccessError):
    """Nothing was prepared for a locked laptop yet. Unlock it once with `sync` or `lock`; from then
    on what is sealed can be sent without a passphrase.
    """

    code = "NOTHING_PREPARED"


class SyncLocked(JemputError):
    """The store stays locked, since nobody can be asked for a passphrase. What is sealed is sent
    now; what was saved after the last lock goes when you have unlocked.
    """

    code = "SYNC_LOCKED"


class HeardRefused(JemputError):
    """Something that came while the laptop was locked does not stand up to a second look
    ({reason}). It was dropped, and what it spoke of is sent and fetched again at the next sync.
    """

    code = "HEARD_REFUSED"


class RelayAnswered(JemputError):
    """A relay answered where the office was expected. Nothing is lost; sync with `--via` and the
    relay's address.
    """

    code = "RELAY_ANSWERED"


class ReplyForeign(CustodyError):
    """The answer is for another laptop or from another server. Nothing of it was used. Import the
    answer to this laptop's own export.
    """

    code = "REPLY_FOREIGN"


class ReplyOutOfOrder(CustodyError):
    """The server's answer does not follow the rules of an exchange ({reason}). The rest of it was
    not used; sync again.
    """

    code = "REPLY_OUT_OF_ORDER"


class ReplyStale(CustodyError):
    """The answer is from before the server was restored from a backup. Nothing of it was used.
    Sync or export again.
    """

    code = "REPLY_STALE"


class SyncUnsettled(CustodyError):
    """Server and laptop did not agree after several attempts. Everything is kept; tell your
    administrator.
    """

    code = "SYNC_UNSETTLED"


class ClockOff(JemputError):
    """The clock of this laptop is {hours} hours away from the server's. Everything was sent and
    received; set date and time now, so that the next records bear the right day.
    """

    code = "CLOCK_OFF"


class ExportForeign(InputError):
    """The file {file} is there already and is no export of this laptop. Choose another name."""

    code = "EXPORT_FOREIGN"


class ReplyMissing(InputError):
    """The file {file} cannot be read ({reason}). Check the name and the stick."""

    code = "REPLY_MISSING"

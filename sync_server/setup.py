"""Making a server: its keys, its database, the regions it knows and its first administrator."""

import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from shared_schema.errors import InputError, StorageError
from shared_schema.ids import BRANCH_BYTES, Stream
from shared_schema.regions import RegionTable, contains
from shared_schema.resources import read_package_text
from sync_server.keys import Keys
from sync_server.store import schema
from sync_server.store.engine import Store
from sync_server.store.queries import facts, users
from sync_server.store.queries.facts import Fact

SHIPPED_REGIONS = ("data", "regions-5315-5371.csv")
PASSPHRASE_LENGTH = 8
_SALT_BYTES = 16
_HASH_BYTES = 32
_ITERATIONS = 3
_LANES = 1
_MEMORY_KIB = 64 * 1024


class ServerExists(StorageError):
    """There is already a server here. Nothing was changed; use another SYNC_SERVER_HOME."""

    code = "SERVER_EXISTS"


class RegionUnknown(InputError):
    """The table of regions has no region {region}. Give a table that has it with --regions."""

    code = "REGION_UNKNOWN"


class TimezoneUnknown(InputError):
    """There is no time zone {timezone}. Write it as Asia/Jakarta, Asia/Makassar, Asia/Jayapura."""

    code = "TIMEZONE_UNKNOWN"


class PassphraseMissing(InputError):
    """No passphrase was given. Run this at a terminal, or set SYNC_SERVER_ADMIN_PASSPHRASE."""

    code = "ADMIN_PASSPHRASE_MISSING"


class PassphraseShort(InputError):
    """The passphrase has fewer than {length} characters. Choose a longer one."""

    code = "PASSPHRASE_SHORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """What ``init`` is told."""

    region: str
    name: str
    timezone: str
    regions: RegionTable
    administrator: str
    passphrase: str = field(repr=False)


def shipped_regions() -> RegionTable:
    """Return the example table of regions that comes with the program."""
    return RegionTable.from_csv(read_package_text("shared_schema", *SHIPPED_REGIONS))


def check(founding: Founding) -> None:
    """Raise RegionUnknown, TimezoneUnknown or PassphraseShort where ``init`` cannot go on."""
    if founding.region not in founding.regions:
        raise RegionUnknown(region=founding.region)
    try:
        ZoneInfo(founding.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimezoneUnknown(timezone=founding.timezone) from error
    if len(founding.passphrase) < PASSPHRASE_LENGTH:
        raise PassphraseShort(length=PASSPHRASE_LENGTH)


def exists(store: Store) -> bool:
    """Tell whether the database already holds a server."""
    with store.read() as connection:
        made = schema.revision(connection) is not None
        return made and facts.get(connection, Fact.REGION) is not None


def found(store: Store, keys: Keys, founding: Founding, now_ms: int) -> None:
    """Make the server in one transaction, whole or not at all. Raises ServerExists."""
    passphrase_hash = hash_passphrase(founding.passphrase)
    with store.write() as connection:
        schema.migrate(connection)
        if facts.get(connection, Fact.REGION) is not None:
            raise ServerExists
        stream = Stream(keys.server, secrets.token_bytes(BRANCH_BYTES))
        for fact, value in (
            (Fact.SERVER, keys.server.hex()),
            (Fact.REGION, founding.region),
            (Fact.NAME, founding.name),
            (Fact.TIMEZONE, founding.timezone),
            (Fact.EPOCH, "1"),
            (Fact.STREAM, stream.hex()),
        ):
            facts.put(connection, fact, value)
        facts.add_regions(connection, regions_for(founding))
        users.add(connection, founding.administrator, "administrator", passphrase_hash, now_ms)


def regions_for(founding: Founding) -> list[tuple[str, str]]:
    """Return the rows of the table that lie in the region, or around it."""
    return [
        (code, name)
        for code, name in founding.regions.to_rows()
        if contains(founding.region, code) or contains(code, founding.region)
    ]


def new_salt() -> bytes:
    """Draw what makes equal passphrases into different hashes."""
    return secrets.token_bytes(_SALT_BYTES)


def hash_passphrase(passphrase: str) -> str:
    """Return the Argon2id hash (RFC 9106: 64 MiB, 3 passes) in the PHC string format."""
    salt = new_salt()
    derived = Argon2id(
        salt=salt,
        length=_HASH_BYTES,
        iterations=_ITERATIONS,
        lanes=_LANES,
        memory_cost=_MEMORY_KIB,
    ).derive(passphrase.encode())
    text = [b64encode(part).decode().rstrip("=") for part in (salt, derived)]
    settings = f"m={_MEMORY_KIB},t={_ITERATIONS},p={_LANES}"
    return "$".join(["", "argon2id", "v=19", settings, *text])

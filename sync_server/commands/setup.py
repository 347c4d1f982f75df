"""``init`` and ``serve``: a server is made once and then runs."""

import sys
from pathlib import Path

import click

from shared_schema.console import ask_twice, emit, output_options, text
from shared_schema.regions import RegionTable, RegionTableInvalid, parse_region
from sync_server import keys, setup
from sync_server.app import database_file, open_office, wall_ms
from sync_server.commands.updating import Updating
from sync_server.config import Config, load_config
from sync_server.store.engine import open_store

_PACKAGE = "sync_server"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--region", required=True, help="Code of the regency, such as 53.15.")
@click.option("--name", required=True, help="Name of the regency.")
@click.option("--admin", required=True, help="Name of the first administrator.")
@click.option("--regions", type=_FILE, help="CSV table of region codes and names.")
@click.option("--timezone", default="Asia/Makassar", show_default=True, help="The office's zone.")
@output_options
def init(region: str, name: str, admin: str, regions: Path | None, timezone: str) -> None:
    """Make a new server: its keys, its database and its first administrator."""
    config = load_config()
    founding = setup.Founding(
        region=parse_region(region),
        name=name,
        timezone=timezone,
        regions=_table(regions),
        administrator=admin,
        passphrase=config.admin_passphrase or _ask_passphrase(),
    )
    setup.check(founding)
    _make(config, founding)
    rows = len(setup.regions_for(founding))
    emit(
        {"region": founding.region, "name": name, "timezone": timezone, "regions": rows},
        lambda: text(_PACKAGE)(
            "The server of {name} ({region}) is ready; it knows {rows} regions."
        ).format(name=name, region=founding.region, rows=rows),
    )


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8800, show_default=True, type=click.IntRange(0, 65535))
@click.option("--tls", is_flag=True, help="Protect the line; laptops know the server by its key.")
@click.option("--tls-cert", type=_FILE, help="Certificate chain, PEM.")
@click.option("--tls-key", type=_FILE, help="Key of the certificate, PEM.")
@output_options
def serve(*, host: str, port: int, tls: bool, tls_cert: Path | None, tls_key: Path | None) -> None:
    """Answer devices until stopped (Ctrl-C or SIGTERM)."""
    # Flask and cheroot take longer to load than other commands to run.
    from sync_server.api import serving, stopping  # noqa: PLC0415

    if (tls_cert is None) != (tls_key is None):
        raise serving.TlsFilesInvalid(reason="--tls-cert, --tls-key")
    files = (tls_cert, tls_key) if tls_cert and tls_key else None
    config = load_config()
    office = open_office(config, Updating())
    listening = serving.Listening(
        host=host,
        port=port,
        tls=files,
        protected=tls,
        hosts=config.hosts,
        proxies=config.proxies,
    )
    server = serving.prepare(office, listening)
    told = stopping.listen()
    url = serving.address(server)
    emit({"url": url}, lambda: text(_PACKAGE)("Serving at {url}").format(url=url))
    sys.stdout.flush()
    stopping.serve(server, told)
    office.store.close()


def _ask_passphrase() -> str:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise setup.PassphraseMissing
    return ask_twice(text(_PACKAGE)("Passphrase of the administrator"))


def _table(path: Path | None) -> RegionTable:
    if path is None:
        return setup.shipped_regions()
    try:
        return RegionTable.from_csv(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise RegionTableInvalid(line=1) from error


def _make(config: Config, founding: setup.Founding) -> None:
    """Write keys first, then the database; keys of an ``init`` that was cut short are used."""
    database = database_file(config)
    if database.is_file():
        store = open_store(config.database)
        if setup.exists(store):
            raise setup.ServerExists
        store.close()
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    database.touch(mode=0o600)
    if not config.secret_file.exists():
        keys.save(keys.generate(), config.secret_file)
    setup.found(open_store(config.database), keys.load(config.secret_file), founding, wall_ms())


COMMANDS = (init, serve)

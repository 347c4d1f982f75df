"""What the pages lead to: the bar of every page, and the rest, listed on the home page.

A room is added here and in `pages.ROOMS`; nothing else knows them all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from field_client.web.guard import PHONE_ROOMS
from shared_schema.i18n import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way into a room. ``endpoint``: its page. ``icon``: one of `_parts.html`."""

    endpoint: str
    icon: str
    label: Label
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A link as a page shows it."""

    url: str
    icon: str
    word: str
    here: bool = False


BAR = (
    Link(endpoint="home.home", icon="home", label=Label(id="Beranda", en="Home")),
    Link(endpoint="finding.find", icon="search", label=Label(id="Cari", en="Search")),
    Link(
        endpoint="forming.begin",
        icon="add",
        label=Label(id="Daftarkan", en="Register"),
        values={"type_name": "person"},
    ),
    Link(endpoint="assigned.villages", icon="tasks", label=Label(id="Tugas", en="Tasks")),
)
MORE: tuple[Link, ...] = (
    Link(endpoint="syncing.sync", icon="sync", label=Label(id="Sinkron", en="Sync")),
    Link(endpoint="sending.outbox", icon="waiting", label=Label(id="Kotak keluar", en="Outbox")),
    Link(
        endpoint="attention.attention",
        icon="attention",
        label=Label(id="Perlu perhatian", en="Needs attention"),
    ),
    Link(endpoint="outages.outages", icon="outage", label=Label(id="Gangguan alat", en="Outages")),
    Link(endpoint="stock.stock", icon="box", label=Label(id="Stok blangko", en="Blank stock")),
    Link(endpoint="day.day", icon="day", label=Label(id="Hari saya", en="My day")),
    Link(
        endpoint="mapping.villages",
        icon="map",
        label=Label(id="Peta kunjungan", en="Map of visits"),
    ),
    Link(endpoint="phones.phones", icon="phone", label=Label(id="Ponsel", en="Phones")),
    Link(endpoint="keeping.backup", icon="stick", label=Label(id="Cadangan", en="Backup")),
    Link(
        endpoint="keeping.device",
        icon="device",
        label=Label(id="Perangkat dan pengguna", en="Device and users"),
    ),
    Link(endpoint="slip.guide", icon="help", label=Label(id="Bantuan", en="Help")),
    Link(endpoint="undoing.bin_", icon="trash", label=Label(id="Tempat sampah", en="Trash")),
    Link(endpoint="forming.types", icon="new", label=Label(id="Catatan lain", en="Other record")),
)


def bar(lang: str, endpoint: str) -> Sequence[Shown]:
    """Return the links that stand on every page; ``endpoint``: the page that is shown."""
    return [_shown(link, lang, endpoint) for link in BAR]


def more(lang: str, *, on_phone: bool = False) -> Sequence[Shown]:
    """Return the other rooms, for the home page; to a phone those that it may enter."""
    shown = (link for link in MORE if not on_phone or _room(link.endpoint) in PHONE_ROOMS)
    return [_shown(link, lang, "") for link in shown]


def _shown(link: Link, lang: str, endpoint: str) -> Shown:
    room = _room(endpoint)
    return Shown(
        url=url_for(link.endpoint, **link.values),
        icon=link.icon,
        word=link.label.text(lang),
        here=link.endpoint == endpoint or _room(link.endpoint) == room,
    )


def _room(endpoint: str) -> str:
    return endpoint.partition(".")[0]

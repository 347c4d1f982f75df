"""What the pages lead to: the bar of every page, and the rest, listed on the home page.

A room is added here and in `pages.ROOMS`; nothing else knows them all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from shared_schema.i18n import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way into a room. ``endpoint``: its page. ``icon``: one of `_parts.html`."""

    endpoint: str
    icon: str
    label: Label


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
    Link(endpoint="day.day", icon="day", label=Label(id="Hari saya", en="My day")),
)


def bar(lang: str, endpoint: str) -> Sequence[Shown]:
    """Return the links that stand on every page; ``endpoint``: the page that is shown."""
    return [_shown(link, lang, endpoint) for link in BAR]


def more(lang: str) -> Sequence[Shown]:
    """Return the other rooms, for the home page."""
    return [_shown(link, lang, "") for link in MORE]


def _shown(link: Link, lang: str, endpoint: str) -> Shown:
    room = endpoint.partition(".")[0]
    return Shown(
        url=url_for(link.endpoint),
        icon=link.icon,
        word=link.label.text(lang),
        here=link.endpoint == endpoint or link.endpoint.partition(".")[0] == room,
    )

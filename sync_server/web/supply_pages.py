"""The pages of outages, cards and letters, put together."""

from flask import Blueprint

from sync_server.office import Office
from sync_server.web import (
    figure_pages,
    outage_pages,
    print_pages,
    service_pages,
    stock_pages,
    suket_pages,
)
from sync_server.web.words import number

_PARTS = (figure_pages, outage_pages, print_pages, service_pages, stock_pages, suket_pages)


def add(pages: Blueprint, office: Office) -> None:
    """Add the routes to the pages."""
    pages.add_app_template_filter(number, "number")
    for part in _PARTS:
        part.add(pages, office)

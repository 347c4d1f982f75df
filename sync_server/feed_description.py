"""The description of the feed's tables (CSDL), which programs read first.

It says which columns there are, and what cannot be asked, so that programs do that themselves.
"""

from collections.abc import Iterator, Sequence

from sync_server.odata import EntitySet

NAMESPACE = "Jemput"
_CAN = "Org.OData.Capabilities.V1"


def metadata(sets: Sequence[EntitySet]) -> str:
    """Return the tables in the language of schemas (CSDL), which says what cannot be asked."""
    types = "".join(f"<{part}>" for one in sets for part in _type(one))
    named = "".join(
        f'<EntitySet Name="{one.name}" EntityType="{NAMESPACE}.{one.name}Row">'
        f"{_LIMITS}{'' if one.rows else _UNSORTED}</EntitySet>"
        for one in sets
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        f'<edmx:DataServices><Schema Namespace="{NAMESPACE}"'
        ' xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{types}<EntityContainer Name="Feed">{named}{_NO_FUNCTIONS}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def _type(one: EntitySet) -> Iterator[str]:
    """Yield the tags that describe a table's rows, without their brackets."""
    yield f'EntityType Name="{one.name}Row"'
    yield "Key"
    yield from (f'PropertyRef Name="{name}"/' for name in one.key)
    yield "/Key"
    for name, kind in one.columns.items():
        never = ' Nullable="false"' if name in one.key else ""
        yield f'Property Name="{name}" Type="{kind}"{never}/'
    yield "/EntityType"


def _never(term: str, what: str) -> str:
    return (
        f'<Annotation Term="{_CAN}.{term}"><Record><PropertyValue Property="{what}" Bool="false"/>'
        "</Record></Annotation>"
    )


_LIMITS = f'<Annotation Term="{_CAN}.IndexableByKey" Bool="false"/>' + "".join(
    _never(term, what)
    for term, what in (
        ("ExpandRestrictions", "Expandable"),
        ("SearchRestrictions", "Searchable"),
        ("InsertRestrictions", "Insertable"),
        ("UpdateRestrictions", "Updatable"),
        ("DeleteRestrictions", "Deletable"),
    )
)
_UNSORTED = _never("SortRestrictions", "Sortable")
_NO_FUNCTIONS = f'<Annotation Term="{_CAN}.FilterFunctions"><Collection/></Annotation>'

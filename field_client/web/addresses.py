"""What stands in the pages' addresses, read before any page is asked for."""

from werkzeug.routing import BaseConverter, ValidationError

from shared_schema.regions import RegionInvalid, parse_region


class RegionConverter(BaseConverter):
    """``<region:code>``: a region's code, dotted or not; any other address leads nowhere (404)."""

    def to_python(self, value: str) -> str:
        """Return the dotted code. Raises ValidationError, for which no route is found."""
        try:
            return parse_region(value)
        except RegionInvalid as error:
            raise ValidationError from error

"""Where a relay begins: whose it is, by the code that the office made for it."""

from shared_schema.enrolment import parse_code
from sync_server.relay.errors import CodeMissing, RelayCodeForeign, UpstreamMissing
from sync_server.relay.relay import Fact, Relay, fact, keep


def settle_in(relay: Relay, code: str, upstream: str) -> None:
    """Keep a code until the office has answered it, and where the office is.

    ``code``, ``upstream``: empty where none was given. Repeating changes nothing. Raises
    CodeMissing, RelayCodeForeign, UpstreamMissing, EnrolCodeInvalid.
    """
    with relay.store.write() as connection:
        known = fact(connection, Fact.SIGNING)
        if code:
            told = parse_code(code)
            if known not in {"", told.signing.hex()}:
                raise RelayCodeForeign
            keep(connection, Fact.SIGNING, told.signing.hex())
            keep(connection, Fact.SEALING, told.sealing.hex())
            keep(connection, Fact.CODE, code)
            upstream = upstream or told.url
        elif not known:
            raise CodeMissing
        upstream = upstream or fact(connection, Fact.UPSTREAM)
        if not upstream:
            raise UpstreamMissing
        keep(connection, Fact.UPSTREAM, upstream)

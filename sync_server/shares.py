"""Shares of a secret as words that officers copy by hand (SLIP-39, one group, no passphrase).

A share is 33 words. It says which set it belongs to and carries a checksum, so that a miscopied
one is found by itself, before the others are typed. A word may be cut to its first four letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from shared_schema.errors import InputError

SECRET_BYTES = 32
WORDS = 33
MOST_SHARES = 16
_SHORT_LETTERS = 4
_WHOLE = {word[:_SHORT_LETTERS]: word for word in WORDLIST} | {word: word for word in WORDLIST}


class ShareWordUnknown(InputError):
    """Share {share}: word {word} is none of a share. Compare it with the paper; type it again."""

    code = "SHARE_WORD_UNKNOWN"


class ShareLengthWrong(InputError):
    """Share {share} has {count} words in place of {words}. Look for one left out or doubled."""

    code = "SHARE_LENGTH_WRONG"


class ShareMiscopied(InputError):
    """Share {share}: a word is wrong, or two are exchanged. Compare each word with the paper."""

    code = "SHARE_MISCOPIED"


class ShareRepeated(InputError):
    """Share {share} was typed before as share {earlier}. Type the share of another officer."""

    code = "SHARE_REPEATED"


class SharesMixed(InputError):
    """Share {share} does not belong to the others. Type shares of one key only."""

    code = "SHARES_MIXED"


class SharesTooFew(InputError):
    """Shares given: {count}, needed: {threshold}. Ask another officer for theirs."""

    code = "SHARES_TOO_FEW"


class SharesWrong(InputError):
    """The shares are whole, but together give no key. Look whether one is of another set."""

    code = "SHARES_WRONG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A whole share as it was typed. ``number``: as on its paper; ``identifier``: its set."""

    number: int
    identifier: int
    threshold: int
    words: str = field(repr=False)


def split(secret: bytes, threshold: int, count: int) -> list[str]:
    """Return ``count`` shares of which any ``threshold`` give the secret; 2 to 16 of them."""
    (shares,) = generate_mnemonics(1, [(threshold, count)], secret)
    return list(shares)


def read(words: str, place: int) -> Typed:
    """Read the share that was typed as the ``place``-th, capitals and spaces aside.

    Raises ShareWordUnknown, ShareLengthWrong, ShareMiscopied.
    """
    given = words.lower().split()
    for at, word in enumerate(given, start=1):
        if word not in _WHOLE:
            raise ShareWordUnknown(share=place, word=at)
    if len(given) != WORDS:
        raise ShareLengthWrong(share=place, count=len(given), words=WORDS)
    whole = " ".join(_WHOLE[word] for word in given)
    try:
        share = Share.from_mnemonic(whole)
    except MnemonicError as error:
        raise ShareMiscopied(share=place) from error
    return Typed(
        number=share.index + 1,
        identifier=share.identifier,
        threshold=share.member_threshold,
        words=whole,
    )


def combine(typed: Sequence[Typed]) -> bytes:
    """Return the secret of all these shares; more than are needed must agree with the rest.

    Raises ShareRepeated, SharesMixed, SharesTooFew, SharesWrong.
    """
    seen: dict[int, int] = {}
    for place, share in enumerate(typed, start=1):
        if (share.identifier, share.threshold) != (typed[0].identifier, typed[0].threshold):
            raise SharesMixed(share=place)
        if share.number in seen:
            raise ShareRepeated(share=place, earlier=seen[share.number])
        seen[share.number] = place
    threshold = typed[0].threshold if typed else 2
    if len(typed) < threshold:
        raise SharesTooFew(count=len(typed), threshold=threshold)
    first, more = typed[: threshold - 1], typed[threshold - 1 :]
    found = {_join([*first, share]) for share in more}
    if len(found) != 1:
        raise SharesWrong
    return found.pop()


def _join(shares: Sequence[Typed]) -> bytes:
    try:
        return bytes(combine_mnemonics([share.words for share in shares]))
    except MnemonicError as error:
        raise SharesWrong from error

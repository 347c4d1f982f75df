"""Names fold alike when they are the same name, and are found under any spelling."""

import pytest

from shared_schema.names import fold_name, name_key, search_key, search_tokens


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("  WARGA   Contoh ", "warga contoh"),
        ("Drs. H. Warga Contoh, S.Pd., M.Si", "warga contoh"),
        ("Warga Contoh S.H.", "warga contoh"),
        ("Warga Contoh, A.Md.Keb", "warga contoh"),
        ("Hj. Ma'ruf", "maruf"),
        ("José-María", "jose maria"),
        ("Contoh, Warga", "contoh warga"),
        ("Yohanes S. Hane", "yohanes s hane"),
        ("M. Contoh", "m contoh"),
        ("H.", "h"),
        ("...", ""),
    ],
)
def test_a_fold_undoes_how_a_name_is_typed(written: str, folded: str) -> None:
    """Case, spaces, accents, punctuation, titles and degrees; never the spelling."""
    assert fold_name(written) == folded


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Soedjono", "Sujono"),
        ("Tjahjadi", "Cahyadi"),
        ("Achmad Jusuf", "Ahmad Yusuf"),
        ("Chairoel", "Khairul"),
        ("Christina", "Kristina"),
        ("Moh. Contoh", "Muhammad Contoh"),
        ("Muh Contoh", "Mohammad Contoh"),
        ("Yoh. Djoemoet", "Johanes Jumut"),
        ("Frans Contoh", "Fransiskus Contoh"),
        ("Mar. Goretti", "Maria Goreti"),
    ],
)
def test_old_spellings_and_short_forms_share_a_key(old: str, new: str) -> None:
    """But they are not the same folded name."""
    assert name_key(old) == name_key(new)
    assert fold_name(old) != fold_name(new)


def test_a_lone_m_follows_the_sex() -> None:
    """Muhammad or Maria; neither where the sex is not known."""
    assert name_key("M. Contoh", "L") == name_key("Muhammad Contoh")
    assert name_key("M. Contoh", "P") == name_key("Maria Contoh")
    assert name_key("M. Contoh") == "m contoh"


def test_different_names_keep_different_keys() -> None:
    """A key is not so wide that everybody meets."""
    names = ["Warga Contoh", "Warga Conto", "Sari Contoh", "Maria", "Mario", "Yohana", "Yohanes"]
    assert len({name_key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("query", "entry"),
    [
        ("sujo", "Soedjono Contoh"),
        ("soedj", "Sujono Contoh"),
        ("contoh sujono", "Sujono Contoh"),
        ("frans", "Fransiskus Contoh"),
        ("frans", "Fransiska Contoh"),
        ("fransiskus", "Frans Contoh"),
        ("Muhammad", "M. Contoh"),
        ("Maria", "M. Contoh"),
        ("moh", "Muhammad Contoh"),
        ("Moh.", "Mohtar Contoh"),
        ("moham", "Muhammad Contoh"),
        ("Mohammad", "Muh. Contoh"),
        ("yoh", "Johanes Contoh"),
        ("Joh", "Yohanes Contoh"),
        ("Johannes", "Yoh. Contoh"),
        ("johanes", "Yohannes Contoh"),
        ("fransisc", "Frans Contoh"),
        ("Soekarno", "Sukarno Contoh"),
        ("sukarno", "Soekarno Contoh"),
        ("Djoebir", "Jubir Contoh"),
        ("jub", "Djoebir Contoh"),
        ("tjahja", "Cahya Contoh"),
        ("so", "Soeharto Contoh"),
        ("contoh so", "Soeharto Contoh"),
        ("ch", "Christina Contoh"),
        ("Nat", "Natjip Contoh"),
        ("Kh", "Khristina Contoh"),
        ("moc", "Mochamad Contoh"),
        ("ohammad", "Mohammad Contoh"),
        ("siscus", "Fransiscus Contoh"),
    ],
)
def test_a_query_finds_every_spelling(query: str, entry: str) -> None:
    """Each token occurs in the key of the entry."""
    key = search_key(entry)
    assert all(any(way in key for way in ways) for ways in search_tokens(query))


def test_only_the_last_word_is_half_typed_and_none_of_a_whole_name() -> None:
    """As typed comes first; a word before others, and a single letter, stand for themselves."""
    assert search_tokens("so") == (("so", "su"),)
    assert search_tokens("so contoh")[0] == ("so",)
    assert search_tokens("t") == (("t",),)


def test_a_known_sex_narrows_what_a_lone_m_may_mean() -> None:
    """A man called M. is not found as Maria."""
    assert "maria" not in search_key("M. Contoh", "L")
    assert search_tokens(" , ") == ()

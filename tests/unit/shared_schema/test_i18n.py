"""Texts: Indonesian where translated, English otherwise, and no place lost on the way."""

from shared_schema.i18n import Label, catalogue, translator, untranslated


def test_a_label_gives_indonesian_unless_english_is_asked_for() -> None:
    """Any language that is not English reads Indonesian."""
    label = Label(id="Warga", en="Resident")
    assert [label.text("id"), label.text("en"), label.text("fr")] == ["Warga", "Resident", "Warga"]


def test_a_translator_leaves_unknown_texts_and_english_alone() -> None:
    """Without a translation the English source is shown."""
    source = "It is not allowed here. Ask your administrator."
    assert translator("shared_schema", "id")(source).startswith("Hal ini tidak diizinkan")
    assert translator("shared_schema", "en")(source) == source
    assert translator("shared_schema", "id")("no such text") == "no such text"


def test_a_package_without_a_catalogue_has_no_texts() -> None:
    """The standard library ships no Indonesian texts of ours."""
    assert dict(catalogue("json")) == {}


def test_a_missing_translation_is_named() -> None:
    """The completeness check can fail."""
    texts = ["no such {place}", "The message cannot be read ({reason}). It was not used."]
    assert untranslated("shared_schema", texts) == ["no such {place}"]

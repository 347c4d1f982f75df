"""Whatever the programs say they can say in Indonesian; no text is kept that is never said."""

import string
from io import StringIO

import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner

from field_client.cli import main as field_client
from shared_schema.i18n import untranslated
from shared_schema.resources import read_package_text
from tests.support.source import PACKAGES, ROOT, Module
from tests.support.texts import Unresolved, of_page, spoken, translated


@pytest.mark.parametrize("package", PACKAGES)
def test_every_text_is_translated(package: str) -> None:
    """Messages, help and screens have an Indonesian text that fills in the same words."""
    assert untranslated(package, spoken(package)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_catalogue_holds_finished_texts_that_are_said(package: str) -> None:
    """None is empty, uncertain, written twice, struck out, or no longer said."""
    source = read_package_text(package, "locale", "id.po")
    messages = read_po(StringIO(source), locale="id", abort_invalid=True)
    kept = [message for message in messages if message.id]
    assert [m.id for m in kept if m.fuzzy or not m.string] == []
    assert list(messages.obsolete) == []
    assert source.count("\nmsgid ") - source.count('\nmsgid ""\nmsgstr ""\n') == len(kept)
    assert sorted({str(m.id) for m in kept} - spoken(package)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_translation_can_be_filled_in(package: str) -> None:
    """Its braces stand in pairs, and each place has a name."""
    messages = read_po(StringIO(read_package_text(package, "locale", "id.po")), locale="id")
    for message in messages:
        places = [place for _, place, _, _ in string.Formatter().parse(str(message.string))]
        assert "" not in places, message.id


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--help", "Daftarkan"),
        ("add --help", "Daftarkan"),
        ("--help --lang en", "Register"),
        ("--lang en --help", "Register"),
        ("--lang en add --help", "Register"),
        ("add --help --lang=en", "Register"),
        ("--lang en add --help --lang id", "Daftarkan"),
    ],
)
def test_help_is_indonesian_unless_english_is_asked_for(words: str, said: str) -> None:
    """Wherever --lang stands, and the last one counts."""
    shown = CliRunner().invoke(field_client, words.split())
    assert shown.exit_code == 0
    assert said in shown.output
    usage, options = ("Cara pakai:", "Pilihan:") if said == "Daftarkan" else ("Usage:", "Options:")
    assert shown.output.startswith(usage)
    assert f"\n{options}\n" in shown.output


def test_one_run_does_not_change_the_language_of_the_next() -> None:
    """English was asked for once; the next run is Indonesian again."""
    runner = CliRunner()
    runner.invoke(field_client, ["--lang", "en", "--help"])
    assert runner.invoke(field_client, ["--help"]).output.startswith("Cara pakai:")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("show", "'ID' belum diisi."),
        ("show 1 2", "2 berlebih di sini."),
        ("list --state x", "'--state': x tidak ada di antara pilihannya: draft, waiting,"),
        ("list --state", "--state harus diikuti nilainya."),
        ("shw 1", "Tidak ada perintah shw. Maksudnya show?"),
        ("status --ful", "Tidak ada pilihan --ful."),
    ],
)
def test_a_mistyped_command_is_explained_in_indonesian(words: str, reason: str) -> None:
    """Also what click itself complains about."""
    told = CliRunner().invoke(field_client, words.split())
    assert told.exit_code == 2
    assert f" dipahami. {reason} " in told.stderr


def read(source: str) -> Module:
    """Take a text for a module."""
    return Module(name="field_client.x", path=ROOT / "x.py", text=source)


def test_the_reader_follows_names_tables_loops_and_parameters() -> None:
    """Each way of translating is found; a plain call is not."""
    source = """
said = "One." if x else "Two."
TABLE = {"code": "Three"}
text(P)(said), texts("Four"), texts(TABLE[code]), print("No"), text("SELECT")
rows = [texts(word) for word, _ in (("Five", "no"), ("Six", "no"))]
def show(title): return words(title)
show("Seven")
"""
    assert set(translated(read(source))) == {
        *("One.", "Two.", "Three", "Four", "Five", "Six", "Seven")
    }


def test_the_reader_says_what_it_cannot_follow() -> None:
    """A text put together at run time would never be found in a catalogue."""
    for source in ('texts(f"{a} of {b}")', "texts(unknown)", "texts(a.b)"):
        with pytest.raises(Unresolved):
            list(translated(read(source)))


def test_the_reader_finds_the_texts_of_pages() -> None:
    """Also within macros and attributes; what is put together at run time is refused."""
    page = """<p title="{{ _('One.') }}">
        {% macro m() %}{{ _("Two {n}.").format(n=2) }}{% endmacro %}"""
    assert set(of_page(page)) == {"One.", "Two {n}."}
    with pytest.raises(Unresolved):
        list(of_page("{{ _(name) }}"))

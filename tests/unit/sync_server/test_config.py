"""Settings: read once, refused when they cannot be used."""

from pathlib import Path

import pytest

from sync_server.config import SettingInvalid, load_config


def test_everything_stands_in_the_home_by_default() -> None:
    """Database and keys are files of the home folder."""
    config = load_config({"SYNC_SERVER_HOME": "/srv/jemput"})
    assert config.database == "sqlite:////srv/jemput/server.db"
    assert config.secret_file == Path("/srv/jemput/secret.json")
    assert config.admin_passphrase is None


def test_each_setting_is_taken() -> None:
    """Database, keys and passphrase may be given."""
    config = load_config(
        {
            "SYNC_SERVER_HOME": "/srv/jemput",
            "SYNC_SERVER_DATABASE": "sqlite:////data/db.sqlite",
            "SYNC_SERVER_SECRET_FILE": "/keys/secret",
            "SYNC_SERVER_ADMIN_PASSPHRASE": "sandi",
        }
    )
    assert config.database == "sqlite:////data/db.sqlite"
    assert config.secret_file == Path("/keys/secret")
    assert config.admin_passphrase == "sandi"
    assert "sandi" not in repr(config)


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "sqlite:///:memory:", "mysql://h/x"])
def test_a_database_that_cannot_be_used_is_named(url: str) -> None:
    """No store in memory and no unknown engine: what was confirmed must last."""
    with pytest.raises(SettingInvalid, match="SYNC_SERVER_DATABASE"):
        load_config({"SYNC_SERVER_DATABASE": url})


@pytest.mark.parametrize("text", ["-1", "satu", "10", "1.5"])
def test_the_number_of_proxies_is_a_small_number(text: str) -> None:
    """Anything else is named, and none are believed by default."""
    with pytest.raises(SettingInvalid) as refused:
        load_config({"SYNC_SERVER_TRUSTED_PROXIES": text})
    assert "SYNC_SERVER_TRUSTED_PROXIES" in str(refused.value)
    assert load_config({}).proxies == 0
    assert load_config({"SYNC_SERVER_TRUSTED_PROXIES": "1"}).proxies == 1

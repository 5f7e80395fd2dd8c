"""The settings: what each is, what is refused, and what is shown."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.setting import SettingsError, variable_of


def test_every_setting_says_what_it_means_and_in_which_unit() -> None:
    """Numbers have a unit, except the port; sentences end with a full stop."""
    for one in fields(Settings):
        assert one.metadata["meaning"].endswith(".")
        if one.type in (int, float) and one.name != "port":
            assert one.metadata["unit"]
        if isinstance(one.default, float | int) and not isinstance(one.default, bool):
            assert one.metadata["least"] is not None


def test_settings_are_frozen() -> None:
    """Nobody changes them after they were read."""
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_nothing_set_is_the_defaults() -> None:
    """An empty variable, or one of blanks, counts as not set; variables of others are not ours."""
    blank = {variable_of(one): " " for one in fields(Settings)}
    assert Settings.from_environment({}) == Settings.from_environment(blank) == Settings()
    assert Settings.from_environment({"PORT": "1", "gateway_port": "2"}) == Settings()


def test_each_variable_is_read_by_its_type() -> None:
    """Whole numbers, numbers, paths with a tilde, and names in any case."""
    settings = Settings.from_environment(
        {
            "GATEWAY_HOST": "::1",
            "GATEWAY_PORT": " 0 ",
            "GATEWAY_DATABASE_URL": "postgres://h/db",
            "GATEWAY_REDIS_URL": "unix:///tmp/redis.sock",
            "GATEWAY_DATA_DIR": "~/data",
            "GATEWAY_BAR_GRACE_SECONDS": "0.5",
            "GATEWAY_LOG_LEVEL": "debug",
        }
    )
    assert settings == Settings(
        host="::1",
        port=0,
        database_url="postgres://h/db",
        redis_url="unix:///tmp/redis.sock",
        data_dir=Path.home() / "data",
        bar_grace_seconds=0.5,
        log_level="DEBUG",
    )


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("ENGINE", ["auto", "on", "off"], ["yes", "ON", "1"]),
        ("ENGINE_INTERVALS", ["D1", "D1,h1, M5", "W1"], ["D1,", "D2", "D1,D1", "D1;H1"]),
        ("ENGINE_HORIZON_BARS", ["1", "250"], ["0", "251", "1000000000", "x"]),
        ("ENGINE_SHARD", ["0/1", "2/3", "999/1000"], ["1/1", "3/2", "-1/2", "0/0", "1", "a/b", "0/1001"]),
    ],
)
def test_what_the_engine_is_told(name: str, good: list[str], bad: list[str]) -> None:
    """What can be right, and what is refused with its name."""
    for text in good:
        assert Settings.from_environment({f"GATEWAY_{name}": text}) is not None
    for text in bad:
        with pytest.raises(SettingsError, match=f"GATEWAY_{name} must be .*, was "):
            Settings.from_environment({f"GATEWAY_{name}": text})


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("GATEWAY_PORT", "ten", "GATEWAY_PORT must be a whole number of at least 0, was 'ten'"),
        ("GATEWAY_PORT", "1.5", "GATEWAY_PORT must be a whole number of at least 0, was '1.5'"),
        ("GATEWAY_PORT", "-1", "GATEWAY_PORT must be a whole number of at least 0, was '-1'"),
        ("GATEWAY_PORT", "65536", "GATEWAY_PORT must be at most 65535, was '65536'"),
        ("GATEWAY_MAX_BARS", "0", "GATEWAY_MAX_BARS must be a whole number of at least 1, was '0'"),
        ("GATEWAY_DATABASE_CONNECTIONS", "0", "must be a whole number of at least 2, was '0'"),
        ("GATEWAY_BAR_GRACE_SECONDS", "nan", "GATEWAY_BAR_GRACE_SECONDS must be a number of at least 0, was 'nan'"),
        ("GATEWAY_BAR_GRACE_SECONDS", "inf", "GATEWAY_BAR_GRACE_SECONDS must be a number of at least 0, was 'inf'"),
        ("GATEWAY_LOG_LEVEL", "loud", "GATEWAY_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, was 'loud'"),
        (
            "GATEWAY_REDIS_URL",
            "localhost:6379",
            "GATEWAY_REDIS_URL must begin with redis:// or rediss:// or unix://, was '…'",
        ),
        ("GATEWAY_DATABASE_URL", "mysql://me:s3cret@h", "postgres://, was 'mysql://me:…@h'"),
        ("GATEWAY_DATABASE_URL", "postgresql://me:s3#cret@h", "escaped, was 'postgresql://…'"),
        ("GATEWAY_PROT", "1", "GATEWAY_PROT is not a setting; there are GATEWAY_ABSENT_CACHE_SECONDS, "),
    ],
)
def test_what_cannot_be_right_is_told(variable: str, text: str, message: str) -> None:
    """The variable, what was expected and what was found; never a password."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({variable: text})
    assert message in str(caught.value)
    assert "s3" not in str(caught.value)


def test_shown_settings_name_every_variable() -> None:
    """With values and units."""
    rows = {name: (value, unit) for name, value, unit in Settings(redis_url="redis://:x@h").shown()}
    assert list(rows) == [variable_of(one) for one in fields(Settings)]
    assert rows["GATEWAY_REDIS_URL"] == ("redis://:…@h", "URL")
    assert rows["GATEWAY_DATABASE_URL"] == ("", "DSN")
    assert rows["GATEWAY_SHUTDOWN_GRACE_SECONDS"] == ("10", "seconds")


def test_a_models_key_is_shown_nowhere() -> None:
    """Neither by the settings themselves, nor by what lists them; nor a password of its URL."""
    environment = {
        "GATEWAY_LLM_URL": "https://me:hush@models.example/v1",
        "GATEWAY_LLM_MODEL": "a-model",
        "GATEWAY_LLM_KEY": "sk-not-to-be-seen",
    }
    settings = Settings.from_environment(environment)
    assert settings.llm_key == "sk-not-to-be-seen"
    assert "sk-not-to-be-seen" not in repr(settings)
    shown = {name: value for name, value, _ in settings.shown()}
    assert (shown["GATEWAY_LLM_KEY"], shown["GATEWAY_LLM_MODEL"]) == ("…", "a-model")
    assert shown["GATEWAY_LLM_URL"] == "https://me:…@models.example/v1"
    assert {name: value for name, value, _ in Settings().shown()}["GATEWAY_LLM_KEY"] == ""


def test_an_endpoint_without_a_model_is_refused() -> None:
    """Nobody would know which one to ask."""
    with pytest.raises(SettingsError, match="GATEWAY_LLM_MODEL must be set where GATEWAY_LLM_URL is"):
        Settings.from_environment({"GATEWAY_LLM_URL": "http://localhost:11434"})


@pytest.mark.parametrize("key", ["sk-\u201ct\u201d", "sk-\u043a\u043b\u044e\u0447", "sk-one\ttwo"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(key: str) -> None:
    """As it is when it was copied with quotation marks of a text program."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(
            {"GATEWAY_LLM_URL": "http://localhost:11434", "GATEWAY_LLM_MODEL": "a-model", "GATEWAY_LLM_KEY": key}
        )
    assert str(caught.value) == "GATEWAY_LLM_KEY must be of printable ASCII characters, was not"

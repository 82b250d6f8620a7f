from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from rulemint_shared.process.settings import SettingsError, describe, read_settings, render_help


class Example(msgspec.Struct, frozen=True, kw_only=True):
    redis_url: Annotated[str, Meta(description="Where.", pattern="^redis://")]
    port: Annotated[int, Meta(description="Which port.", ge=1, le=65_535)] = 8080
    data: Annotated[Path | None, Meta(description="Which folder.")] = None
    verbose: Annotated[bool, Meta(description="Say more.")] = False


GOOD = {"RULEMINT_REDIS_URL": "redis://x"}


def test_unset_and_empty_variables_take_their_defaults() -> None:
    settings = read_settings(Example, {**GOOD, "RULEMINT_PORT": "", "OTHER": "1"})
    assert settings == Example(redis_url="redis://x")


def test_texts_become_values_of_the_field_s_type() -> None:
    settings = read_settings(
        Example, {**GOOD, "RULEMINT_PORT": "80", "RULEMINT_DATA": "/data", "RULEMINT_VERBOSE": "1"}
    )
    assert settings == Example(redis_url="redis://x", port=80, data=Path("/data"), verbose=True)


@pytest.mark.parametrize(
    ("environment", "parts"),
    [
        pytest.param({}, ["RULEMINT_REDIS_URL is not set", "Where."], id="required and missing"),
        pytest.param({**GOOD, "RULEMINT_PORT": "x"}, ["RULEMINT_PORT", "whole number", "'x'"], id="no number"),
        pytest.param({**GOOD, "RULEMINT_PORT": "0"}, ["RULEMINT_PORT", "at least 1"], id="out of bounds"),
        pytest.param({**GOOD, "RULEMINT_VERBOSE": "perhaps"}, ["RULEMINT_VERBOSE"], id="no truth value"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(environment: dict[str, str], parts: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(Example, environment)
    text = str(refused.value)
    assert "\n" not in text
    assert all(part in text for part in parts)


def test_a_url_is_never_repeated_in_an_error_because_it_may_hold_a_password() -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(Example, {"RULEMINT_REDIS_URL": "http://:hunter2@x"})
    assert "hunter2" not in str(refused.value)


def test_help_shows_every_setting_with_its_default() -> None:
    assert describe(Example)[1] == ("RULEMINT_PORT", "8080", "Which port.")
    assert "RULEMINT_VERBOSE" in render_help(Example)

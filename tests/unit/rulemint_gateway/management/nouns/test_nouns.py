"""A field of a noun is everywhere where fields of it are: what takes it, what shows it, and what a file says."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, get_type_hints

import msgspec
import pytest
from msgspec import UNSET

import rulemint_gateway.auth0
import rulemint_gateway.management
from fixtures.nouns import NOUNS, Noun, names
from rulemint_cli.configuration import document, kept_fields
from rulemint_gateway.management.nouns.etags import WithSecrets
from rulemint_gateway.management.nouns.placement import Placement
from rulemint_gateway.management.tenants.settings import PatchTenantSettings, TenantSettingsAnswer

nouns = pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)


@nouns
def test_patch_takes_what_post_takes(noun: Noun) -> None:
    assert names(noun.create) - noun.never_changed.keys() == names(noun.patch) - noun.only_changed.keys()


@nouns
def test_a_field_has_the_same_bounds_in_patch_as_in_post(noun: Noun) -> None:
    created = {field.encode_name: field for field in msgspec.structs.fields(noun.create)}
    for field in msgspec.structs.fields(noun.patch):
        if field.encode_name in created and field.encode_name not in noun.patched_otherwise:
            assert _said(field) == _said(created[field.encode_name]), field.name


@nouns
def test_an_answer_has_what_the_bodies_take(noun: Noun) -> None:
    missing = (names(noun.create) | names(noun.patch)) - names(noun.answer)
    assert missing == set(noun.not_shown)


@nouns
def test_the_use_cases_take_and_answer_what_they_say(noun: Noun) -> None:
    for method, body in (("create", noun.create), ("patch", noun.patch)):
        hints = get_type_hints(getattr(noun.use_cases, method))
        assert hints["body"] is body
        assert hints["return"] in {noun.answer, WithSecrets[noun.answer]}  # type: ignore[name-defined]  # a value, not a type to mypy


@nouns
def test_a_file_says_what_post_takes(noun: Noun) -> None:
    if noun.file is not None:
        in_file = names(noun.file) | noun.kept
        assert names(noun.create) - in_file == set(noun.not_in_file)


@nouns
def test_a_record_of_a_file_has_the_defaults_of_post(noun: Noun) -> None:
    """What a file leaves out is what POST makes of it when it is left out; None is not sent at all."""
    if noun.file is None:
        return
    created = {field.name: _default(field) for field in msgspec.structs.fields(noun.create)}
    for field in msgspec.structs.fields(noun.file):
        default = _default(field)
        if field.name in created and default is not None and field.name != "kept":
            said = created[field.name]
            assert default == "" if said is None else msgspec.json.encode(said) == msgspec.json.encode(default), (
                field.name
            )


def test_settings_are_shown_and_are_in_a_file() -> None:
    assert names(PatchTenantSettings) == names(TenantSettingsAnswer)
    assert names(PatchTenantSettings) == names(document.Settings) - {"kept"} | kept_fields.SETTINGS


def test_no_noun_is_left_out() -> None:
    found = set()
    for room in (rulemint_gateway.management, rulemint_gateway.auth0):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and hasattr(value, "create_body"):
                    found.add(value)
    assert found == {noun.use_cases for noun in NOUNS.values()}


class _Body(msgspec.Struct):
    name: str
    colour: str = ""


class _Record(msgspec.Struct):
    id: str
    name: str


def test_a_field_that_no_record_has_fails_when_it_is_placed() -> None:
    with pytest.raises(TypeError, match=r"_Body\.colour is stored nowhere: add it to _Record"):
        Placement(_Body, into=(_Record,))
    places = Placement(_Body, into=(_Record,), apart={"colour"})
    assert places.given(_Body(name="a", colour="red"), _Record) == {"name": "a"}


def _said(field: msgspec.structs.FieldInfo) -> list[msgspec.inspect.Type]:
    """The types of a value that says something: null does not where it is the default."""
    wanted = msgspec.inspect.type_info(field.type)
    types = list(wanted.types) if isinstance(wanted, msgspec.inspect.UnionType) else [wanted]
    return [each for each in types if field.default is not None or not isinstance(each, msgspec.inspect.NoneType)]


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.default in {msgspec.NODEFAULT, UNSET} else field.default

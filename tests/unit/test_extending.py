"""What a recipe of docs/extending.md is red about, where no other test is: one thing is known in several places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from inspect import getsource
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest
import typer
from msgspec import inspect

from rulemint_cli.__main__ import app
from rulemint_cli.commands.system import logs
from rulemint_cli.rules.rule_file import language_of
from rulemint_cli.rules.type_files import NAMES
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.oauth.errors import OAuthError, UnsupportedGrantType
from rulemint_gateway.oauth.grant_types import GRANT_TYPES, TEXT_PARAMETERS, without_credentials
from rulemint_gateway.oauth.token_request import parse_token_request
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.web.metadata import server_metadata
from rulemint_gateway.web.openapi import parameters
from rulemint_gateway.web.token_endpoint.endpoint import TokenBody
from rulemint_runner.hosts.languages import Languages
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.contract.dependencies import Registry, registry_of
from rulemint_shared.contract.records import Language
from rulemint_shared.process.settings import describe

ROOT = Path(__file__).parents[2]
FILTERS = LogFilter.__struct_fields__
UNHASHABLE = (inspect.ListType, inspect.DictType, inspect.SetType, inspect.AnyType, inspect.RawType)
NUMBERS = (inspect.IntType, inspect.FloatType)
PARTS = ("types", "item_types", "item_type", "fields", "type")
"""Where `msgspec.inspect` keeps the types within a type."""
SERVICES = [
    pytest.param(GatewaySettings, ROOT / "gateway/rulemint_gateway", id="gateway"),
    pytest.param(RunnerSettings, ROOT / "rule-runner/rulemint_runner", id="runner"),
]
DOCUMENTED_GRANT_TYPES = get_args(get_type_hints(TokenBody)["grant_type"])
SEEN_BY_RULES = {"grant_type", "client_id", "audience", "resource", "scope"}
LOGS_PAGE = ROOT / "docs/logs.md"
PROGRAMS = ROOT / "rule-runner/rulemint_runner/host_programs"


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_logs_can_be_hashed(name: str) -> None:
    """Watchers with equal filters share one batch, which is found by the filter's hash."""
    (field,) = [each for each in inspect.type_info(LogFilter).fields if each.name == name]  # type: ignore[attr-defined]  # it is a struct
    assert not [each for each in _within(field.type) if isinstance(each, UNHASHABLE)]


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_logs_hides_something(name: str) -> None:
    """`shows` asks for each field; what that hides, test_filters says."""
    assert f"self.{name} is None" in getsource(LogFilter.shows)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_logs_is_on_the_page_about_logs(name: str) -> None:
    rows = [line for line in LOGS_PAGE.read_text().splitlines() if line.startswith("|")]
    assert f"`{name}`" in " ".join(row.split("|")[1] for row in rows)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_logs_is_described_in_the_document(name: str) -> None:
    assert parameters._IN_QUERIES[name]


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_of_logs_is_an_option_of_the_command_line(name: str) -> None:
    command = typer.main.get_command(app).commands["logs"]  # type: ignore[attr-defined]  # it is a group
    assert f"--{name.removesuffix('_id')}" in {option for parameter in command.params for option in parameter.opts}


def test_the_command_line_sends_every_filter_of_logs() -> None:
    """An option alone would filter nothing, and one option must not stand for two filters."""
    (sent,) = [
        node.value
        for node in ast.walk(ast.parse(getsource(logs)))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "filters"
    ]
    assert isinstance(sent, ast.Dict)
    assert {ast.literal_eval(key) for key in sent.keys if key is not None} == set(FILTERS)
    assert len({ast.unparse(value) for value in sent.values}) == len(FILTERS)


@pytest.mark.parametrize("settings", [GatewaySettings, RunnerSettings])
def test_every_setting_says_what_it_is(settings: type[msgspec.Struct]) -> None:
    assert [name for name, _default, text in describe(settings) if not text] == []


@pytest.mark.parametrize("settings", [GatewaySettings, RunnerSettings])
def test_every_number_of_the_settings_has_a_bound(settings: type[msgspec.Struct]) -> None:
    """Few numbers may be negative, and a service is to say so when it starts."""
    fields = inspect.type_info(settings).fields  # type: ignore[attr-defined]  # it is a struct
    numbers = [(field.name, each) for field in fields for each in _within(field.type) if isinstance(each, NUMBERS)]
    assert numbers
    assert [name for name, number in numbers if number.ge is None and number.gt is None] == []


@pytest.mark.parametrize(("settings", "package"), SERVICES)
def test_every_setting_is_read_by_its_service(settings: type[msgspec.Struct], package: Path) -> None:
    attributes = {
        node.attr
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert [name for name in settings.__struct_fields__ if name not in attributes] == []


@pytest.mark.parametrize("language", Language)
def test_every_language_has_a_program_an_attack_a_file_name_and_a_registry(language: Language) -> None:
    assert registry_of(language) in Registry
    assert language_of(Path(f"rule.{language.suffix}"), None) is language
    languages = Languages()
    program = languages.program(language)
    suffixes = {each.suffix for each in Language if languages.program(each) == program}
    assert any((PROGRAMS / f"attacks/attack.{suffix}").exists() for suffix in suffixes)


@pytest.mark.parametrize("folder", ["shared", "gateway", "rule-runner", "cli"])
def test_languages_and_registries_are_told_apart_by_a_match_that_mypy_checks(folder: str) -> None:
    """A comparison with one language is silent about the next; a `match` that ends in `assert_never` is not."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Compare | ast.Match) and _tells_apart_silently(node)
    ]
    assert silent == []


@pytest.mark.parametrize("place", ["tests/abuse/rules", "sdk"])
@pytest.mark.parametrize("language", Language)
def test_every_language_has_hostile_rules_and_a_test_kit(language: Language, place: str) -> None:
    """TypeScript's are JavaScript's: one program runs both."""
    folder = ROOT / place / language.replace("typescript", "javascript")
    assert any(folder.iterdir())


@pytest.mark.parametrize("page", ["rules.md", "testing-rules.md", "dependencies.md"])
@pytest.mark.parametrize("language", Language)
def test_every_language_is_on_the_pages_for_authors(language: Language, page: str) -> None:
    assert re.search(rf"\b{language}\b", (ROOT / "docs" / page).read_text(), re.IGNORECASE)


@pytest.mark.parametrize("language", Language)
def test_every_language_has_types_for_editors(language: Language) -> None:
    """JavaScript reads TypeScript's."""
    suffix = f".{language.suffix.replace('js', 'ts')}"
    assert [name for name in NAMES if name.endswith((f".d{suffix}", f"{suffix}i"))]


def test_the_declared_grant_types_are_announced_and_in_the_document() -> None:
    assert server_metadata("https://acme.example/", in_use=())["grant_types_supported"] == list(GRANT_TYPES)
    assert set(DOCUMENTED_GRANT_TYPES) == set(GRANT_TYPES)


@pytest.mark.parametrize("grant_type", GRANT_TYPES)
def test_every_declared_grant_type_is_taken(grant_type: str) -> None:
    with pytest.raises(OAuthError) as caught:
        parse_token_request({"grant_type": grant_type}, None)
    assert not isinstance(caught.value, UnsupportedGrantType)


def test_every_parameter_of_the_document_is_declared_by_a_grant_type() -> None:
    assert set(TokenBody.__struct_fields__) == set(TEXT_PARAMETERS)


def test_rules_see_no_declared_parameter_that_proves_who_asks() -> None:
    """A grant that brings a proof declares it as a credential. Any other new parameter must be in `SEEN_BY_RULES`."""
    assert set(without_credentials(dict.fromkeys(TEXT_PARAMETERS, "x"))) == SEEN_BY_RULES


def test_only_client_authentication_makes_an_authenticated_client() -> None:
    """So no grant type gets past it: `check_grant` takes no other client."""
    package = ROOT / "gateway/rulemint_gateway"
    makers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("AuthenticatedClient")
    }
    assert makers == {"oauth/client_authentication.py"}


def test_every_recipe_names_the_test_that_tells() -> None:
    recipes = re.split(r"^## ", (ROOT / "docs/extending.md").read_text(), flags=re.MULTILINE)[1:]
    assert recipes
    assert [recipe.partition("\n")[0] for recipe in recipes if "| red when forgotten |" not in recipe] == []


def _tells_apart_silently(node: ast.Compare | ast.Match) -> bool:
    """Whether *node* compares with a member of `Language` or `Registry`, or matches some of them only."""
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        listed = [each for operand in operands if isinstance(operand, ast.Tuple | ast.Set) for each in operand.elts]
        return any(_is_member(each) for each in [*operands, *listed])
    asked = any(_is_member(part) for case in node.cases for part in ast.walk(case.pattern))
    return asked and "assert_never" not in ast.unparse(node.cases[-1])


def _is_member(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node.value) in {"Language", "Registry"}


def _within(type_: inspect.Type) -> Iterator[inspect.Type]:
    """*type_* and every type that it is made of."""
    yield type_
    for part in PARTS:
        inner = getattr(type_, part, ())
        for each in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(each, inspect.Type):
                yield from _within(each)

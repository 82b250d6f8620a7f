from __future__ import annotations

from importlib.util import cache_from_source
from pathlib import Path

import pytest

from rulemint_runner.hosts.languages import Languages
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_shared.contract.records import Language

program_of = Languages().program
DENO = program_of(Language.JAVASCRIPT).policy
PYTHON = program_of(Language.PYTHON).policy


@pytest.mark.parametrize("permission", ["read", "write", "net", "env", "sys", "run", "ffi", "import"])
def test_deno_is_denied_every_permission(permission: str) -> None:
    assert f"--deny-{permission}" in DENO.argv


def test_deno_is_allowed_nothing() -> None:
    assert not [argument for argument in DENO.argv if argument.startswith(("--allow", "-A"))]


@pytest.mark.parametrize("flag", ["--no-prompt", "--no-config", "--no-remote", "--no-npm", "--cached-only"])
def test_deno_neither_asks_nor_reads_nor_fetches_anything(flag: str) -> None:
    assert flag in DENO.argv


def test_deno_has_no_jit_and_a_bounded_heap() -> None:
    (flags,) = [argument for argument in DENO.argv if argument.startswith("--v8-flags=")]
    assert "--jitless" in flags
    assert "--max-old-space-size=" in flags


def test_typescript_runs_as_javascript_does() -> None:
    assert program_of(Language.TYPESCRIPT).policy == DENO


def test_python_is_isolated_from_environment_user_and_installed_packages() -> None:
    assert {"-s", "-P", "-S", "-B"} <= set(PYTHON.argv)  # and its environment is empty


def test_the_python_host_is_compiled_before_it_starts() -> None:
    """A host writes no file, so it would compile all of them at each start."""
    (main,) = [Path(argument) for argument in PYTHON.argv if argument.endswith("main.py")]
    files = {*main.parent.glob("*.py")} - {main}
    assert files
    assert [file.name for file in files if not Path(cache_from_source(file)).exists()] == []


def test_a_host_inherits_no_variable() -> None:
    assert {name for name, _ in DENO.environment} == {"DENO_DIR", "DENO_NO_UPDATE_CHECK", "NO_COLOR"}
    assert PYTHON.environment == ()


@pytest.mark.parametrize("policy", [DENO, PYTHON], ids=["deno", "python"])
def test_a_host_is_a_program_by_its_full_path_and_our_own_file(policy: SandboxPolicy) -> None:
    assert Path(policy.argv[0]).is_absolute()
    (own,) = [Path(argument) for argument in policy.argv[1:] if "host_programs" in Path(argument).parts]
    assert own.is_file()


@pytest.mark.parametrize("policy", [DENO, PYTHON], ids=["deno", "python"])
def test_a_host_writes_no_file_and_has_few_descriptors_and_bounded_memory(policy: SandboxPolicy) -> None:
    assert policy.max_file_bytes == 0
    assert policy.max_open_files <= 64
    assert policy.max_stack_bytes <= 8 * 1024 * 1024
    memory = policy.max_data_bytes or policy.max_address_space_bytes
    assert memory is not None
    assert memory <= 512 * 1024 * 1024


@pytest.mark.parametrize("language", Language)
def test_a_rule_with_more_memory_may_have_more_at_every_layer(language: Language) -> None:
    usual, more = program_of(language, memory_mb=64), program_of(language, memory_mb=128)
    mib = 1024 * 1024
    assert more.policy.max_data_bytes == (usual.policy.max_data_bytes or 0) + 64 * mib
    assert more.max_private_bytes == usual.max_private_bytes + 64 * mib
    if language is not Language.PYTHON:
        assert [flag for flag in more.policy.argv if "--max-old-space-size=128," in flag]


def test_a_policy_grants_nothing_that_it_does_not_name() -> None:
    policy = SandboxPolicy(argv=("/bin/true",))
    assert policy.environment == ()
    assert policy.max_file_bytes == 0


def test_every_language_has_a_program_and_a_file_name() -> None:
    assert {program_of(language).policy.argv for language in Language} == {DENO.argv, PYTHON.argv}
    assert len({language.suffix for language in Language}) == len(Language)

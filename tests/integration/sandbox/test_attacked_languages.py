from __future__ import annotations

from fixtures.hosts import LANGUAGES
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_runner.self_check.attacks import attack
from rulemint_shared.contract.records import Language


async def test_the_self_check_attacks_the_program_of_every_language(sandbox: Sandbox) -> None:
    """One language stands for those that the same program runs: JavaScript for TypeScript."""
    attacked = {LANGUAGES.program(Language(each.host)).policy for each in await attack(sandbox, LANGUAGES)}
    assert attacked == {LANGUAGES.program(language).policy for language in Language}

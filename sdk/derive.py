"""Make the test kits' parts that are the rule contract anew from the code that runs rules: ``make sdk``.

A kit runs a rule by the same files as a host, so that both say the same. It has copies, because an author installs it
without the rest of Rulemint. A test fails when a copy is not what this program makes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from rulemint_gateway.management.clients.bodies import MAX_METADATA
from rulemint_runner.egress import invocation_calls
from rulemint_runner.egress import messages as egress
from rulemint_runner.flow import claim_names, granting, invocation_log, invocation_state, load_frames
from rulemint_shared import scopes
from rulemint_shared.contract import messages, records, rule_state

ROOT = Path(__file__).parents[1]
RUNNER = "rule-runner/rulemint_runner"
SHARED = "shared/rulemint_shared"
PYTHON_HOST = f"{RUNNER}/host_programs/python"
JAVASCRIPT_HOST = f"{RUNNER}/host_programs/deno"
PYTHON_KIT = "sdk/python/rulemint"
JAVASCRIPT_KIT = "sdk/javascript"

PYTHON_ROOTS = ("capture", "rule", "strays")
JAVASCRIPT_ROOTS = ("action", "common_js", "fetch", "forms", "source")
"""Files of the hosts that the kits use. What these import is copied too."""
PYTHON_REPLACED = ("channel", "contract")
REPLACED = ("calls", "capture", "channel", "invocation", "leaving", "strays")
"""Files of the hosts that need a sandbox. The kits have their own."""
OTHER_PYTHON_FILES = {
    "allow_list": f"{SHARED}/allow_list.py",
    "claim_names": f"{RUNNER}/flow/claim_names.py",
    "egress_errors": f"{RUNNER}/egress/errors.py",
    "forms": f"{RUNNER}/hosts/wire/forms.py",
    "granting": f"{RUNNER}/flow/granting.py",
    "host_contract": f"{SHARED}/host_contract.py",
    "masks": f"{RUNNER}/flow/masks.py",
    "masking": f"{SHARED}/secrets/masking.py",
    "scopes": f"{SHARED}/scopes.py",
    "secret_names": f"{SHARED}/secrets/names.py",
    "travelling": f"{SHARED}/contract/travelling.py",
    "urls": f"{RUNNER}/egress/urls.py",
}
"""By their names in the kit, the files that it has copies of."""
HOST_CONTRACT = f"{SHARED}/host_contract.json"
PYTHON_CONTRACT = """import json

from rulemint._contract.host_contract import HOST_CONTRACT_FILE

CONTRACT = json.loads(HOST_CONTRACT_FILE.read_bytes())
"""
"""In the place of the host's file, which has its path of the runner."""
COPIES = {
    f"{PYTHON_KIT}/__init__.pyi": "cli/rulemint_cli/rules/editor_types/rulemint.pyi",
    f"{JAVASCRIPT_KIT}/rulemint.d.ts": "cli/rulemint_cli/rules/editor_types/rulemint.d.ts",
}
BOUNDS = {
    "MAX_CALLS": invocation_calls.MAX_CALLS,
    "MAX_RESPONSE_BYTES": egress.MAX_BODY_BYTES,
    "MAX_OPERATIONS": invocation_state.MAX_OPERATIONS,
    "MAX_DOCUMENT_BYTES": rule_state.MAX_DOCUMENT_BYTES,
    "MAX_LINES": invocation_log.MAX_LINES,
    "MAX_LINE_CHARACTERS": invocation_log.MAX_LINE_CHARACTERS,
    "MAX_LOG_BYTES": records.MAX_LOG_BYTES,
    "LOG_IS_FULL": invocation_log.FULL,
    "MAX_RESULT_BYTES": records.MAX_RESULT_BYTES,
    "MAX_DETAIL": messages.MAX_DETAIL,
    "MAX_DENIAL": messages.MAX_DENIAL,
    "MAX_METADATA": MAX_METADATA,
    "META": load_frames.META,
}
"""What the runner and the gateway allow, by the names that both kits use."""
ONLY_JAVASCRIPT = {
    "MAX_DEPTH": granting.MAX_DEPTH,
    "MAX_SCOPES": scopes.MAX_SCOPES,
    "MAX_SCOPE_CHARACTERS": scopes.MAX_SCOPE_CHARACTERS,
    "BEYOND_CEILING": granting.BEYOND_CEILING,
    "BEYOND_GRANT": granting.BEYOND_GRANT,
    "NO_SCOPE": granting.NO_SCOPE,
    "RESERVED": sorted(claim_names.RESERVED),
    "FOREIGN_HOSTS": list(claim_names.FOREIGN_HOSTS),
    "AUTH0_URN": claim_names.AUTH0_URN,
}
"""What the kit for Python has in its copies, and the one for JavaScript spells in its own language."""


def main() -> None:
    """Write every file that differs."""
    for name, text in derived().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(name)  # noqa: T201  # the one who calls wants to know


def python_files() -> dict[str, str]:
    """By their names in the kit for Python, the files that it has copies of."""
    imported = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)
    host = _with_imports(PYTHON_HOST, ".py", imported, PYTHON_ROOTS, PYTHON_REPLACED)
    return {name: f"{PYTHON_HOST}/{name}.py" for name in host} | OTHER_PYTHON_FILES


def javascript_files() -> list[str]:
    """The names of the files of the JavaScript host that its kit has copies of."""
    return _with_imports(JAVASCRIPT_HOST, ".js", re.compile(r'"\./(\w+)\.js"'), JAVASCRIPT_ROOTS, REPLACED)


def _with_imports(
    folder: str, suffix: str, imported: re.Pattern[str], roots: tuple[str, ...], replaced: tuple[str, ...]
) -> list[str]:
    """*roots*, and what they import of *folder*, as far as it is not *replaced*."""
    found: list[str] = []
    left = list(roots)
    while left:
        name = left.pop()
        if name in found or name in replaced or not (ROOT / folder / f"{name}{suffix}").is_file():
            continue
        found.append(name)
        left += imported.findall(_read(f"{folder}/{name}{suffix}"))
    return sorted(found)


def derived() -> dict[str, str]:
    """The text of each file that is made here, by its path from the repository's root."""
    made = {target: _note("# ", source) + _read(source) for target, source in COPIES.items() if target.endswith("pyi")}
    made |= {target: _note("// ", source) + _read(source) for target, source in COPIES.items() if target.endswith("ts")}
    files = python_files()
    for name, source in files.items():
        made[f"{PYTHON_KIT}/_contract/{name}.py"] = _note("# ", source) + _with_kit_imports(_read(source), files)
    made[f"{PYTHON_KIT}/_contract/__init__.py"] = (
        '"""Hold rules to what a host and the runner hold them to, by the same files."""\n'
    )
    made[f"{PYTHON_KIT}/_contract/contract.py"] = "# Made by sdk/derive.py: run `make sdk`.\n" + PYTHON_CONTRACT
    made[f"{PYTHON_KIT}/_contract/host_contract.json"] = _read(HOST_CONTRACT)
    made[f"{JAVASCRIPT_KIT}/contract/host_contract.js"] = (
        _note("// ", HOST_CONTRACT) + f"export default {_read(HOST_CONTRACT).rstrip()};\n"
    )
    made[f"{PYTHON_KIT}/_contract/bounds.py"] = "# Made by sdk/derive.py: run `make sdk`.\n" + "".join(
        f"{name} = {value!r}\n" for name, value in BOUNDS.items()
    )
    made[f"{JAVASCRIPT_KIT}/contract/bounds.js"] = "// Made by sdk/derive.py: run `make sdk`.\n" + "".join(
        f"export const {name} = {json.dumps(value)};\n" for name, value in {**BOUNDS, **ONLY_JAVASCRIPT}.items()
    )
    for name in (*(f"{name}.js" for name in javascript_files()), "frames.d.ts"):
        source = f"{JAVASCRIPT_HOST}/{name}"
        made[f"{JAVASCRIPT_KIT}/contract/{name}"] = _note("// ", source) + _with_replaced(_read(source))
    return made


def _note(comment: str, source: str) -> str:
    return f"{comment}Made by sdk/derive.py of {source}: change that, and run `make sdk`.\n"


def _read(source: str) -> str:
    return (ROOT / source).read_text()


def _with_kit_imports(text: str, files: dict[str, str]) -> str:
    """Have a Python file import the kit's files instead of its neighbours."""
    text = text.replace("from channel import Channel", "from rulemint._channel import Channel")
    text = text.replace("from contract import CONTRACT", "from rulemint._contract.contract import CONTRACT")
    for name, source in files.items():
        modules = {name} if source.startswith(PYTHON_HOST) else {_module_of(source)}
        for module in map(re.escape, modules):
            text = re.sub(rf"^from {module} import", f"from rulemint._contract.{name} import", text, flags=re.MULTILINE)
            text = re.sub(rf"^import {module}$", f"from rulemint._contract import {name}", text, flags=re.MULTILINE)
    return text


def _module_of(source: str) -> str:
    return source.partition("/")[2].removesuffix(".py").replace("/", ".")


def _with_replaced(text: str) -> str:
    """Have a JavaScript file import what the kit has of its own from there. Older versions of Node import no JSON."""
    text = text.replace('"host:contract" with { type: "json" }', '"./host_contract.js"')
    return re.sub(rf'"\./({"|".join(REPLACED)})\.js"', r'"../host/\1.js"', text)


if __name__ == "__main__":
    main()

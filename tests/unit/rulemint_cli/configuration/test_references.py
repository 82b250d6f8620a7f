from __future__ import annotations

from rulemint_cli.configuration.document import Client, Document, Rule
from rulemint_cli.configuration.present import Present
from rulemint_cli.configuration.references import with_ids, with_names
from rulemint_shared.cases.format import Case, Expected, TestClient

PRESENT = Present(
    document=Document(rulemint=1), ids={}, client_names={"c_1": "robot"}, protected=frozenset(), management="https://m/"
)


def of_clients(*clients: str | TestClient) -> Document:
    """A document with a rule that has a case of each client."""
    cases = [Case(name=str(number), client=client, expect=Expected(claims={})) for number, client in enumerate(clients)]
    return Document(rulemint=1, clients=[Client(name="new", client_id="c_2")], rules=[Rule(name="r", cases=cases)])


def clients_of(document: Document) -> list[object]:
    return [case.client for case in document.rules[0].cases]


def test_the_clients_of_cases_are_ids_in_a_plan_and_names_in_an_export() -> None:
    written = of_clients("robot", "new", "nobody", TestClient())
    planned = with_ids(written, PRESENT, prune=False, new_id=lambda: "c_3")
    assert clients_of(planned) == ["c_1", "c_2", "nobody", TestClient()]
    assert clients_of(with_names(planned, {"c_1": "robot", "c_2": "new"})) == clients_of(written)

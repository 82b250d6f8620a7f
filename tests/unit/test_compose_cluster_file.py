"""What docker-compose.cluster.yml adds and changes, read from the file: no Docker engine is needed."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from rulemint_shared.redis.address import Cluster, read_address

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """Compose's own tags say how files are merged: here they change nothing."""

    def without_tag(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        assert isinstance(node, yaml.MappingNode)
        return self.construct_mapping(node, deep=True)


_Loader.add_constructor("!override", _Loader.without_tag)
_Loader.add_constructor("!reset", _Loader.without_tag)

TEXT = (ROOT / "docker-compose.cluster.yml").read_text()
COMPOSE: dict[str, Any] = yaml.load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", TEXT), _Loader)  # noqa: S506  # a safe loader
SERVICES: dict[str, Any] = COMPOSE["services"]
BASE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
NODES = ("valkey", "valkey-2", "valkey-3")


def test_nodes_are_what_the_single_server_is_with_data_and_an_address_of_their_own() -> None:
    assert all(SERVICES[node]["extends"]["service"] == "valkey" for node in NODES[1:])
    data = [mount for node in NODES for mount in {**BASE, **SERVICES}[node].get("volumes", BASE["valkey"]["volumes"])]
    assert len({mount for mount in data if mount.endswith(":/data")}) == len(NODES)
    assert len(set(map(_address, NODES))) == len(NODES)


@pytest.mark.parametrize("node", NODES)
def test_a_fixed_address_is_never_given_to_another_container(node: str) -> None:
    (pool,) = COMPOSE["networks"]["backend"]["ipam"]["config"]
    address = ip_address(_address(node))
    assert address in ip_network(pool["subnet"])
    assert address not in ip_network(pool["ip_range"])


@pytest.mark.parametrize("service", ["gateway", "rule-runner"])
def test_a_service_knows_every_node_and_waits_for_the_cluster(service: str) -> None:
    known = read_address(SERVICES[service]["environment"]["RULEMINT_REDIS_URL"])
    assert isinstance(known, Cluster)
    assert [host for host, _port in known.nodes] == list(NODES)
    assert SERVICES[service]["depends_on"]["cluster"]["condition"] == "service_completed_successfully"


def test_the_nodes_that_are_introduced_share_all_slots() -> None:
    script = SERVICES["cluster"]["command"][-1]
    shares = re.findall(r"^slots (\d+) (\d+) (\d+)$", script, re.MULTILINE)
    assert [share[0] for share in shares] == [_address(node).rpartition(".")[2] for node in NODES]
    slots = [slot for _node, first, last in shares for slot in range(int(first), int(last) + 1)]
    assert slots == list(range(16_384))


def test_there_are_two_gateways_behind_the_proxy_of_the_single_server() -> None:
    assert SERVICES["gateway"]["scale"] == 2
    assert "proxy" not in SERVICES
    assert not [port for service in SERVICES.values() for port in service.get("ports", ())]


def test_a_container_that_is_added_is_locked_down_and_bounded() -> None:
    described = SERVICES["cluster"]
    assert described["logging"] == BASE["init"]["logging"]
    assert described["user"] == "10001:10001"
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert described["mem_limit"].endswith("m")
    assert 0 < described["pids_limit"] <= 64


def test_what_is_added_sees_no_secret_but_the_password() -> None:
    assert set(SERVICES) - set(BASE) == {"valkey-2", "valkey-3", "cluster"}
    assert SERVICES["cluster"]["volumes"] == ["password:/password:ro"]
    assert not [name for name in ("gateway", "rule-runner") if "volumes" in SERVICES[name]]


def _address(service: str) -> str:
    networks = SERVICES[service]["networks"]
    return str(next(network["ipv4_address"] for network in networks.values() if network))

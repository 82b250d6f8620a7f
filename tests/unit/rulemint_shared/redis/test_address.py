"""What ``RULEMINT_REDIS_URL`` may say."""

from __future__ import annotations

import pytest

from rulemint_shared.redis.address import Cluster, OneServer, RedisUrlError, Sentinels, read_address


def test_one_server_is_read_as_redis_py_reads_it() -> None:
    read = read_address("rediss://user:p%40ss@host:7000/3?ssl_ca_certs=/ca.pem")
    options = {"username": "user", "password": "p@ss", "host": "host", "port": 7000, "db": 3, "ssl_ca_certs": "/ca.pem"}
    assert read == OneServer(options)


def test_sentinels_have_the_usual_port_unless_they_say_another_one() -> None:
    read = read_address("redis+sentinel://a,b:26380,[::1]:26381/mymaster")
    assert read == Sentinels((("a", 26379), ("b", 26380), ("::1", 26381)), "mymaster", {}, {})


def test_user_password_and_database_are_those_of_the_servers() -> None:
    read = read_address("redis+sentinel://user:p%40ss@a:1,b:2/mymaster/5?ssl_check_hostname=no")
    assert isinstance(read, Sentinels)
    assert (read.sentinels, read.master) == ((("a", 1), ("b", 2)), "mymaster")
    assert read.options == {"username": "user", "password": "p@ss", "db": 5, "ssl_check_hostname": False}


def test_with_tls_the_sentinels_speak_it_too() -> None:
    read = read_address("rediss+sentinel://:secret@a/mymaster?ssl_ca_certs=/ca.pem")
    assert isinstance(read, Sentinels)
    assert read.tls_options == {"ssl": True, "ssl_ca_certs": "/ca.pem"}
    assert read.options == {"password": "secret", "ssl_ca_certs": "/ca.pem"}


def test_nodes_of_a_cluster_have_the_usual_port_unless_they_say_another_one() -> None:
    read = read_address("rediss+cluster://user:secret@a,b:7000/0?ssl_ca_certs=/ca.pem")
    options = {"username": "user", "password": "secret", "ssl_ca_certs": "/ca.pem"}
    assert read == Cluster((("a", 6379), ("b", 7000)), options, with_tls=True)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("redis://:hush@host:port", id="a port that is no number"),
        pytest.param("redis://:hu/hush@host:1", id="a password with a slash"),
        pytest.param("redis://:hush@host:1?db=hush", id="a database that is no number"),
        pytest.param("redis+sentinel://:hush@a:1", id="no master"),
        pytest.param("redis+sentinel://:hush@a:1/", id="an empty master"),
        pytest.param("redis+sentinel://:hush@a:1/mymaster/hush", id="a database of sentinels that is no number"),
        pytest.param("redis+sentinel://:hush@a:hush/mymaster", id="a sentinel's port that is no number"),
        pytest.param("redis+sentinel://:hush@a:1,/mymaster", id="a sentinel without a name"),
        pytest.param("redis+sentinel://:hu/hush@a:1/mymaster", id="sentinels behind a password with a slash"),
        pytest.param("redis+sentinel:///mymaster", id="no sentinel"),
        pytest.param("redis+cluster://:hush@a/1", id="a database of a cluster"),
        pytest.param("redis+cluster://:hush@a:hush", id="a node's port that is no number"),
        pytest.param("redis+cluster://", id="no node"),
    ],
)
def test_another_form_is_refused_by_one_line_that_has_the_right_form_and_no_secret(url: str) -> None:
    with pytest.raises(RedisUrlError, match=r"^RULEMINT_REDIS_URL .*use redis") as refused:
        read_address(url)
    assert "hush" not in str(refused.value)
    assert "\n" not in str(refused.value)

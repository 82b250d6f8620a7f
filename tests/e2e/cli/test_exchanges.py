"""``rulemint exchanges``: from a failed token to its reason in one step."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from typing import Any

import jwt

from fixtures.processes import BIN, started, until
from fixtures.workplace import Done, Workplace

API = "https://api.example.com/"


def a_token(workplace: Workplace, secret: str) -> Done:
    return workplace.rulemint("token", "--client", "demo-client", "--audience", API, RULEMINT_CLIENT_SECRET=secret)


def refused(workplace: Workplace) -> str:
    """The end of the id of a token request with a wrong secret, as its error names it."""
    done = a_token(workplace, "wrong")
    assert done.returncode == 1
    advice = re.search(r"rulemint exchanges show ([0-9a-f]{8}) shows all about it$", done.stderr.strip())
    assert advice is not None, done.stderr
    return advice[1]


def appears(workplace: Workplace, ending: str) -> None:
    """The record is written behind the answer."""
    until(lambda: workplace.rulemint("exchanges", "show", ending).returncode == 0)


def test_the_advice_of_a_failed_token_shows_its_reason(workplace: Workplace) -> None:
    ending = refused(workplace)
    appears(workplace, ending)
    shown = workplace.rulemint("exchanges", "show", ending).stdout
    assert shown.startswith("■ refused:invalid_client  HTTP 401")
    assert "client authentication failed" in shown
    whole = workplace.json("exchanges", "show", ending)
    assert whole["id"].endswith(ending)
    assert workplace.json("exchanges", "show", whole["id"]) == whole


def test_a_token_shows_its_request_and_where_its_time_went_and_its_client_what_it_wastes(workplace: Workplace) -> None:
    token = [a_token(workplace, "demo-secret-not-for-production").stdout.strip() for _ in range(3)][-1]
    jti = jwt.decode(token, options={"verify_signature": False})["jti"]
    until(lambda: workplace.json("exchanges", "list", "--jti", jti) != [])
    shown = workplace.rulemint("exchanges", "show", token).stdout
    assert f"  id         {jti}" in shown
    assert "  rule seed@1 " in shown
    assert re.search(r"^  in all +█{40} +[0-9.]+ ms$", shown, re.MULTILINE)

    def of_the_demo_client() -> list[dict[str, Any]]:
        clients: list[dict[str, Any]] = workplace.json("clients", "waste", "--take", "100")["clients"]
        return [each for each in clients if each["client_id"] == "demo-client"]

    until(lambda: any(each["asked"] >= 3 for each in of_the_demo_client()))
    (waste,) = of_the_demo_client()
    assert waste["needed"] < waste["asked"]
    assert "demo-client" in workplace.rulemint("clients", "waste").stdout


def test_the_list_shows_what_its_filters_say_and_the_newest_is_the_last(workplace: Workplace) -> None:
    appears(workplace, first := refused(workplace))
    appears(workplace, second := refused(workplace))
    rows = workplace.rulemint("exchanges", "--client", "demo-client", "--outcome", "refused").stdout.splitlines()
    assert [row.split()[2] for row in rows[-2:]] == [first, second]
    assert workplace.json("exchanges", "list", "--tail", "1", "--outcome", "refused")[0]["id"].endswith(second)
    assert workplace.json("exchanges", "list", "--client", "nobody") == []
    assert workplace.json("exchanges", "list", "--until", "1d") == []
    last = workplace.json("exchanges", "show", "--last", "--outcome", "refused", "--client", "demo-client")
    assert last["id"].endswith(second)


def last_ended(workplace: Workplace) -> str:
    """The end of the id of the last invocation in the log; empty: there is none."""
    row = workplace.rulemint("logs", "--type", "invocation.ended", "--tail", "1").stdout
    return row.split()[-1] if row else ""


def ended_just_now(workplace: Workplace) -> str:
    """Ask for a token; the end of the id that its row in the log has. Rows come a moment after the answer."""
    before = last_ended(workplace)
    assert a_token(workplace, "demo-secret-not-for-production").returncode == 0
    until(lambda: last_ended(workplace) != before)
    return last_ended(workplace)


def test_the_row_of_an_ending_in_the_log_names_the_request(workplace: Workplace) -> None:
    ending = ended_just_now(workplace)
    appears(workplace, ending)
    assert "seed@1" in workplace.rulemint("exchanges", "show", ending).stdout


def test_it_follows_new_requests_only(workplace: Workplace) -> None:
    appears(workplace, before := refused(workplace))
    command = [str(BIN / "rulemint"), "exchanges", "-f", "--json", "--url", f"http://127.0.0.1:{workplace.port}/"]
    with started(command, {"RULEMINT_DATA_DIR": str(workplace.folder / ".rulemint")}) as watcher:
        until(lambda: "watching" in watcher.output, failing=watcher)
        ending = refused(workplace)
        until(lambda: ending in watcher.output, failing=watcher)
        watcher.process.send_signal(signal.SIGINT)
        assert watcher.wait() == 0
        seen = [json.loads(line)["id"] for line in watcher.lines if line.startswith("{")]
    assert ending in {each[-8:] for each in seen}
    assert before not in {each[-8:] for each in seen}


def test_what_cannot_be_says_what_would(workplace: Workplace) -> None:
    for arguments, code, said in [
        (("show",), 2, "give the ID of a token request, or --last"),
        (("show", "abcdefgh", "--last"), 2, "give the ID of a token request, or --last"),
        (("show", "abc"), 2, "abc is too short: give at least 8 characters of the id's end"),
        (("show", "ffffffff"), 1, "no token request has an id that ends in ffffffff: rulemint exchanges lists"),
        (("show", "exc_" + "0" * 28), 1, "rulemint exchanges lists those that are kept"),
        (("show", "--last", "--client", "nobody"), 1, "there is no token request that these options show"),
        (("list", "--since", "yesterday"), 2, "--since yesterday: write it as 10m, 2h, 1d"),
        (("--until", "tomorrow"), 2, "--until tomorrow: write it as 10m, 2h, 1d"),
    ]:
        done = workplace.rulemint("exchanges", *arguments)
        assert (done.returncode, said in done.stderr) == (code, True), (arguments, done.stderr)


def test_a_list_that_finds_nothing_says_so(workplace: Workplace) -> None:
    for command in ("exchanges", "logs"):
        done = workplace.rulemint(command, "--client", "nobody")
        assert (done.returncode, done.stdout, "that these options show" in done.stderr) == (0, "", True), done
    done = workplace.rulemint("exchanges", "--client", "nobody", "--json")
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_reader_that_goes_away_ends_it_quietly(workplace: Workplace) -> None:
    shell = f"{BIN}/rulemint exchanges --url http://127.0.0.1:{workplace.port}/ | head -0"
    done = subprocess.run(
        ["bash", "-c", shell],
        cwd=workplace.folder,
        env=workplace.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_a_request_is_replayed_from_its_tape_and_what_a_change_would_make_different_is_shown(
    workplace: Workplace,
) -> None:
    every = """tapes={"failures": true, "one_in": 1}"""
    assert workplace.rulemint("tenants", "settings", "--set", every).returncode == 0
    try:
        appears(workplace, ending := ended_just_now(workplace))
        until(lambda: workplace.rulemint("exchanges", "tape", ending).returncode == 0)
        assert "■ tape of exc_" in workplace.rulemint("exchanges", "tape", ending).stdout
        done = workplace.rulemint("exchanges", "replay", ending)
        assert (done.returncode, done.stdout.splitlines()[0]) == (0, "■ equal: the same claims, log and outcome")
        changed = workplace.json("exchanges", "replay", ending, "--set", "scope=", "--set", "client.name=Other")
        assert [each["what"] for each in changed["changed"]] == ["scope", "client.name"]
        assert changed["verdict"] in {"same", "changed"}
        unknown = workplace.rulemint("exchanges", "replay", ending, "--set", "flow=none")
        assert (unknown.returncode, "flow cannot be changed" in unknown.stderr) == (1, True)
        assert workplace.json("exchanges", "delete-tapes", "--client", "demo-client", "--yes")["deleted"] >= 1
        gone = workplace.rulemint("exchanges", "replay", ending)
        assert (gone.returncode, "The tape does not exist" in gone.stderr) == (1, True)
    finally:
        workplace.rulemint("tenants", "settings", "--set", "tapes=null")

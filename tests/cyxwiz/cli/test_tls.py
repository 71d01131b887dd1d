"""`cyxwiz tls …`: what lies in the folder afterwards, and what is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cyxwiz.cli.main import run
from shared.join_tokens import digest_of, find_beside_authority
from shared.private_ca import facts_of
from shared.tls_identity import user_identity

Output = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, capsys: Output) -> Path:
    assert run(["tls", "init", "--dir", str(tmp_path / "tls"), "--host", "gpu.example.org", "--host", "10.0.0.5"]) == 0
    capsys.readouterr()
    return tmp_path / "tls"


def test_init_names_the_hosts_and_this_machine(folder: Path) -> None:
    names = facts_of((folder / "server.pem").read_bytes()).names
    assert set(names) == {"gpu.example.org", "10.0.0.5", "localhost", "127.0.0.1"}


def test_a_second_init_touches_nothing(folder: Path, capsys: Output) -> None:
    before = (folder / "ca.key").read_bytes()
    assert run(["tls", "init", "--dir", str(folder)]) == 2
    assert "has a certificate authority already" in capsys.readouterr().err
    assert (folder / "ca.key").read_bytes() == before


def test_client_makes_a_certificate_with_a_role(folder: Path, capsys: Output) -> None:
    assert run(["tls", "client", "ann", "--role", "operator", "--dir", str(folder)]) == 0
    assert facts_of((folder / "clients/ann.pem").read_bytes()).identity == user_identity("ann", "operator")
    assert (folder / "clients/ann.key").stat().st_mode & 0o777 == 0o600
    assert run(["tls", "client", "ann", "--role", "operator", "--dir", str(folder)]) == 2
    assert run(["tls", "client", "bob", "--role", "node", "--dir", str(folder)]) == 2
    assert "--role must be one of viewer" in capsys.readouterr().err


def test_renew_keeps_the_names_or_takes_others(folder: Path) -> None:
    before = facts_of((folder / "server.pem").read_bytes())
    assert run(["tls", "renew", "--dir", str(folder)]) == 0
    again = facts_of((folder / "server.pem").read_bytes())
    assert (again.names, again.serial != before.serial) == (before.names, True)
    assert run(["tls", "renew", "--dir", str(folder), "--host", "new.example.org"]) == 0
    assert "new.example.org" in facts_of((folder / "server.pem").read_bytes()).names


def test_show_lists_what_is_there(folder: Path, capsys: Output) -> None:
    assert run(["tls", "show", "--dir", str(folder), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["file"] for row in rows] == ["ca.pem", "server.pem"]
    assert run(["tls", "show", "--dir", str(folder / "nowhere")]) == 4


def test_init_hands_out_what_nodes_need_once(tmp_path: Path, capsys: Output) -> None:
    place = tmp_path / "hand-out"
    asked = ["tls", "init", "--dir", str(tmp_path / "tls"), "--keep", "--hand-out", str(place), "--node", "gpu-1"]
    assert run(asked) == 0
    token = (place / "gpu-1").read_text()
    assert run([*asked, "--node", "gpu-2"]) == 0
    assert (place / "gpu-1").read_text() == token
    assert {path.name for path in place.iterdir()} == {"ca.pem", "gpu-1", "gpu-2"}
    assert (place / "gpu-2").stat().st_mode & 0o777 == 0o600
    for kept in (tmp_path / "tls" / "join_tokens").iterdir():
        kept.write_text(re.sub(r'"expires_at_ms": \d+', '"expires_at_ms": 1', kept.read_text()))
    assert run(asked) == 0
    assert (place / "gpu-1").read_text() != token
    assert "ca.key" not in {path.name for path in place.iterdir()}
    assert run([*asked, "--node", "../gpu-3"]) == 2


def test_a_join_token_is_kept_beside_the_authority_as_a_hash_alone(folder: Path, capsys: Output) -> None:
    assert run(["tls", "join-token", "--dir", str(folder), "--expires", "30m"]) == 0
    token = capsys.readouterr().out.strip()
    kept = find_beside_authority(folder, digest_of(token))
    assert kept is not None
    assert all(token not in path.read_text() for path in folder.rglob("*") if path.is_file())
    assert run(["tls", "join-token", "--dir", str(folder), "--expires", "soon"]) == 2
    assert "must be a time such as 30m" in capsys.readouterr().err
    (folder / "ca.key").unlink()
    assert run(["tls", "join-token", "--dir", str(folder)]) == 4

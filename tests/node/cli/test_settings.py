"""What every command refuses alike: wrong config, keystore, password, chain."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from node.cli.main import cli


@pytest.fixture
def refused_for_real():
    """As `refused`, but over real connections."""

    def run_badly(code, *arguments):
        result = CliRunner().invoke(cli, [str(one) for one in arguments])
        assert result.exit_code == code, result.output
        assert result.stderr.startswith("fednode: ")
        assert "Traceback" not in result.stderr
        return result.stderr

    return run_badly


@pytest.fixture
def endpoint():
    """A JSON-RPC node of chain 7 that knows no contract."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = {"eth_chainId": "0x7", "eth_getCode": "0x"}[asked["method"]]
            body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_without_a_config_init_is_recommended(refused):
    assert "write one with fednode init" in refused(2, "status")


def test_an_unknown_key_names_the_nearest(node, refused, here):
    node()
    with (here / "fednode.toml").open("a") as file:
        file.write("\n[chian]\nurl = 1\n")
    assert "fednode.toml: chian: unknown key" in refused(2, "status")


def test_a_flag_beats_environment_and_environment_beats_the_file(node, shown, refused, monkeypatch):
    node(0, roles=["validator"], log_level="info")
    monkeypatch.setenv("FEDNODE_LOG_LEVEL", "loud")
    assert "FEDNODE_LOG_LEVEL: log_level" in refused(2, "status")
    monkeypatch.setenv("FEDNODE_KEYSTORE_PATH", "nowhere.json")
    monkeypatch.setenv("FEDNODE_LOG_LEVEL", "debug")
    assert "nowhere.json: No such file" in refused(4, "status")
    assert shown("status", "--keystore-path", "key.json")["round"] == 2


def test_a_flag_is_checked_like_the_file(node, refused):
    node()
    assert "--poll-seconds: poll_seconds" in refused(2, "status", "--poll-seconds", "-1")


def test_the_config_can_be_named(node, shown, here, monkeypatch):
    node()
    (here / "fednode.toml").rename(here / "other.toml")
    assert shown("status", "--config", "other.toml")["round"] == 2
    monkeypatch.setenv("FEDNODE_CONFIG", "other.toml")
    assert shown("status")["round"] == 2


def test_a_wrong_password_exits_with_4(node, refused, password_file):
    node()
    password_file.write_text("wrong\n")
    assert "wrong password" in refused(4, "claim")


def test_a_readable_keystore_exits_with_4(node, refused, here):
    node()
    (here / "key.json").chmod(0o644)
    assert "chmod 600" in refused(4, "claim")
    assert "chmod 600" in refused(4, "status")


def test_an_unreachable_chain_exits_with_5(node, refused_for_real):
    node()
    assert "no answer from http://127.0.0.1:1" in refused_for_real(5, "status")


def test_a_wrong_chain_exits_with_5_and_names_both(node, refused_for_real, endpoint, town):
    node()
    said = refused_for_real(5, "status", "--chain-url", endpoint)
    assert f"serves chain 7, expected {town.deployment.chain_id}" in said


def test_a_federation_of_another_chain_exits_with_2(node, refused_for_real, endpoint, town):
    node()
    said = refused_for_real(2, "status", "--chain-url", endpoint, "--chain-id", "7")
    assert f"the federation is on chain {town.deployment.chain_id}, chain.id is 7" in said


def test_an_address_without_code_exits_with_5(node, refused_for_real, endpoint, town, here):
    node()
    text = (here / "federation.json").read_text()
    (here / "federation.json").write_text(text.replace(f'"chain_id":{town.deployment.chain_id}', '"chain_id":7'))
    said = refused_for_real(5, "status", "--chain-url", endpoint, "--chain-id", "7")
    assert "no contract at 0x" in said
    assert "check the federation file" in said


def test_a_missing_federation_file_exits_with_2(node, refused_for_real, here):
    node()
    (here / "federation.json").unlink()
    assert "name the federation's file" in refused_for_real(2, "status")

"""The home and the environment of a run."""

from __future__ import annotations

import os
import ssl
import tomllib
from pathlib import Path

import pytest

from threadstore_backends.codex.home import PROGRAMS, HomeSettings, clean_environment, prepare_home

URL = "http://127.0.0.1:4711/v1"


def test_the_configuration_knows_the_mock_alone(tmp_path: Path) -> None:
    prepare_home(tmp_path / "home", URL, HomeSettings(model='a "model"', websockets=True, features={"plugins": False}))

    config = tomllib.loads((tmp_path / "home" / "config.toml").read_text())

    assert (config["model"], config["model_provider"], list(config["model_providers"])) == (
        'a "model"',
        "mock",
        ["mock"],
    )
    provider = config["model_providers"]["mock"]
    assert (provider["base_url"], provider["supports_websockets"], provider["stream_max_retries"]) == (URL, True, 0)
    assert config["features"] == {"plugins": False}
    assert config["skills"] == {"include_instructions": False, "bundled": {"enabled": False}}


def test_a_home_that_was_used_is_pointed_at_the_mock_of_now(tmp_path: Path) -> None:
    prepare_home(tmp_path, URL, HomeSettings())
    prepare_home(tmp_path, "http://127.0.0.1:9/v1", HomeSettings())

    config = tomllib.loads((tmp_path / "config.toml").read_text())
    assert config["model_providers"]["mock"]["base_url"] == "http://127.0.0.1:9/v1"


def test_nothing_of_this_environment_goes_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_INTERNAL_ORIGINATOR_OVERRIDE", "me")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    environment = clean_environment(tmp_path, URL, HomeSettings(environment={"MINE": "1"}))

    own = {"PATH", "HOME", "CODEX_HOME", "TMPDIR", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"}
    assert own | {"MINE"} == {name for name in environment if "proxy" not in name.lower()}
    assert str(tmp_path) == environment["CODEX_HOME"] == environment["HOME"]


def test_few_of_this_machines_programs_are_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure there is none but those that Codex is to find, the system's own, however often a home is used."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in (*PROGRAMS, "lsb_release"):
        (programs / name).touch(mode=0o755)
    monkeypatch.setattr(os, "defpath", str(programs))
    monkeypatch.setenv("PATH", "elsewhere")

    for _ in range(2):
        prepare_home(tmp_path / "home", URL, HomeSettings())

    (programs / "sh").rename(programs / "shell")
    prepare_home(tmp_path / "home", URL, HomeSettings())
    assert not (tmp_path / "home" / "scratch" / "bin" / "sh").is_symlink()
    (programs / "shell").rename(programs / "sh")
    prepare_home(tmp_path / "home", URL, HomeSettings())
    path = Path(clean_environment(tmp_path / "home", URL, HomeSettings())["PATH"])
    assert {link.name: link.readlink() for link in path.iterdir()} == {name: programs / name for name in PROGRAMS}


def test_no_host_on_the_net_is_trusted(tmp_path: Path) -> None:
    """Ensure the one certificate that is trusted is nobody's, and the folder of others is not there."""
    settings = HomeSettings()
    prepare_home(tmp_path, URL, settings)
    environment = clean_environment(tmp_path, URL, settings)

    trusted = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"]).get_ca_certs()
    assert [certificate["subject"] for certificate in trusted] == [((("commonName", "nobody"),),)]
    assert not Path(environment["SSL_CERT_DIR"]).exists()


def test_whatever_heeds_the_proxy_variables_is_led_to_the_mock(tmp_path: Path) -> None:
    environment = clean_environment(tmp_path, URL, HomeSettings())

    assert "http://127.0.0.1:4711" == environment["HTTPS_PROXY"] == environment["all_proxy"]
    assert "127.0.0.1,localhost" == environment["NO_PROXY"] == environment["no_proxy"]

"""A home for one run of Codex: its configuration, and its environment.

Nothing of this machine's own environment goes in. Temporary files go to a folder in the home, because Codex does
without its helper programs when the home itself lies below the system's temporary folder. The mock is the one provider,
and the proxy of whatever heeds the variables that name one: it refuses such requests and keeps them. A program that
does not heed the variables is not held back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from attrs import field, frozen

#: Where the process keeps its temporary files, below the home.
SCRATCH = "scratch"

#: What it finds on its path. Not all that this machine has: some releases ask `lsb_release`, a shell script, about the
#: machine at every turn and for every thread that is loaded, which takes as long as the turn itself.
PROGRAMS = ("git", "sh")

#: Whom it trusts: nobody, whose certificate this is; with none at all it opens no websocket. Otherwise it would read
#: all that this machine trusts, at every turn.
_NOBODY = """\
-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIULOWSB6Glg6HaVB8HmMP1BbonO8wwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyMjIxMDczNFoYDzIxMjYxMDI5MjEw
NzM0WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASTNWYXhBkiGh8Ia7NxrucNYxmDaas5LMl+tcvdV6WOSzU1h+tBP5w8VleCbd2q
reNJhWwIbokqnS5iuEeAiqtzo1MwUTAdBgNVHQ4EFgQUcCyBAXOCXDjBDMSpTTau
n0OE7VIwHwYDVR0jBBgwFoAUcCyBAXOCXDjBDMSpTTaun0OE7VIwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBJ17O+5iF5MXSBOz6ATkw1IFSFiO/Q
lW/ZQdsTU2dfwAIgG5m8Br3iHaaE1lHWGBgOAMygbPrtT0NMIb3I9h5QdKo=
-----END CERTIFICATE-----
"""

_CONFIG = """\
model = {model}
model_provider = {provider}
approval_policy = "never"
sandbox_mode = "danger-full-access"

{providers}
[analytics]
enabled = false

[features]
{features}

[agents]
max_depth = {max_depth}

[skills]
include_instructions = false

[skills.bundled]
enabled = false
"""

#: The folder of the links to its programs.
_PATH = "bin"

#: The file of the certificates that it trusts.
_AUTHORITIES = "authorities.pem"

_PROVIDER = """\
[model_providers.{name}]
name = "mock"
base_url = {base_url}
wire_api = "responses"
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0
supports_websockets = {websockets}
"""


#: Without plugins nothing is asked of hosts on the net; without the others no shell is run for each thread that is
#: loaded, and no tools are looked for that no model here would use. Nor are there skills, for the same reason.
FEATURES = {
    "multi_agent": True,
    **dict.fromkeys(("plugins", "apps", "shell_snapshot", "skill_search", "tool_suggest"), False),
}


@frozen(kw_only=True)
class HomeSettings:
    """What a run of Codex is configured with."""

    model: str = "gpt-5.1-codex"
    #: The names under which the mock is a provider; the first is the one that threads have by default.
    providers: tuple[str, ...] = ("mock",)
    #: Whether the provider is said to take websockets, so that Codex tries one first.
    websockets: bool = False
    #: Which features are on, and which off, of those that a release has.
    features: Mapping[str, bool] = field(factory=lambda: dict(FEATURES))
    #: How deep sub-agents may be nested.
    max_depth: int = 3
    #: Environment variables beside those that every run has.
    environment: Mapping[str, str] = field(factory=dict)


def prepare_home(home: Path, base_url: str, settings: HomeSettings) -> None:
    """Make a home, or make one that was used before fit for the mock of now."""
    (home / SCRATCH / _PATH).mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        found, link = shutil.which(program, path=os.defpath), home / SCRATCH / _PATH / program
        link.unlink(missing_ok=True)
        if found:
            link.symlink_to(found)
    features = "\n".join(f"{name} = {_toml(enabled)}" for name, enabled in settings.features.items())
    providers = "\n".join(
        _PROVIDER.format(name=_toml(name), base_url=_toml(base_url), websockets=_toml(settings.websockets))
        for name in settings.providers
    )
    text = _CONFIG.format(
        model=_toml(settings.model),
        provider=_toml(settings.providers[0]),
        providers=providers,
        features=features,
        max_depth=settings.max_depth,
    )
    (home / "config.toml").write_text(text, encoding="utf-8")
    (home / SCRATCH / _AUTHORITIES).write_text(_NOBODY, encoding="utf-8")


def clean_environment(home: Path, base_url: str, settings: HomeSettings) -> dict[str, str]:
    """Return the whole environment of a run."""
    proxy = f"http://{urlsplit(base_url).netloc}"
    return {
        "PATH": str(home / SCRATCH / _PATH),
        "HOME": str(home),
        "CODEX_HOME": str(home),
        "TMPDIR": str(home / SCRATCH),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "SSL_CERT_FILE": str(home / SCRATCH / _AUTHORITIES),
        "SSL_CERT_DIR": str(home / SCRATCH / "certificates"),
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        **settings.environment,
    }


def _toml(value: str | bool) -> str:
    # Of these two kinds every JSON text is a TOML text.
    return orjson.dumps(value).decode()

"""The settings of Streamlit that bear on security, as Streamlit itself reads them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from streamlit import config

from pages.shared.idle import look_every
from tests.e2e.proxy import NGINX_FILE

ROOT = Path(__file__).parents[1]
FILE = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))

SETTLED: dict[str, Any] = {
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.corsAllowedOrigins": [],
    "server.xsrfCookieSameSite": "strict",
    "server.maxUploadSize": 200,
    "server.maxMessageSize": 50,
    "server.maxWidgetStateSize": 25,
    "server.enableWebsocketCompression": False,
    "server.disconnectedSessionTTL": 120,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
    "server.scriptHealthCheckEnabled": False,
    "server.unsafeMetricsUserAttributes": [],
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.allowRunOnSave": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.allowedOrigins": [],
    "client.toolbarMode": "minimal",
    "client.disableDataExport": True,
    "browser.gatherUsageStats": False,
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,
}
UNTOUCHED = {
    "server.address": "given by manage.py serve",
    "server.port": "given by manage.py serve",
    "server.allowedHosts": "given by manage.py serve from ALLOWED_HOSTS",
    "server.cookieSecret": "derived by manage.py serve from COOKIE_KEY",
    "server.trustedUserHeaders": "empty; checked apart, as its type is a text",
    "server.sslCertFile": "TLS is the proxy's",
    "server.sslKeyFile": "TLS is the proxy's",
    "server.headless": "opens a browser or not",
    "server.baseUrlPath": "the site's root",
    "server.customComponentBaseUrlPath": "the site's root",
    "server.folderWatchList": "nothing is watched",
    "server.folderWatchBlacklist": "nothing is watched",
    "server.enableExpensiveMemoryStats": "metrics are not reachable from outside",
    "server.maxCacheDataSize": "nothing of st.cache_data grows without bound",
    "server.showEmailPrompt": "headless",
    "server.websocketPingInterval": "Streamlit's own",
    "server.agentWaitTimeout": "the agent API is off",
    "server.agentSessionTTL": "the agent API is off",
    "server.agentMaxSessions": "the agent API is off",
    "server.agentPreviewRows": "the agent API is off",
}


@pytest.mark.parametrize("name", sorted(SETTLED))
def test_a_setting_of_security_is_what_was_settled(name: str) -> None:
    section, key = name.split(".")
    assert FILE[section][key] == SETTLED[name], "config.toml"
    assert config.get_option(name) == SETTLED[name], "what Streamlit makes of it"


def test_no_header_says_who_somebody_is() -> None:
    assert config.get_option("server.trustedUserHeaders") in ({}, "{}")


def test_every_option_of_the_server_has_been_looked_at() -> None:
    known = {name for name in config.get_config_options() if name.startswith("server.")}
    looked_at = {name for name in SETTLED if name.startswith("server.")} | set(UNTOUCHED)
    assert known == looked_at, "a new Streamlit has other options: decide on them"


def test_no_secret_stands_in_the_file() -> None:
    assert "cookieSecret" not in FILE["server"]
    assert not (ROOT / ".streamlit" / "secrets.toml").exists()


def test_the_proxy_lets_the_largest_upload_through_and_no_more() -> None:
    sizes = re.findall(r"client_max_body_size\s+(\d+)m;", NGINX_FILE.read_text(encoding="utf-8"))
    assert max(map(int, sizes)) == SETTLED["server.maxUploadSize"] + 1, "one MB for the envelope"


@pytest.mark.parametrize(
    ("named", "seconds"), [("", 30), ("5", 5), ("0", 1), ("600", 30), ("-3", 30), ("soon", 30)]
)
def test_an_open_page_looks_at_its_session_twice_a_minute_at_least(
    monkeypatch: pytest.MonkeyPatch, named: str, seconds: int
) -> None:
    monkeypatch.setenv("IDLE_LOOK_SECONDS", named)
    assert look_every().total_seconds() == seconds

"""Settings: typed, refused by name, never repeated."""

from pathlib import Path

import pytest

from dashboard.errors import SettingsRefused
from dashboard.networks import is_loopback
from dashboard.service_urls import normal_api_url
from dashboard.settings import PREFIX, Settings, load_settings


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Sets environment variables for one test."""
    return monkeypatch


def test_nothing_needs_to_be_set() -> None:
    """On a laptop the defaults are enough: loopback, SQLite, the vendor's service."""
    settings = load_settings()

    assert settings.host == "127.0.0.1"
    assert settings.port == 8501
    assert settings.api_url == "https://api.aspose.cloud"
    assert settings.database_url is None
    assert settings.poller == "on"
    assert settings.data_dir.is_absolute()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("PORT", "0", id="port zero"),
        pytest.param("PORT", "65536", id="port too large"),
        pytest.param("PORT", "planted-http", id="port in words"),
        pytest.param("WORKERS", "0", id="no workers"),
        pytest.param("WORKERS", "129", id="too many workers"),
        pytest.param("POLL_COST", "0", id="polls for nothing"),
        pytest.param("POLL_COST", "nan", id="not a number"),
        pytest.param("TRUSTED_PROXIES", "*", id="every proxy"),
        pytest.param("TRUSTED_PROXIES", "10.0.0.2, *", id="one proxy and every other"),
        pytest.param("TRUSTED_PROXIES", "0.0.0.0/0", id="every network"),
        pytest.param("TRUSTED_PROXIES", "::/0", id="every network of IPv6"),
        pytest.param("TRUSTED_PROXIES", "::ffff:0:0/96", id="every network of IPv4, in its other form"),
        pytest.param("TRUSTED_PROXIES", "planted.example", id="a proxy by name"),
        pytest.param("TRUSTED_PROXIES", "10.0.0.2/8", id="an address that is half a network"),
        pytest.param("POLLER", "planted-maybe", id="poller"),
        pytest.param("LOG_LEVEL", "planted-loud", id="log level"),
        pytest.param("LOG_JSON", "planted-perhaps", id="log format"),
        pytest.param("OPEN_ACCESS", "planted-sure", id="open access"),
        pytest.param("API_URL", "ftp://planted.example", id="not http"),
        pytest.param("API_URL", "planted.example", id="no scheme"),
        pytest.param("API_URL", "https://", id="no host"),
        pytest.param("API_URL", "https://user:planted@host.example", id="password in the service URL"),
        pytest.param("API_URL", "https://planted@host.example", id="user in the service URL"),
        pytest.param("API_URL", "https://host.example?key=planted", id="query in the service URL"),
        pytest.param("API_URL", "https://host.example#planted", id="fragment in the service URL"),
        pytest.param("API_URL", "https://planted example.org", id="blank in the service URL"),
        pytest.param("API_URL", "https://host.example:99999/planted", id="impossible port"),
        pytest.param("API_URL", "https://[planted", id="broken IPv6"),
        pytest.param("API_URL", "https://user:planted@ho\u2100t", id="letters that hide a slash"),
        pytest.param("API_URL", "https://planted\\.example", id="backslash in the service URL"),
        pytest.param("API_URL", "https://host.example/pl\u00e4nted", id="letters in its path"),
        pytest.param("API_URL", "https://planted\uff0eexample", id="full-width letters in its host"),
        pytest.param("MORE_API_URLS", "https://b.example,ftp://planted.example", id="second one not http"),
        pytest.param("MORE_API_URLS", "https://planted@b.example", id="user in another service URL"),
        pytest.param("MORE_API_URLS", "169.254.169.254/planted", id="another one without scheme"),
        pytest.param("DATA_DIR", "~planted-nobody/data", id="home of nobody"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(env: pytest.MonkeyPatch, name: str, value: str) -> None:
    """One sentence says which; a mistyped value may be a secret."""
    env.setenv(PREFIX + name, value)
    with pytest.raises(SettingsRefused) as refused:
        load_settings()

    assert PREFIX + name in str(refused.value)
    assert "planted" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_every_wrong_setting_is_named(env: pytest.MonkeyPatch) -> None:
    """Not one after the other."""
    for name in ("PORT", "WORKERS", "POLLER", "API_URL"):
        env.setenv(PREFIX + name, "planted")
    with pytest.raises(SettingsRefused) as refused:
        load_settings()

    message = str(refused.value)
    assert [name for name in ("PORT", "WORKERS", "POLLER", "API_URL") if PREFIX + name not in message] == []
    assert "planted" not in message


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("https://api.aspose.cloud", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud/", "https://api.aspose.cloud"),
        ("  https://api.aspose.cloud//  ", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud/v5.0/ocr", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud/v5.0/ocr/", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud/v5.1/ocr/RecognizeImage", "https://api.aspose.cloud"),
        ("https://api.aspose.cloud/v5.0", "https://api.aspose.cloud"),
        ("HTTPS://API.Aspose.Cloud", "https://api.aspose.cloud"),
        ("http://127.0.0.1:8600", "http://127.0.0.1:8600"),
        ("http://[::1]:8600/", "http://[::1]:8600"),
        ("https://proxy.example/Aspose/", "https://proxy.example/Aspose"),
        ("https://proxy.example/aspose/v5.0/ocr", "https://proxy.example/aspose"),
        ("https://host.example?", "https://host.example"),
        ("https://b\u00fccher.Example/", "https://xn--bcher-kva.example"),
        ("http://[0:0:0:0:0:0:0:1]:08600", "http://[::1]:8600"),
    ],
)
def test_the_service_url_is_stored_in_one_form(given: str, stored: str) -> None:
    """Tasks and tokens of one service are found by it, so it has to be the same always."""
    assert normal_api_url(given) == stored
    assert normal_api_url(stored) == stored


def test_more_services(env: pytest.MonkeyPatch) -> None:
    """Separated by commas, each in its one form, the usual one first and none twice."""
    assert load_settings().api_urls == ["https://api.aspose.cloud"]
    env.setenv(
        f"{PREFIX}MORE_API_URLS", " https://b.example/ ,,HTTPS://C.example/v5.0/ocr,https://b.example,"
    )
    env.setenv(f"{PREFIX}API_URL", "http://127.0.0.1:8600")

    assert load_settings().api_urls == ["http://127.0.0.1:8600", "https://b.example", "https://c.example"]


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),  # noqa: S104 - that it is refused is the point
        ("::", False),
        ("192.168.1.4", False),
        ("example.org", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_loopback_only(host: str, *, loopback: bool) -> None:
    """Any other address has to be opened on purpose, and the sentence says how."""
    assert is_loopback(host) is loopback
    if loopback:
        assert load_settings(host=host).host == host
    else:
        with pytest.raises(SettingsRefused, match=f"{PREFIX}OPEN_ACCESS=true"):
            load_settings(host=host)
        opened = load_settings(host=host, open_access=True, allowed_hosts="ocr.example.org")
        assert opened.host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "::0", "0", "192.168.1.4", "example.org", ""])  # noqa: S104 - the point
@pytest.mark.parametrize("named", ["", "  ", ",", " , ,"], ids=["none", "blanks", "comma", "commas"])
def test_what_is_open_to_others_knows_its_names(host: str, named: str) -> None:
    """Without them any page on the internet reaches it through a visitor's browser, by a name pointed at it."""
    with pytest.raises(SettingsRefused) as refused:
        load_settings(host=host, open_access=True, allowed_hosts=named)
    assert f"{PREFIX}OPEN_ACCESS=true" in str(refused.value)
    assert f"{PREFIX}ALLOWED_HOSTS" in str(refused.value)


def test_names_are_asked_for_only_where_everybody_gets_in() -> None:
    """Members sign in by cookies that belong to one name, and this machine alone reaches itself."""
    assert load_settings(host="0.0.0.0", open_access=True, access="team").open_access  # noqa: S104 - the point
    assert load_settings(host="127.0.0.1", open_access=True).open_access


@pytest.mark.parametrize(
    ("typed", "meant"), [("ON", "on"), ("true", "on"), ("1", "on"), (" Off ", "off"), ("no", "off")]
)
def test_switches_take_what_people_type(env: pytest.MonkeyPatch, typed: str, meant: str) -> None:
    """In any case, and as truth values."""
    env.setenv(f"{PREFIX}POLLER", typed)

    assert load_settings().poller == meant


def test_an_empty_variable_is_not_set(env: pytest.MonkeyPatch) -> None:
    """Compose files set variables to nothing."""
    env.setenv(f"{PREFIX}PORT", "")
    env.setenv(f"{PREFIX}DATABASE_URL", "")

    assert load_settings().port == 8501
    assert load_settings().database_url is None


def test_the_env_file_is_read_and_the_environment_wins(env: pytest.MonkeyPatch) -> None:
    """A ``.env`` file in the folder the server is started in; other programs' lines are left alone."""
    Path(".env").write_text(f"{PREFIX}PORT=9000\n{PREFIX}POLLER=off\nOTHER_PORT=x\n", encoding="utf-8")
    env.setenv(f"{PREFIX}POLLER", "on")

    assert load_settings().port == 9000
    assert load_settings().poller == "on"
    assert load_settings(port=9001).port == 9001
    assert load_settings(port=None).port == 9000


def test_an_unreadable_env_file_is_said() -> None:
    """One sentence, no traceback and nothing of its content."""
    Path(".env").write_bytes(f"{PREFIX}SECRET_KEYS=planted\xff".encode("latin-1"))
    with pytest.raises(SettingsRefused, match=r"\.env") as refused:
        load_settings()

    assert "planted" not in str(refused.value)


def test_secrets_are_not_shown(env: pytest.MonkeyPatch) -> None:
    """Neither in the representation nor in a dump."""
    env.setenv(f"{PREFIX}SECRET_KEYS", "planted-key")
    env.setenv(f"{PREFIX}DATABASE_URL", "postgresql://user:planted-password@host/name")
    settings = load_settings()

    assert "planted" not in repr(settings)
    assert "planted" not in str(settings.model_dump())


def test_settings_do_not_change() -> None:
    """They are read once."""
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]  # what is tested


def test_every_setting_has_a_manual() -> None:
    """The docstring under each field is what the README shows."""
    text = Path(__import__("dashboard.settings").settings.__file__).read_text(encoding="utf-8")

    assert [name for name in Settings.model_fields if f"    {name}: " not in text] == []


def test_a_relative_data_folder_is_made_absolute(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is started elsewhere later must not find another database."""
    env.setenv(f"{PREFIX}DATA_DIR", "data")

    assert load_settings().data_dir == tmp_path / "data"


WHOLE_SSO = {
    "ACCESS": "team",
    "SSO_ISSUER": "https://id.example.org",
    "SSO_CLIENT_ID": "planted-client",
    "SSO_CLIENT_SECRET": "planted-secret",
    "SSO_MEMBERS": "*=team:viewer",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"SSO_CLIENT_SECRET": ""}, "also needs OCR_DASHBOARD_SSO_CLIENT_SECRET", id="half"),
        pytest.param({"SSO_MEMBERS": " "}, "also needs OCR_DASHBOARD_SSO_MEMBERS", id="nobody"),
        pytest.param({"ACCESS": "open"}, "needs OCR_DASHBOARD_ACCESS=team", id="nobody would be asked"),
        pytest.param({"SSO_ISSUER": "http://id.example.org"}, "https://", id="readable on the way"),
        pytest.param({"SSO_ISSUER": "https://a:b@id.example.org"}, "https://", id="with a password"),
        pytest.param({"SSO_ISSUER": "id.example.org"}, "https://", id="no address"),
        pytest.param({"SSO_HOURS": "0"}, "SSO_HOURS", id="no time"),
        pytest.param({"BASE_PATH": "a b"}, "such as /ocr", id="a base path with a space"),
        pytest.param({"BASE_PATH": "/a//b"}, "such as /ocr", id="a base path with a hole"),
        pytest.param({"BASE_PATH": "https://example.org/ocr"}, "such as /ocr", id="an address"),
    ],
)
def test_half_a_single_sign_on_is_refused(
    env: pytest.MonkeyPatch, changed: dict[str, str], said: str
) -> None:
    """Each sentence names what is missing, and no secret."""
    for name, value in (WHOLE_SSO | changed).items():
        env.setenv(PREFIX + name, value)

    with pytest.raises(SettingsRefused) as refused:
        load_settings()

    assert said in str(refused.value)
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize("written", ["/ocr", "ocr", "/ocr/", " ocr/ "])
def test_a_base_path_is_taken_as_people_write_it(env: pytest.MonkeyPatch, written: str) -> None:
    """It begins with a slash and ends with none."""
    env.setenv(PREFIX + "BASE_PATH", written)

    assert load_settings().base_path == "/ocr"


@pytest.mark.parametrize(
    ("value", "proxies"),
    [
        ("", []),
        (" , ", []),
        ("127.0.0.1", ["127.0.0.1"]),
        (" 10.0.0.0/8 ,::1,", ["10.0.0.0/8", "::1"]),
        ("::ffff:10.0.0.2", ["::ffff:10.0.0.2"]),
    ],
)
def test_proxies(value: str, proxies: list[str]) -> None:
    """Addresses and networks; blanks do not matter."""
    assert load_settings(trusted_proxies=value).proxies == proxies

"""Every setting, typed, read once, refused by name when wrong.

Read from the environment (prefix ``OCR_DASHBOARD_``) and from a ``.env`` file in the folder the server is
started in; the environment wins. The docstring under each field is the manual; a test compares the README's
table with this class.
"""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboard.addresses import normal_base_path
from dashboard.errors import SettingsRefused
from dashboard.networks import is_loopback, normal_networks
from dashboard.service_urls import normal_api_url

PREFIX = "OCR_DASHBOARD_"

_BEARER = re.compile(r"[\x21-\x7e]{16,}")


class Settings(BaseSettings):
    """The settings of one server or worker; immutable."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",  # a .env file is shared with other programs
        frozen=True,
        hide_input_in_errors=True,  # a mistyped value may be a secret
    )

    data_dir: Path = Field(default_factory=lambda: user_data_path("ocr-dashboard", appauthor=False))
    """Folder for the SQLite database, its backups, the key file and dropped files; created when missing."""

    database_url: SecretStr | None = None
    """PostgreSQL (`postgresql://user:password@host/name`) for several replicas; unset, SQLite in the data folder."""

    api_url: str = "https://api.aspose.cloud"
    """Base URL of the OCR service for new tokens and tasks, without `/v5.0/ocr`."""

    more_api_urls: str = ""
    """Comma-separated base URLs of other OCR services that tokens and tasks may name; nothing is ever sent to one
    that is neither here nor in `API_URL`."""

    secret_keys: SecretStr | None = None
    """Comma-separated Fernet keys for tokens at rest, the first one encrypts; unset, a key file in the data folder."""

    poller: Literal["on", "off"] = "on"
    """Whether the server itself polls; `off` when `ocr-dashboard worker` does it elsewhere."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: Annotated[int, Field(ge=1, le=65535)] = 8501
    """Port to listen on."""

    access: Literal["open", "team"] = "open"
    """Who gets in: `open` lets in everybody who reaches the port, which other machines then must not; `team` asks
    for a sign-in by team URL, and scripts for an API key."""

    trusted_proxies: str = ""
    """Comma-separated addresses or networks of reverse proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and
    `X-Forwarded-Prefix` are believed; nobody's are when none is named."""

    base_path: str = ""
    """Path the dashboard is reached under, such as `/ocr`, when a reverse proxy serves other things beside it."""

    sso_issuer: str = ""
    """OpenID Connect provider for single sign-on, such as `https://login.example.org`; needs the extra `sso` and
    `ACCESS=team`."""

    sso_client_id: str = ""
    """What the provider knows the dashboard as."""

    sso_client_secret: SecretStr | None = None
    """The secret the provider gave for it."""

    sso_members: str = ""
    """Comma-separated rules `who=team:role` for who is let in: `ann@example.org=team:owner`,
    `*@example.org=team:viewer`, `group:ocr=team:editor`, `subject:4711=...`, `*=...` for everybody."""

    sso_scopes: str = "openid email profile"
    """What is asked of the provider; some need `groups` beside it."""

    sso_groups_claim: str = "groups"
    """Where the provider says which groups somebody is in."""

    sso_name: str = "single sign-on"
    """What the sign-in button calls the provider."""

    sso_hours: Annotated[float, Field(gt=0, le=720)] = 12
    """How long a sign-in lasts before the provider is asked again."""

    open_access: bool = False
    """Serve on an address other machines can reach although there is no login: everybody who reaches the port
    sees everything. Only behind a proxy that checks who comes in; needs `ALLOWED_HOSTS`."""

    allowed_hosts: str = ""
    """Comma-separated host names the dashboard is reached by, beside the address it listens on; needed behind
    a proxy."""

    metrics_token: SecretStr | None = None
    """With `ACCESS=team`, the secret by which who runs the server gets its own figures at `/metrics`, as
    `Authorization: Bearer ...`; members get their team's. At least 16 characters."""

    workers: Annotated[int, Field(ge=1, le=128)] = 16
    """How many calls to services may be under way at once; where several services or tokens have due tasks, each
    has up to four in any case."""

    sending: Annotated[int, Field(ge=1, le=64)] = 4
    """How many images may be sent at once with one token."""

    sources_gb: Annotated[float, Field(ge=0, le=100_000)] = 20
    """Gigabytes that the images of all teams may take in the database; 0 for no limit."""

    upload_mb: Annotated[int, Field(ge=1, le=2_000)] = 100
    """MB that a file dropped on Add may have."""

    poll_cost: Annotated[float, Field(gt=0, le=60)] = 0.2
    """Seconds of waiting one call is worth: higher polls less often and finds results later."""

    backup_hours: Annotated[float, Field(ge=0, le=8760)] = 24
    """Hours between the backups that the server makes of an SQLite database, in the folder `backups` of the data
    folder; 0 for none."""

    backups_kept: Annotated[int, Field(ge=1, le=1000)] = 7
    """How many of them are kept; older ones are deleted."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged."""

    log_json: bool = False
    """Log one JSON object a line instead of text."""

    @field_validator("poller", "log_level", "access", mode="before")
    @classmethod
    def _fold_case(cls, value: object) -> object:
        """Accept what people type: ``ON``, ``Info``, ``true``."""
        if not isinstance(value, str):
            return value
        word = value.strip().lower()
        return {"true": "on", "1": "on", "yes": "on", "false": "off", "0": "off", "no": "off"}.get(word, word)

    @field_validator("api_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        """Accept http(s) without credentials, and drop a trailing slash or a pasted API path."""
        return normal_api_url(value)

    @field_validator("more_api_urls")
    @classmethod
    def _web_addresses(cls, value: str) -> str:
        """Accept the same for each of them."""
        return ",".join(normal_api_url(one) for one in value.split(",") if one.strip())

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, value: str) -> str:
        """Accept addresses and networks: a name would never match, and ``*`` would believe everybody."""
        return normal_networks(value)

    @field_validator("base_path")
    @classmethod
    def _path_without_end(cls, value: str) -> str:
        """Accept it with and without slashes around it."""
        return normal_base_path(value)

    @field_validator("sso_issuer")
    @classmethod
    def _safe_issuer(cls, value: str) -> str:
        """Accept https, and http on this machine for trying."""
        issuer = value.strip()
        parts = urlsplit(issuer)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if issuer and not (safe and parts.hostname and "@" not in parts.netloc):
            msg = "write the provider's address, beginning with https://"
            raise ValueError(msg)
        return issuer

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        """Accept what goes into a header and is no word."""
        if value is not None and not _BEARER.fullmatch(value.get_secret_value()):
            msg = "write 16 characters or more, without blanks and special letters"
            raise ValueError(msg)
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        try:
            return value.expanduser().absolute()
        except RuntimeError:
            msg = "there is no home folder for the user it names"
            raise ValueError(msg) from None

    @model_validator(mode="after")
    def _whole_single_sign_on(self) -> Self:
        """Refuse half a provider, and one that nobody would ever be sent to."""
        named = {
            "SSO_ISSUER": self.sso_issuer,
            "SSO_CLIENT_ID": self.sso_client_id,
            "SSO_CLIENT_SECRET": self.sso_client_secret and self.sso_client_secret.get_secret_value(),
            "SSO_MEMBERS": self.sso_members.strip(),
        }
        missing = [PREFIX + name for name, value in named.items() if not value]
        if missing and len(missing) < len(named):
            msg = f"single sign-on also needs {', '.join(missing)}"
            raise ValueError(msg)
        if not missing and self.access != "team":
            msg = f"single sign-on needs {PREFIX}ACCESS=team"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _closed_by_default(self) -> Self:
        """Refuse to show results to a network nobody has thought about."""
        if is_loopback(self.host) or self.access == "team":
            return self
        if self.open_access and self.allowed_hosts.strip(" ,"):
            return self
        if self.open_access:
            # Otherwise any page on the internet reaches it through somebody's browser, by a name that it points here.
            msg = (
                f"{PREFIX}OPEN_ACCESS=true with HOST={self.host} also needs {PREFIX}ALLOWED_HOSTS: "
                "the host names it is reached by, such as ocr.example.org"
            )
            raise ValueError(msg)
        msg = (
            f"HOST={self.host} can be reached from other machines, and everybody there would get in. "
            f"Set {PREFIX}ACCESS=team to let in members only, or use {PREFIX}HOST=127.0.0.1; "
            f"{PREFIX}OPEN_ACCESS=true is for a proxy that checks who comes in"
        )
        raise ValueError(msg)

    @property
    def proxies(self) -> list[str]:
        """The reverse proxies that are believed."""
        return [name for name in self.trusted_proxies.split(",") if name]

    @property
    def api_urls(self) -> list[str]:
        """Every OCR service that may be called, the default one first."""
        return list(dict.fromkeys([self.api_url, *filter(None, self.more_api_urls.split(","))]))


def load_settings(**overrides: object) -> Settings:
    """Read the settings; keyword arguments (from the command line) win over the environment.

    Raises:
        SettingsRefused: naming every wrong setting, never showing its value.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # values are checked by pydantic itself
    except ValidationError as error:
        raise SettingsRefused(sentence_of(error)) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsRefused("The .env file cannot be read; it must be a text file in UTF-8.") from None


def sentence_of(error: ValidationError) -> str:
    """Every wrong setting by name, in one sentence without its value."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        name = PREFIX + str(problem["loc"][0]).upper() if problem["loc"] else ""
        text = problem["msg"].removeprefix("Value error, ")
        problems.append(f"{name}: {text}" if name else text)
    return "; ".join(problems)

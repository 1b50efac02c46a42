"""Where commands and scripts find a dashboard that runs; read like all settings, from the environment and ``.env``."""

from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings

from dashboard.errors import SettingsRefused
from dashboard.settings import Settings, sentence_of


class ScriptSettings(BaseSettings):
    """What ``ocr-dashboard add``, ``list`` and ``get`` need of a server; nothing else has to be right for them."""

    model_config = Settings.model_config

    url: str = ""
    """Address of the dashboard that commands for scripts talk to, such as `https://ocr.example.org`; without it they
    open the database themselves."""

    key: SecretStr | None = None
    """An API key of a team for them."""

    @field_validator("url")
    @classmethod
    def _of_a_dashboard(cls, value: str) -> str:
        """Accept http(s) without credentials, which would end up in messages."""
        address = value.strip().rstrip("/")
        parts = urlsplit(address)
        if address and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
            msg = "write the address of a dashboard, such as https://ocr.example.org"
            raise ValueError(msg)
        return address


def load_script_settings() -> ScriptSettings:
    """Read them; raises SettingsRefused, which names what is wrong and never shows its value."""
    try:
        return ScriptSettings()
    except ValidationError as error:
        raise SettingsRefused(sentence_of(error)) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsRefused("The .env file cannot be read; it must be a text file in UTF-8.") from None

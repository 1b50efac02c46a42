import re
from pathlib import Path

from dashboard.script_settings import ScriptSettings
from dashboard.settings import PREFIX, Settings

README = Path(__file__).parent.parent / "README.md"


def test_every_setting_is_documented() -> None:
    """The README's table names exactly the settings there are."""
    documented = re.findall(rf"^\| `({PREFIX}\w+)` \|", README.read_text("utf-8"), re.MULTILINE)
    settings = [*Settings.model_fields, *ScriptSettings.model_fields]
    assert sorted(documented) == sorted(PREFIX + name.upper() for name in settings)


def test_defaults_in_the_readme_are_true() -> None:
    """A default written as code in the README is the one in the settings."""
    rows = re.findall(rf"^\| `{PREFIX}(\w+)` \| `([^`]+)` \|", README.read_text("utf-8"), re.MULTILINE)
    assert rows
    for name, default in rows:
        value = Settings.model_fields[name.lower()].default
        assert str(value).lower() == default.lower(), name


def test_pictures_exist() -> None:
    """The README shows pictures that are in the repository."""
    for picture in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README.read_text("utf-8")):
        assert (README.parent / picture).stat().st_size > 10_000

"""Streamlit's configuration, as shipped."""

import re

import pytest
from streamlit import config

from tests.shipped_options import FILE, OPTIONS


def test_every_line_has_its_reason() -> None:
    """Beside the setting, for those who wonder whether they may change it."""
    lines = [
        line for line in FILE.read_text("utf-8").splitlines() if "=" in line and not line.startswith("#")
    ]
    assert len(lines) == len(OPTIONS)
    for line in lines:
        assert re.search(r" # \w.{15,}$", line), line


@pytest.mark.parametrize("name", OPTIONS)
def test_the_option_still_exists(name: str) -> None:
    """In the installed Streamlit, and is not about to go; an unknown option would be ignored in silence."""
    template = config._config_options_template
    assert name in template
    assert not template[name].deprecated


def test_full_collections_after_each_run_are_off() -> None:
    """A hidden option whose default costs most of the time with many viewers: it must stay, and stay ours."""
    hidden = config._config_options_template["runner.postScriptGC"]
    assert hidden.default_val is True
    assert OPTIONS["runner.postScriptGC"] is False


def test_nothing_is_asked_or_told_outside() -> None:
    """No usage statistics, no look-up of our own address, no listening to the network unless told to."""
    assert OPTIONS["browser.gatherUsageStats"] is False
    assert OPTIONS["logger.hideWelcomeMessage"] is True
    assert OPTIONS["logger.enableRich"] is False
    assert OPTIONS["server.address"] == "127.0.0.1"

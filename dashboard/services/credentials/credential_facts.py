"""A token as plain data, for scripts and support: everything but the secret. Pure."""

from typing import Any

from dashboard.services.credentials.credential_views import CredentialView

_AS_THEY_ARE = (
    "id",
    "label",
    "api_url",
    "client_id",
    "hint",
    "detail",
    "advice",
    "expires_at",
    "renews_at",
    "created_at",
    "last_success_at",
    "paused_until",
    "tasks",
    "open_tasks",
    "is_default",
    "daily_budget",
    "monthly_budget",
    "keeps_last_poll",
    "status_first",
)


def facts(view: CredentialView) -> dict[str, Any]:
    """What the API, ``token list --json`` and a support bundle say about a token; times are aware UTC."""
    meter = view.meter
    return {
        **{name: getattr(view, name) for name in _AS_THEY_ARE},
        "kind": view.kind.value,
        "poll_cost": view.poll_cost.value,
        "health": view.health.value,
        "calls": {
            "today": meter.today,
            "month": meter.month,
            "by_kind": {kind.value: calls for kind, calls in meter.by_kind.items()},
        },
    }

"""What ``openapi.json`` says beyond what FastAPI reads from the routes: who may call, and what goes wrong."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from dashboard.services.team.access import COOKIE
from dashboard.web.current_team import TEAM
from dashboard.web.idempotency import HEADER, KEY_PATTERN

Responses = dict[int | str, dict[str, Any]]

_REFUSED = "#/components/schemas/Refused"
_EVERYWHERE = {
    404: "There is no such thing in this team, or you do not belong to the team that was named.",
    503: "The database cannot be used just now; nothing was changed.",
}
_WITH_ACCESS = {
    401: "Neither a valid API key nor a sign-in came with the request.",
    403: "The role in the team is not enough.",
    429: "Too many wrong keys from this address; `Retry-After` says for how long.",
}
_BODY = {413: "The body is too large."}
_TEAM = {
    "name": TEAM,
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "the short name of a team, for who belongs to several",
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": KEY_PATTERN},
    "description": "made up for this call: within a day, the same call with the same key is not carried out again "
    "and gets the same answer",
}
_VERBS = frozenset({"get", "post", "put", "patch", "delete"})


class Refused(BaseModel):
    """Why a call did not do what it was made for."""

    detail: str = Field(description="a sentence for people")


class StillOpenAnswer(Refused):
    """The same of a result that there is not yet."""

    state: str


def says(status: int, description: str, model: type[BaseModel] = Refused) -> Responses:
    """One more answer of a route, for its ``responses``."""
    return {status: {"model": model, "description": description}}


def gives(*media_types: str, description: str = "The file.") -> Responses:
    """What a route hands out that is no JSON, for its ``responses``."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    text = {"schema": {"type": "string"}}
    content = {it: text if it.startswith("text/") else binary for it in media_types}
    return {200: {"description": description, "content": content}}


def install(api: FastAPI, *, open_to_all: Callable[[], bool]) -> None:
    """Have the API describe itself as it is.

    Args:
        api: whose description it is.
        open_to_all: whether nobody signs in here; asked when the description is first read.
    """

    def described() -> dict[str, Any]:
        if api.openapi_schema is None:
            schema = get_openapi(
                title=api.title,
                version=api.version,
                description="Results of Aspose.OCR Cloud, kept for a team.",
                routes=api.routes,
                servers=api.servers,
            )
            api.openapi_schema = _completed(schema, open_to_all=open_to_all())
        return api.openapi_schema

    api.openapi = described  # type: ignore[method-assign] # as FastAPI's documentation has it


def _completed(schema: dict[str, Any], *, open_to_all: bool) -> dict[str, Any]:
    parts = schema.setdefault("components", {}).setdefault("schemas", {})
    for theirs in ("HTTPValidationError", "ValidationError"):
        parts.pop(theirs, None)
    parts["Refused"] = Refused.model_json_schema()
    for path in schema["paths"].values():
        for verb, operation in path.items():
            if verb in _VERBS:
                _complete(operation, changes=verb != "get", open_to_all=open_to_all)
    if not open_to_all:
        schema["components"]["securitySchemes"] = {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key of a team (Team, API keys).",
            },
            "cookie": {
                "type": "apiKey",
                "in": "cookie",
                "name": COOKIE,
                "description": "A signed-in browser.",
            },
        }
        schema["security"] = [{"key": []}, {"cookie": []}]
    return schema


def _complete(operation: dict[str, Any], *, changes: bool, open_to_all: bool) -> None:
    answers = operation["responses"]
    if "422" in answers:  # FastAPI's own shape of it is not ours
        answers["422"] = _answer("Something that was sent cannot be used.")
    statuses = {**_EVERYWHERE, **({} if open_to_all else _WITH_ACCESS)}
    statuses.update(_BODY if "requestBody" in operation else {})
    if changes:
        statuses |= {409: "The key was used before.", 422: "Something that was sent cannot be used."}
        operation.setdefault("parameters", []).append(_KEY)
    for status, description in statuses.items():
        answers.setdefault(str(status), _answer(description))
    operation["responses"] = dict(sorted(answers.items()))
    if not open_to_all:
        operation.setdefault("parameters", []).append(_TEAM)


def _answer(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": {"$ref": _REFUSED}}}}

"""``/api/docs``: the API's documentation to read and to try, from files of an installed library.

It stands behind the same gate as everything else, and the policy for pages holds: nothing comes from elsewhere.
"""

from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter
from fastapi.exceptions import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · OCR Dashboard</title>
<link rel="icon" href="docs/favicon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript. <a href="openapi.json">The description of the API</a> does not.</noscript>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# Addresses are relative to the page, so that they hold below any base path.

_THEIRS = "fastapi_swagger.resources"
_FILES = {
    "swagger-ui.css": (_THEIRS, "swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": (_THEIRS, "swagger-ui-bundle.js", "text/javascript"),
    "favicon.png": (_THEIRS, "favicon-32x32.png", "image/png"),
    "start.js": ("dashboard.web", "assets/api_docs.js", "text/javascript"),
}
_KEPT = {"Cache-Control": "private, max-age=3600"}


def build_router() -> APIRouter:
    """The page and its files."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def page() -> Response:
        """The page itself."""
        return HTMLResponse(_PAGE)

    @router.get("/docs/{name}")
    async def file(name: str) -> Response:
        """What it loads."""
        if name not in _FILES:
            raise HTTPException(404, "Not Found")
        package, path, media_type = _FILES[name]
        data = await run_in_threadpool(_file(package, path).read_bytes)
        return Response(data, media_type=media_type, headers=_KEPT)

    return router


def _file(package: str, path: str) -> Traversable:
    return resources.files(package).joinpath(path)

"""Lines that send an image through the drop-in address, to be copied; what changes in a script is marked. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MARK = "changed"
"""A comment at the end of each line in which a script differs from one that talks to the service itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where scripts are pointed to.

    Attributes:
        base: the base URL, in place of the service's.
        key: in place of an access token; empty where the address has the secret, and where nobody asks for one.
    """

    base: str
    key: str


def _curl(place: Place) -> str:
    auth = f" \\\n  -H {_shell(f'Authorization: Bearer {place.key}')}" if place.key else ""
    url = _shell(f"{place.base}/v5.0/ocr/RecognizeImage")
    return f"""# {MARK}: the address{" and the key" if place.key else ""}
IMAGE=$(base64 < scan.png | tr -d '\\n')
ID=$(printf '{{"image":"%s","settings":{{"language":"English"}}}}' "$IMAGE" | curl -sS {url}{auth} \\
  -H 'Content-Type: application/json' -H 'Accept: text/plain' --data-binary @-)
curl -sS {url}"?id=$ID"{auth} -H 'Prefer: wait=30'"""


def _requests(place: Place) -> str:
    auth = f'{{"Authorization": {_quoted(f"Bearer {place.key}")}}}' if place.key else "{}"
    return f"""import base64
import requests

url = {_quoted(f"{place.base}/v5.0/ocr/RecognizeImage")}  # {MARK}
headers = {auth}  # {MARK}

image = base64.b64encode(open("scan.png", "rb").read()).decode()
body = {{"image": image, "settings": {{"language": "English"}}}}
task_id = requests.post(url, json=body, headers=headers | {{"Accept": "text/plain"}}, timeout=100).text
answer = requests.get(url, params={{"id": task_id}}, headers=headers | {{"Prefer": "wait=30"}}, timeout=60).json()
print(base64.b64decode(answer["results"][0]["data"]).decode())"""


def _python_sdk(place: Place) -> str:
    auth = (
        f'client.default_headers["Authorization"] = {_quoted(f"Bearer {place.key}")}  # {MARK}\n'
        if place.key
        else ""
    )
    return f"""import base64
from aspose_ocr_cloud.api.recognize_image_api import RecognizeImageApi
from aspose_ocr_cloud.api_client import ApiClient
from aspose_ocr_cloud.configuration import Configuration
from aspose_ocr_cloud.models.ocr_recognize_image_body import OCRRecognizeImageBody
from aspose_ocr_cloud.models.ocr_settings_recognize_image import OCRSettingsRecognizeImage

client = ApiClient(Configuration(host={_quoted(place.base)}))  # {MARK}
{auth}
image = base64.b64encode(open("scan.png", "rb").read()).decode()
api = RecognizeImageApi(client)
task_id = api.post_recognize_image(
    OCRRecognizeImageBody(image=image, settings=OCRSettingsRecognizeImage(language="English"))
)
print(api.get_recognize_image(task_id).task_status)"""


def _dotnet(place: Place) -> str:
    token = f"    AccessToken = {_quoted(place.key)}, // {MARK}\n" if place.key else ""
    return f"""using Aspose.OCR.Cloud.SDK.Api;
using Aspose.OCR.Cloud.SDK.Client;
using Aspose.OCR.Cloud.SDK.Model;

var config = new Configuration
{{
    BasePath = {_quoted(place.base)}, // {MARK}
{token}}};
var api = new RecognizeImageApi(config);
var settings = new OCRSettingsRecognizeImage {{ Language = Language.English }};
var taskId = api.PostRecognizeImage(new OCRRecognizeImageBody(File.ReadAllBytes("scan.png"), settings));
Console.WriteLine(api.GetRecognizeImage(taskId).TaskStatus);"""


def _java(place: Place) -> str:
    auth = f'\n    .header("Authorization", {_quoted(f"Bearer {place.key}")}) // {MARK}' if place.key else ""
    return f"""import java.net.URI;
import java.net.http.*;
import java.nio.file.*;
import java.util.Base64;

var url = {_quoted(f"{place.base}/v5.0/ocr/RecognizeImage")}; // {MARK}
var image = Base64.getEncoder().encodeToString(Files.readAllBytes(Path.of("scan.png")));
var body = "{{\\"image\\":\\"" + image + "\\",\\"settings\\":{{\\"language\\":\\"English\\"}}}}";
var http = HttpClient.newHttpClient();
var sent = HttpRequest.newBuilder(URI.create(url)){auth}
    .header("Content-Type", "application/json").header("Accept", "text/plain")
    .POST(HttpRequest.BodyPublishers.ofString(body)).build();
var id = http.send(sent, HttpResponse.BodyHandlers.ofString()).body();
var asked = HttpRequest.newBuilder(URI.create(url + "?id=" + id)){auth}
    .header("Prefer", "wait=30").build();
System.out.println(http.send(asked, HttpResponse.BodyHandlers.ofString()).body());"""


def _node(place: Place) -> str:
    auth = f"{{ Authorization: {_quoted(f'Bearer {place.key}')} }}" if place.key else "{}"
    return f"""import {{ readFileSync }} from "node:fs";

const url = {_quoted(f"{place.base}/v5.0/ocr/RecognizeImage")}; // {MARK}
const headers = {auth}; // {MARK}

const body = {{ image: readFileSync("scan.png").toString("base64"), settings: {{ language: "English" }} }};
const sent = await fetch(url, {{
  method: "POST",
  headers: {{ ...headers, "Content-Type": "application/json", Accept: "text/plain" }},
  body: JSON.stringify(body),
}});
const id = await sent.text();
const answer = await fetch(`${{url}}?id=${{id}}`, {{ headers: {{ ...headers, Prefer: "wait=30" }} }});
const {{ results }} = await answer.json();
console.log(Buffer.from(results[0].data, "base64").toString());"""


def _powershell(place: Place) -> str:
    auth = f"Authorization = {_single(f'Bearer {place.key}')}; " if place.key else ""
    return f"""$url = {_single(f"{place.base}/v5.0/ocr/RecognizeImage")} # {MARK}
$headers = @{{ {auth}Accept = 'text/plain' }} # {MARK}
$image = [Convert]::ToBase64String([IO.File]::ReadAllBytes((Resolve-Path 'scan.png')))
$body = @{{ image = $image; settings = @{{ language = 'English' }} }} | ConvertTo-Json
$id = Invoke-RestMethod -Method Post -Uri $url -Headers $headers -ContentType 'application/json' -Body $body
$headers.Accept = 'application/json'; $headers.Prefer = 'wait=30'
$answer = Invoke-RestMethod -Uri "$($url)?id=$id" -Headers $headers
[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($answer.results[0].data))"""


LINES: Mapping[str, tuple[str, Callable[[Place], str]]] = {
    "curl": ("bash", _curl),
    "Python": ("python", _requests),
    "Python SDK": ("python", _python_sdk),
    ".NET SDK": ("csharp", _dotnet),
    "Java": ("java", _java),
    "Node": ("javascript", _node),
    "PowerShell": ("powershell", _powershell),
}
"""By what people call it: the language for highlighting, and what writes the lines."""


def _quoted(text: str) -> str:
    return json.dumps(text)


def _single(text: str) -> str:
    """As PowerShell quotes what is to be taken as it is."""
    return "'" + text.replace("'", "''") + "'"


def _shell(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"

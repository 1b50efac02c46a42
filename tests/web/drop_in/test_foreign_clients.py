"""Clients that know nothing of us: only their base URL is another one, and they get what they would get."""

import base64
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from aspose_ocr_cloud.api.recognize_image_api import RecognizeImageApi
from aspose_ocr_cloud.api.recognize_image_trial_api import RecognizeImageTrialApi
from aspose_ocr_cloud.api.utilities_api import UtilitiesApi
from aspose_ocr_cloud.api_client import ApiClient
from aspose_ocr_cloud.configuration import Configuration
from aspose_ocr_cloud.exceptions import UnauthorizedException
from aspose_ocr_cloud.models.ocr_recognize_image_body import OCRRecognizeImageBody
from aspose_ocr_cloud.models.ocr_settings_recognize_image import OCRSettingsRecognizeImage

from dashboard.sandbox import DEMO_ACCESS_TOKEN
from dashboard.sandbox.samples import latin
from dashboard.ui.script_lines import LINES, Place
from tests.web.drop_in.conftest import BODY, IMAGE, OCR, House


def client(url: str, token: str | None = None) -> ApiClient:
    """The vendor's, pointed somewhere."""
    made = ApiClient(Configuration(host=url))
    if token is not None:
        made.default_headers["Authorization"] = f"Bearer {token}"  # 24.11 has no other way
    return made


def body() -> OCRRecognizeImageBody:
    """What it sends."""
    settings = OCRSettingsRecognizeImage(language="English", resultType="Text")
    return OCRRecognizeImageBody(image=IMAGE, settings=settings)


def test_the_official_sdk_with_a_key(house: House) -> None:
    """Submit, status, wait and decode; the task is on the board."""
    ours = client(house.url, house.key)
    api = RecognizeImageApi(ours)
    task_id = api.post_recognize_image(body())
    assert api.get_recognize_image(task_id).task_status in ("Pending", "Processing")
    done = None
    for _ in range(50):
        done = api.get_recognize_image(task_id)
        if done.task_status == "Completed":
            break
        time.sleep(0.1)
    theirs = RecognizeImageApi(client(house.service.url, DEMO_ACCESS_TOKEN)).get_recognize_image(task_id)
    assert done == theirs
    assert UtilitiesApi(ours).get_task_status(task_id).task_status == "Completed"
    api.cancel_recognize_image(task_id)
    assert house.team.tasks.detail(task_id).task.trial is False


def test_the_official_sdk_with_an_address(house: House) -> None:
    """Evaluation mode, for which it sends no token."""
    api = RecognizeImageTrialApi(client(f"{house.url}/in/{house.address}"))
    task_id = api.post_recognize_image_trial(body())
    found = None
    for _ in range(50):
        found = api.get_recognize_image_trial(task_id)
        if found.results:
            break
        time.sleep(0.1)
    assert found is not None
    assert found.results
    assert base64.b64decode(str(found.results[0].data)).decode() == latin().trial_text


def test_the_official_sdk_without_anything(house: House) -> None:
    """Its own exception for a refused token."""
    with pytest.raises(UnauthorizedException):
        RecognizeImageApi(client(house.url)).post_recognize_image(body())


def tutorial(base: str, headers: dict[str, str], path: str = "RecognizeImage") -> bytes:
    """As the service's tutorial does it: send, then ask ten times, two seconds apart (fact sheet 5)."""
    task_id = requests.post(f"{base}{OCR}/{path}", json=BODY, headers=headers, timeout=30).text.strip('"')
    for _ in range(10):
        time.sleep(2)
        answer = requests.get(f"{base}{OCR}/{path}", params={"id": task_id}, headers=headers, timeout=30)
        if answer.json()["taskStatus"] == "Completed":
            return base64.b64decode(answer.json()["results"][0]["data"])
    return b""


def test_the_tutorials_script(house: House) -> None:
    """The same text either way."""
    ours = tutorial(house.url, house.headers["key"])
    theirs = tutorial(house.service.url, {"Authorization": f"Bearer {DEMO_ACCESS_TOKEN}"})
    assert ours.decode() == theirs.decode() == latin().text


def curl(*arguments: str, data: str = "") -> str:
    """What a line of curl prints; status and label of the answer come last."""
    wanted = [
        "curl",
        "--silent",
        "--max-time",
        "30",
        "--write-out",
        "\n%{http_code} %{content_type}",
        *arguments,
    ]
    found = subprocess.run(  # noqa: S603 - made up here
        wanted, input=data, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    )
    return found.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_the_exchanges_of_the_fact_sheet_as_lines_of_curl(house: House) -> None:
    """Sections 9A, 9B and 9D: the same answers at the service and here."""
    places = {
        house.url: house.key,
        house.service.url: "any secret",
    }
    said: list[list[str]] = []
    for base, secret in places.items():
        form = f"grant_type=client_credentials&client_id=11111111-2222-3333-4444-555555555555&client_secret={secret}"
        token = (
            curl(f"{base}/connect/token", "--data", form).partition('"access_token":"')[2].partition('"')[0]
        )
        auth = ["--header", f"Authorization: Bearer {token}"]
        json_type = ["--header", "Content-Type: application/json", "--data", "@-"]
        settings = (
            '{"language":"English","makeSkewCorrect":true,"makeBinarization":false,"resultType":"Text"}'
        )
        sent_body = f'{{"image":"{IMAGE}","settings":{settings}}}'
        text = ["--header", "Accept: text/plain"]
        url = f"{base}{OCR}/RecognizeImage"
        sent = curl(url, *auth, *text, *json_type, data=sent_body)
        task_id = sent.partition("\n")[0]
        first = curl(f"{url}?id={task_id}", *auth, *text)
        done = first
        for _ in range(50):
            done = curl(f"{url}?id={task_id}", *auth)
            if '"Completed"' in done:
                break
            time.sleep(0.1)
        unknown = curl(f"{url}?id=00000000-0000-0000-0000-000000000000", *auth)
        refused = curl(url, *json_type, data=sent_body)
        trial_auth = auth if base == house.url else []
        trial = curl(f"{base}{OCR}/RecognizeImageTrial", *trial_auth, *text, *json_type, data=sent_body)
        said.append(
            [
                sent.replace(task_id, "ID"),
                first.replace(task_id, "ID"),
                done.replace(task_id, "ID"),
                unknown,
                refused.rpartition("\n")[2],
                trial.partition("\n")[2],
            ]
        )
    ours, theirs = said
    assert ours == theirs


RUN = {
    "curl": ("sh", "lines.sh"),
    "Python": (sys.executable, "lines.py"),
    "Python SDK": (sys.executable, "lines.py"),
    "Node": ("node", "lines.mjs"),
}


@pytest.mark.parametrize("by", ["key", "address"])
@pytest.mark.parametrize("name", RUN)
def test_the_lines_that_people_copy_run_as_they_are(house: House, tmp_path: Path, name: str, by: str) -> None:
    """With a key, and with an address; those of other languages are only read here."""
    command, file = RUN[name]
    if shutil.which(command) is None or (name == "curl" and shutil.which("curl") is None):
        pytest.skip(f"there is no {command} on this machine")
    place = Place(house.url, house.key) if by == "key" else Place(f"{house.url}/in/{house.address}", "")
    (tmp_path / file).write_text(LINES[name][1](place))
    (tmp_path / "scan.png").write_bytes(latin().image)
    done = subprocess.run(  # noqa: S603 - our own lines
        [command, file],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    told = (
        latin().text.splitlines()[0],
        base64.b64encode(latin().text.encode()).decode()[:40],
        "Pending",
        "Processing",
    )
    assert any(one.lower() in done.stdout.lower() for one in told), done.stdout

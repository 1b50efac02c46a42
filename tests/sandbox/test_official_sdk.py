"""The vendor's own client can use the sandbox."""

import base64
from collections.abc import Callable

import pytest
from aspose_ocr_cloud.api.recognize_image_api import RecognizeImageApi
from aspose_ocr_cloud.api.recognize_image_trial_api import RecognizeImageTrialApi
from aspose_ocr_cloud.api.utilities_api import UtilitiesApi
from aspose_ocr_cloud.api_client import ApiClient
from aspose_ocr_cloud.configuration import Configuration
from aspose_ocr_cloud.exceptions import UnauthorizedException
from aspose_ocr_cloud.models.language import Language
from aspose_ocr_cloud.models.ocr_recognize_image_body import OCRRecognizeImageBody
from aspose_ocr_cloud.models.ocr_response import OCRResponse
from aspose_ocr_cloud.models.ocr_settings_recognize_image import OCRSettingsRecognizeImage
from aspose_ocr_cloud.models.result_type import ResultType
from aspose_ocr_cloud.models.result_type_table import ResultTypeTable

from dashboard.models.languages import LANGUAGES
from dashboard.sandbox import DEMO_ACCESS_TOKEN, SandboxServer
from dashboard.sandbox.samples import latin
from dashboard.wire.contract import RESULT_TYPES, TABLE_TYPES


def _client(sandbox: SandboxServer, token: str | None = None) -> ApiClient:
    client = ApiClient(Configuration(host=sandbox.url))
    if token is not None:
        client.default_headers["Authorization"] = f"Bearer {token}"  # 24.11 has no other way
    return client


def _text(answer: OCRResponse) -> str:
    assert answer.results
    data = answer.results[0].data
    assert isinstance(data, str)
    return base64.b64decode(data).decode()


def _body() -> OCRRecognizeImageBody:
    image = base64.b64encode(latin().image).decode()
    settings = OCRSettingsRecognizeImage(language="English", resultType="Text")
    return OCRRecognizeImageBody(image=image, settings=settings)


def test_it_reads_a_regular_task(sandbox: SandboxServer, advance: Callable[[float], None]) -> None:
    """Submit, wait and decode: the true text of the sample."""
    client = _client(sandbox, DEMO_ACCESS_TOKEN)
    api = RecognizeImageApi(client)
    task_id = api.post_recognize_image(_body())
    assert api.get_recognize_image(task_id).task_status == "Pending"
    advance(2)
    assert UtilitiesApi(client).get_task_status(task_id).task_status == "Processing"
    advance(10)
    done = api.get_recognize_image(task_id)
    assert (done.task_status, done.response_status_code) == ("Completed", "Ok")
    assert _text(done) == latin().text


def test_it_reads_a_trial_task_without_a_token(
    sandbox: SandboxServer, advance: Callable[[float], None]
) -> None:
    """Evaluation mode gives the published masked text."""
    api = RecognizeImageTrialApi(_client(sandbox))
    task_id = api.post_recognize_image_trial(_body())
    advance(10)
    done = api.get_recognize_image_trial(task_id)
    assert _text(done) == latin().trial_text


def test_it_cancels_a_task(sandbox: SandboxServer) -> None:
    """A cancelled task is no longer known."""
    api = RecognizeImageApi(_client(sandbox, DEMO_ACCESS_TOKEN))
    task_id = api.post_recognize_image(_body())
    api.cancel_recognize_image(task_id)
    assert api.get_recognize_image(task_id).task_status == "NotExist"


def test_it_is_told_that_its_token_is_missing(sandbox: SandboxServer) -> None:
    """A refused token is the SDK's own 401 exception."""
    with pytest.raises(UnauthorizedException):
        RecognizeImageApi(_client(sandbox)).post_recognize_image(_body())


def test_the_sandbox_knows_the_words_of_the_sdk() -> None:
    """Languages and result types are the SDK's enumerations, word for word."""
    assert {word.value for word in Language} == {it.code for it in LANGUAGES}
    assert len(LANGUAGES) == 154
    assert {word.value for word in ResultType} == set(RESULT_TYPES)
    assert {word.value for word in ResultTypeTable} == set(TABLE_TYPES)

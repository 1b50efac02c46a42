"""The model at work: where text stands on a picture, which way up it is, and what it says."""

import base64
import io
import math
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from PIL import Image
from rapidocr import RapidOCR

from dashboard.sandbox.reading.order import in_reading_order
from dashboard.sandbox.reading.pages import Box, Page, Piece, Word, around

_MODELS = files("rapidocr") / "models"
_THREADS = 2
"""Enough for half a page a second, and little enough to leave the machine to others."""

_TALL = 1.5
_SURE = 0.9
_LEAST_SCORE = 0.5
_SLANTED = 0.5
_MOST_SLANTED = 20.0
"""Degrees: less is not worth turning a picture, more is no slant."""

_FEW = 3
_VOTES = 40
_SHOWN_SIDE = 2_000
_QUALITY = 70


class Engine:
    """Models that are loaded once. They come with the wheel and are named here: nothing is fetched, ever."""

    def __init__(self) -> None:
        self._reads = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.text_score": 0.0,  # judged here, because words and lines get out of step there
                "Det.model_path": str(_MODELS / "PP-OCRv6_det_small.onnx"),
                "Cls.model_path": str(_MODELS / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
                "Rec.model_path": str(_MODELS / "PP-OCRv6_rec_small.onnx"),
                "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def page(self, picture: Image.Image) -> Page:
        """What stands on one page, turned so that its text runs from left to right, the right way up."""
        read = [(upright, self._pieces(upright)) for upright in self._perhaps_upright(picture)]
        picture, pieces = max(read, key=lambda one: _sureness(one[1]))
        return Page(picture.width, picture.height, in_reading_order(pieces), _kept(picture))

    def _pieces(self, picture: Image.Image) -> list[Piece]:
        return list(
            _pieces(
                self._reads(
                    np.asarray(picture)[:, :, ::-1],
                    use_det=True,
                    use_cls=False,
                    use_rec=True,
                    return_word_box=True,
                )
            )
        )

    def _perhaps_upright(self, picture: Image.Image) -> list[Image.Image]:
        """The picture as it may be meant: one in most cases, more where only reading tells which is right."""
        boxes = self._boxes(picture)
        others = []
        if len(boxes) and median(_height(box) / max(_width(box), 1.0) for box in boxes) >= _TALL:
            others = [picture] if len(boxes) <= _FEW else []  # a single letter is tall as well
            picture = picture.transpose(Image.Transpose.ROTATE_90)
            boxes = self._boxes(picture)
        if not len(boxes):
            return [*others, picture]
        slant, is_upside_down = _slant(boxes), self._is_upside_down(picture, boxes)
        if _SLANTED <= abs(slant) <= _MOST_SLANTED:
            picture = picture.rotate(slant, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
        if is_upside_down:  # so it seems; marks above letters deceive
            others.append(picture.transpose(Image.Transpose.ROTATE_180))
        return [*others, picture]

    def _boxes(self, picture: Image.Image) -> Sequence[Any]:
        found = self._reads(np.asarray(picture)[:, :, ::-1], use_det=True, use_cls=False, use_rec=False)
        boxes: Any = getattr(found, "boxes", None)  # None where there is nothing
        return () if boxes is None else list(boxes)

    def _is_upside_down(self, picture: Image.Image, boxes: Sequence[Any]) -> bool:
        """By the votes of its longest lines."""
        longest = sorted(boxes, key=_width, reverse=True)[:_VOTES]
        crops = self._reads.crop_text_regions(np.asarray(picture)[:, :, ::-1], np.array(longest))
        _, told = self._reads.cls_and_rotate(crops)
        votes = [label for label, score in told.cls_res or () if score > _SURE]
        return votes.count("180") > len(votes) / 2


def _sureness(pieces: Sequence[Piece]) -> float:
    """How many letters were read, each as far as it is sure; less than half sure means against it."""
    words = [word for piece in pieces for word in piece.words]
    return sum((word.confidence - 0.5) * len(word.text) for word in words)


def _width(box: Any) -> float:  # noqa: ANN401 - four corners, as NumPy has them
    return float(math.dist(box[0], box[1]))


def _height(box: Any) -> float:  # noqa: ANN401 - as above
    return float(math.dist(box[1], box[2]))


def _slant(boxes: Sequence[Any]) -> float:
    """By how many degrees the lines fall, the long ones counting."""
    longest = sorted(boxes, key=_width, reverse=True)[:_VOTES]
    return median(math.degrees(math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0])) for box in longest)


def _pieces(found: Any) -> Iterator[Piece]:  # noqa: ANN401 - RapidOCR's own output
    if found.boxes is None or found.txts is None:
        return
    signs = found.word_results or ()
    in_step = len(signs) == len(found.txts)
    for number, (box, text, score) in enumerate(zip(found.boxes, found.txts, found.scores, strict=True)):
        if float(score) >= _LEAST_SCORE and text.split():
            yield Piece(words_of(text, float(score), _flat(box), signs[number] if in_step else ()))


def _flat(corners: Any) -> Box:  # noqa: ANN401 - as above
    return around([(round(x), round(y), round(x), round(y)) for x, y in corners])


def words_of(text: str, score: float, box: Box, groups: Sequence[tuple[str, float, Any]]) -> tuple[Word, ...]:
    """The words of a line, with the places of the groups of signs they are made of; evenly where those do not fit."""
    words, left = [], [(sign, score, _flat(corners)) for sign, score, corners in groups if sign.strip()]
    for word in text.split():
        signs = ""
        taken = []
        while left and len(signs) < len(word):
            taken.append(left.pop(0))
            signs += "".join(taken[-1][0].split())
        if signs != word:
            return _evenly(text, score, box)
        words.append(Word(word, around([one[2] for one in taken]), round(min(one[1] for one in taken), 3)))
    return tuple(words)


def _evenly(text: str, score: float, box: Box) -> tuple[Word, ...]:
    left, top, right, bottom = box
    words = text.split()
    edges = [0]
    for word in words:
        edges.append(edges[-1] + len(word) + 1)
    wide = (right - left) / max(edges[-1] - 1, 1)
    return tuple(
        Word(word, (round(left + start * wide), top, round(left + (end - 1) * wide), bottom), round(score, 3))
        for word, (start, end) in zip(words, pairwise(edges), strict=True)
    )


def _kept(picture: Image.Image) -> str:
    small = picture.copy()
    small.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=_QUALITY)
    return base64.b64encode(file.getvalue()).decode()

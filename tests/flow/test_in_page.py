"""The picture that a page draws: as wide as the page has room, its text in full size, each message by its number."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from workbook.flow.drawn import arrows
from workbook.flow.messages import Flow
from workbook.flow.sequence import to_page_svg, width_of


@pytest.mark.parametrize("width", [0, 340, 600, 780, 5000])
def test_the_picture_in_a_page_is_as_wide_as_the_page(flows: dict[str, Flow], width: int) -> None:
    drawn = arrows(flows["sign_in"])
    picture = ElementTree.fromstring(to_page_svg(drawn, "A login", "own", width))
    wide = float(picture.get("width") or 0)
    assert wide == {0: 315, 340: 340, 600: 600, 780: 780, 5000: 780}[width]
    groups = [one for one in picture.iter() if one.get("class") == "message"]
    assert [one.get("data-number") for one in groups] == [str(n) for n in range(1, len(drawn) + 1)]
    for text in picture.iter("{http://www.w3.org/2000/svg}text"):
        long = width_of(text.text or "", bold=text.get("font-weight") == "bold")
        begin = float(text.get("x") or 0) - (long / 2 if text.get("text-anchor") else 0)
        assert begin >= 0 and begin + long <= wide, text.text
    assert "<style" not in to_page_svg(drawn, "A login", "own", width)

"""The pictures of docs/ are of today's pages: their headings, columns and controls are those that pages.json noted."""

import json

import pytest

from pictures import script

pytestmark = pytest.mark.browser
make = script()


@pytest.mark.parametrize("name", [name for name, picture in make.PICTURES.items() if picture.theme == "light"])
def test_a_picture_is_of_today_s_page(name, chromium, address):
    noted = json.loads(make.SEEN.read_text())[name]["words"]
    picture = make.PICTURES[name]
    context = chromium.new_context(**picture.context)
    try:
        page = context.new_page()
        seen = make.words(page, make.show(page, address, picture))
    finally:
        context.close()
    assert seen == noted, "The page has changed since its picture was taken: run make screenshots."

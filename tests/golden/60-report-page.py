# SPDX-License-Identifier: Apache-2.0
"""The pages of the report, read as a browser would: whole, alone, and closed by their policy.

The pages are the expected outputs of the unit tests, which are compared byte for byte.
"""
import base64
import glob
import hashlib
import html.parser
import os
import re

from noroshi_test import SOURCE

VOID = {"meta", "br", "hr"}
ACTIVE = {"script", "iframe", "object", "embed", "link", "img", "form", "input", "base", "a", "use",
          "image", "foreignobject", "video", "audio", "animate", "set"}
ADDRESSES = {"src", "href", "xlink:href", "action", "style", "srcset", "data", "poster"}


class Page(html.parser.HTMLParser):
    """Holds a page to its promises while it is parsed."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.wanted, self.policy, self.style = [], [], [], None, ""
        self.pictures = self.tables = 0

    def handle_starttag(self, tag, attributes):
        self.take(tag, dict(attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.take(tag, dict(attributes))

    def take(self, tag, attributes):
        assert tag not in ACTIVE, tag
        for name in attributes:
            assert name not in ADDRESSES and not name.startswith("on"), (tag, name)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        self.wanted += attributes.get("aria-labelledby", "").split()
        if attributes.get("http-equiv") == "Content-Security-Policy":
            assert "style" not in self.open and self.policy is None
            self.policy = attributes["content"]
        if attributes.get("role") == "img":
            self.pictures += 1
            assert attributes.get("aria-labelledby"), "a picture without a name"
        self.tables += tag == "table"

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open, self.getpos())
        self.open.pop()

    def handle_data(self, data):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", data)
        if self.open and self.open[-1] == "style":
            self.style += data


def check(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    assert not page.open, page.open
    assert len(page.ids) == len(set(page.ids)), page.ids
    assert set(page.wanted) <= set(page.ids), set(page.wanted) - set(page.ids)
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert page.policy == (f"default-src 'none'; style-src 'sha256-{digest}'; "
                           "base-uri 'none'; form-action 'none'"), page.policy
    assert "url(" not in page.style and "@import" not in page.style
    assert not re.search(r'="[^"]*\b(nan|inf)\b', text), "a number that is none"
    return page


def main():
    pages = {os.path.basename(path): check(path) for path in
             glob.glob(os.path.join(SOURCE, "tests", "unit", "report", "expected", "*.html"))}
    assert len(pages) >= 4, pages
    assert pages["day.html"].pictures == 4 and pages["day.html"].tables == 8, vars(
        pages["day.html"])
    assert pages["empty.html"].pictures == 0


main()

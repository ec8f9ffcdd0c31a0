"""Pages read as a browser does: their words, and whether anything in them could do harm."""

import re
from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img"}


class Reader(HTMLParser):
    """Reads a page as a browser does, and keeps what can do something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problems: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.style = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            self.problems.append(f"an attribute twice in <{tag}>: {attrs}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            self.style += data
        elif "script" not in self.open:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"a comment: {data}")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.problems == []
    assert reader.open == []
    return reader


def assert_harmless(html: str) -> None:
    """No tag, handler or address but the page's own, and nothing that cannot be seen."""
    reader = read(html)
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert {"img", "iframe", "link", "object", "base"}.isdisjoint(tag for tag, _ in reader.tags)
    anchors = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}
    assert len(anchors) == sum("id" in attributes for _, attributes in reader.tags)
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert not {"src", "srcset", "action", "style", "xlink:href"} & set(attributes)
        if "href" in attributes:
            assert (attributes["href"] or "").removeprefix("#") in anchors
    assert not re.search(r"url\((?!#)|@import|//", reader.style)
    assert all(char.isprintable() or char == "\n" for char in html)
    html.encode("utf-8")


def words_of(html: str) -> str:
    return " ".join(" ".join(read(html).words).split())

"""Pages that draw what happened to the database, request by request.

All of it is standard library only: `observe` writes its page in the environment of the service.
"""

from async_db.pages.assets import LEGEND
from async_db.pages.axis import Scale, scale_of
from async_db.pages.components import choice, finding_text, tiles
from async_db.pages.drawing import MAX_LISTED, figure
from async_db.pages.gallery import Gallery, Shown, as_json, from_json
from async_db.pages.markup import code, counted, milliseconds, page, prose, shortened, text
from async_db.pages.observed_page import observe_page
from async_db.pages.timeline import Bar, Lane, Timeline
from async_db.pages.timeline_layout import timeline_of
from async_db.pages.trimming import MAX_DRAWN
from async_db.pages.wording import short

__all__ = [
    "LEGEND",
    "MAX_DRAWN",
    "MAX_LISTED",
    "Bar",
    "Gallery",
    "Lane",
    "Scale",
    "Shown",
    "Timeline",
    "as_json",
    "choice",
    "code",
    "counted",
    "figure",
    "finding_text",
    "from_json",
    "milliseconds",
    "observe_page",
    "page",
    "prose",
    "scale_of",
    "short",
    "shortened",
    "text",
    "tiles",
    "timeline_of",
]

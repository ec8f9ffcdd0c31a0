"""Pages that draw what happened to the database, request by request.

All of it is standard library only: `observe` writes its page in the environment of the service.
"""

from .assets import LEGEND
from .axis import Scale, scale_of
from .components import choice, finding_text, tiles
from .drawing import MAX_LISTED, figure
from .gallery import Gallery, Shown, as_json, from_json
from .markup import code, counted, milliseconds, page, prose, shortened, text
from .observed_page import observe_page
from .timeline import Bar, Lane, Timeline
from .timeline_layout import timeline_of
from .trimming import MAX_DRAWN
from .wording import short

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

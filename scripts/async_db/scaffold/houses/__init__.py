"""The project that a layer is written into, read: its layout, names, settings, models and tests."""

from async_db.scaffold.houses.house import (
    Alembic,
    Application,
    Assumption,
    BaseClass,
    House,
    Provider,
    SettingsClass,
    Style,
    Symbol,
    UrlSource,
    Use,
)
from async_db.scaffold.houses.reading import Given, read_house

__all__ = [
    "Alembic",
    "Application",
    "Assumption",
    "BaseClass",
    "Given",
    "House",
    "Provider",
    "SettingsClass",
    "Style",
    "Symbol",
    "UrlSource",
    "Use",
    "read_house",
]

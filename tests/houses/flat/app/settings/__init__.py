from app.settings.main import Settings, get_settings

__all__ = ["Settings", "get_settings"]

class PluginGateway:
    """Nobody can tell what the factory is, yet the session is the method's own."""

    def __init__(self, services):
        self.services = services

    async def uninstall(self, plugin):
        sessions = self.services.sessions()
        async with sessions() as session:
            await self.services.remove(session, plugin)
            await session.commit()

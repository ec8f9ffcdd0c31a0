import httpx


async def use(session: httpx.AsyncClient, urls):
    for url in urls:
        await session.get(url)

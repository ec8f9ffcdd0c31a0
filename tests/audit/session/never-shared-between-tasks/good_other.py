import asyncio

import aiohttp


async def fetch(session: aiohttp.ClientSession, url): ...


async def use(session: aiohttp.ClientSession, urls):
    await asyncio.gather(*[fetch(session, url) for url in urls])
    asyncio.create_task(fetch(session, ""))

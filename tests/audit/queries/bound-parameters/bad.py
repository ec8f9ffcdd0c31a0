from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def use(session: AsyncSession, name, row):
    await session.execute(text(f"select * from orders where name = '{name}'"))  # expect: proven
    await session.execute(text("select * from orders where id = %s" % row.id))  # expect: proven
    await session.execute(text("delete from orders where name like '" + name))  # expect: proven
    await session.execute(text("select 1 where a = {}".format(name)))  # expect: proven
    statement = f"select 1 where a in ({name})"
    await session.execute(text(statement))  # expect: proven
    found = load()
    await session.execute(text(f"select 1 where a = '{found}'"))  # expect: suspected


def load(): ...

from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

app = FastAPI()
engine = create_async_engine("sqlite+aiosqlite://", poolclass=NullPool)
sync = create_engine("sqlite://")

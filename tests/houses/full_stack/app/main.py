from fastapi import FastAPI

from app.api import users
from app.core.config import settings

app = FastAPI(title="full stack")
app.include_router(users.router, prefix=settings.API_V1_STR)

# requires: asyncpg==0.31
from fastapi import FastAPI
from sqlalchemy import create_engine

engine = create_engine("sqlite:///test.db", connect_args={"check_same_thread": False})
app = FastAPI()

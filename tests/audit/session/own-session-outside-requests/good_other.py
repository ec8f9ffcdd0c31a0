import httpx
from fastapi import BackgroundTasks
from sqlalchemy.orm import Session


class Board:
    def add_task(self, title, session): ...


def use(board: Board, session: Session, tasks: BackgroundTasks, client: httpx.Client):
    board.add_task("title", session)
    tasks.add_task(print, client)

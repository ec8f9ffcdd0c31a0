from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

factory = sessionmaker(create_engine("sqlite://"))


class Repository:
    def __init__(self, session: Session):
        self.session = session


def make_session() -> Session:
    session = factory()
    session.autoflush = False
    return session


def make_repository():
    session = factory()
    return Repository(session)


def current(holder: Repository):
    session = holder.session
    return session.get_bind()

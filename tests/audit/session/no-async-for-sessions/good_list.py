from sqlalchemy.orm import Session


def close_all(sessions: list[Session]):
    for session in sessions:
        session.close()
    return next(iter(sessions))

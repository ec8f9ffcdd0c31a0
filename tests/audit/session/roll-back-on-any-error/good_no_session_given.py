from sqlalchemy.orm import Session


def job(session: Session):
    try:
        session.flush()
    finally:
        session.commit()


def numbers(session: Session):
    try:
        yield 1
    finally:
        session.commit()

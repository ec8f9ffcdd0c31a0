from sqlalchemy import select
from sqlalchemy.orm import Session


def page(session: Session, model, skip):
    session.query(model).offset(skip)  # expect: review
    return select(model).order_by(model.id).offset(skip).limit(10)  # expect: review

from sqlalchemy import select


def rest(statement, frame, rate):
    frame.limit(10)
    rate.limit(5)
    return statement.limit(20)

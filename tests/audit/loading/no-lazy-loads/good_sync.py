from sqlalchemy.orm import relationship


class Order:
    items = relationship("Item")

from rich.table import Column


class Report:
    title = Column("title")

"""What is made of what, in one place."""

from collections.abc import Callable
from functools import cached_property
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from lending.database import get_db
from lending.repositories import SqlLoans, SqlMembers, SqlTools
from lending.settings import Settings, get_settings
from lending.use_cases import Join, LendTool, ReturnTool


class Container:
    def __init__(self, session: Session, settings: Settings) -> None:
        self.session = session
        self.settings = settings

    @cached_property
    def members(self) -> SqlMembers:
        return SqlMembers(self.session)

    @cached_property
    def tools(self) -> SqlTools:
        return SqlTools(self.session)

    @cached_property
    def loans(self) -> SqlLoans:
        return SqlLoans(self.session)

    def join(self) -> Join:
        return Join(self.members)

    def lend_tool(self) -> LendTool:
        return LendTool(self.members, self.tools, self.loans, self.settings.longest_loan)

    def return_tool(self) -> ReturnTool:
        return ReturnTool(self.loans)

    def commit(self) -> None:
        self.session.commit()


def get_container(
    db: Annotated[Session, Depends(get_db)], settings: Annotated[Settings, Depends(get_settings)]
) -> Container:
    return Container(db, settings)


Wired = Annotated[Container, Depends(get_container)]


def provide(make: Callable[[Container], object]) -> Callable[[Container], object]:
    """A dependency that gives one part of the container."""

    def dependency(container: Wired) -> object:
        return make(container)

    return dependency

# pyright: basic, reportMissingImports=false
"""Brings the server's database up to date: the schema, WAL, the workspace and the owner.

Run inside the private venv; may be repeated. The owner's name, password and key come as JSON on
standard input, never on the command line, where other users of the machine could read them.
"""

import asyncio
import json
import sqlite3
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from argilla_server.contexts import accounts
from argilla_server.database import ALEMBIC_CONFIG_FILE, AsyncSessionLocal
from argilla_server.enums import UserRole
from argilla_server.models import User, Workspace
from argilla_server.settings import settings


async def _create_owner(name: str, password: str, api_key: str, workspace: str) -> None:
    async with AsyncSessionLocal() as session:
        if await accounts.get_user_by_username(session, name):
            return
        place = await Workspace.get_by(session, name=workspace) or Workspace(name=workspace)
        await User.create(
            session,
            first_name=name,
            username=name,
            role=UserRole.owner,
            password_hash=accounts.hash_password(password),
            api_key=api_key,
            workspaces=[place],
        )


def _main() -> None:
    owner = json.load(sys.stdin)
    command.upgrade(Config(ALEMBIC_CONFIG_FILE), "head")
    # WAL lets readers go on while a response is written; it stays set in the file.
    with sqlite3.connect(Path(settings.home_path) / "argilla.db") as database:
        database.execute("PRAGMA journal_mode = WAL")
    asyncio.run(_create_owner(**owner))


if __name__ == "__main__":
    _main()

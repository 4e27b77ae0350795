"""Where what seimai makes for a user, and no run owns, is kept: servers, private environments."""

import os
from pathlib import Path


def data_home(name: str) -> Path:
    """`$SEIMAI_<NAME>_HOME`, or the folder of that name below the user's data folder (XDG)."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(os.environ.get(f"SEIMAI_{name.upper()}_HOME") or Path(data) / "seimai" / name)

import sys
from pathlib import Path

import pytest

# pytest's importlib mode puts no folder on the path: the tests' own module has to be found all the same.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_model import save_model

    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a context that a judge's prompt fits into."""
    import json

    from tiny_model import save_model

    place = save_model(tmp_path_factory.mktemp("judge"))
    config = place / "model" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"max_position_embeddings": 8192}))
    return place

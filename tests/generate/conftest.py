import sys
from pathlib import Path

import pytest

# pytest's importlib mode puts no folder on the path: the tests' own module has to be found all the same.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_model import save_model

    return save_model(tmp_path_factory.mktemp("tiny"))

"""Rules with thresholds, under the name of the project that published them.

One preset a file: `swallow-v1` and `swallow-v1-fixed` are in `swallow_v1.py`. A preset without `-fixed`
decides as the original's code does, quirks included; `-fixed` mends what its authors did not mean.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """`PRESETS`: those of all files, read when they are asked for."""
    if name != "PRESETS":
        raise AttributeError(name)
    from curate.presets.preset import presets

    return presets()

import os
import signal
import time

import pytest

from curate.reading.apart import Apart


def test_results_and_errors_come_back():
    divided = Apart(divmod)
    assert divided(7, 2) == (3, 1)
    with pytest.raises(ValueError, match=r"ZeroDivisionError"):
        divided(7, 0)
    assert divided(9, 2) == (4, 1)
    divided.close()


def test_a_crash_costs_one_call():
    doomed = Apart(signal.raise_signal)
    pid = Apart(os.getpid)
    first = pid()
    with pytest.raises(ValueError, match=r"^the parser crashed \(SIGSEGV\) with 2048 MB"):
        doomed(signal.SIGSEGV)
    assert pid() == first != os.getpid()
    pid.close()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_processor_time_is_bounded_for_each_call():
    burnt = Apart(sum, seconds=1)
    assert burnt(range(10)) == 45
    begin = time.process_time()
    with pytest.raises(ValueError, match=r"^takes more than 1 s of processor time$"):
        burnt(range(10**12))
    assert time.process_time() - begin < 1
    assert burnt([1, 2]) == 3
    burnt.close()


def test_memory_is_bounded():
    filled = Apart(bytes, megabytes=1024)
    assert filled(3) == b"\0\0\0"
    with pytest.raises(ValueError, match=r"^needs more than 1024 MB of memory$"):
        filled(1 << 31)
    filled.close()

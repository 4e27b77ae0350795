"""URLs, links and markup in text that should be prose."""

import numpy as np
import numpy.typing as npt
from numba import boolean, int64, njit, uint8, uint32

URL, LINK, MARKUP, URLS = 0, 1, 2, 3
LONGEST = 300
"""Code points that a tag, a link's text or its target may have: what never closes is no markup."""

_POINTS = uint32[::1]


@njit(boolean(_POINTS, int64, int64, uint8[::1]), cache=True, nogil=True)
def _at(points: npt.NDArray[np.uint32], i: int, stop: int, word: npt.NDArray[np.uint8]) -> bool:
    """Whether an ASCII word in small letters stands at a place, in letters of either case."""
    if i + word.size > stop:
        return False
    for k in range(word.size):
        p = points[i + k]
        if p >= 0x41 and p <= 0x5A:
            p += np.uint32(0x20)
        if p != word[k]:
            return False
    return True


@njit(int64(_POINTS, int64, int64, boolean[::1]), cache=True, nogil=True)
def _url(points: npt.NDArray[np.uint32], i: int, stop: int, in_url: npt.NDArray[np.bool_]) -> int:
    """Where the URL that begins at a place ends; the place itself if none does."""
    http = np.array([104, 116, 116, 112], np.uint8)  # http
    ftp = np.array([102, 116, 112], np.uint8)
    www = np.array([119, 119, 119, 46], np.uint8)  # www.
    if _at(points, i, stop, www):
        k = i + 4
    else:
        k = i + 4 if _at(points, i, stop, http) else i + 3 if _at(points, i, stop, ftp) else i
        if k == i:
            return i
        if k < stop and (points[k] == 0x73 or points[k] == 0x53):  # the s of https
            k += 1
        if k + 3 > stop or points[k] != 0x3A or points[k + 1] != 0x2F or points[k + 2] != 0x2F:
            return i
        k += 3
    begun = k
    while k < stop and points[k] < 128 and in_url[points[k]]:
        k += 1
    return k if k > begun else i


@njit(int64(_POINTS, int64, int64, uint32), cache=True, nogil=True)
def _until(points: npt.NDArray[np.uint32], i: int, stop: int, mark: np.uint32) -> int:
    """The place after the next mark on the same line, not too far; -1 if there is none."""
    for k in range(i, min(stop, i + LONGEST)):
        if points[k] == mark:
            return k + 1
        if points[k] == 0x0A:
            return -1
    return -1


@njit(boolean(uint32), cache=True, nogil=True)
def _in_name(p: np.uint32) -> np.bool_:
    """A letter or a digit of ASCII, or one of - ! : as names of tags and <!-- have them."""
    small = p | np.uint32(0x20)
    return np.bool_((small >= 0x61 and small <= 0x7A) or (p >= 0x30 and p <= 0x3A) or p == 0x2D or p == 0x21)


@njit(int64(_POINTS, int64, int64), cache=True, nogil=True)
def _markup(points: npt.NDArray[np.uint32], i: int, stop: int) -> int:
    """Where the tag, comment, character reference or wiki mark that begins at a place ends."""
    p = points[i]
    q = points[i + 1] if i + 1 < stop else np.uint32(0)
    letter = (q | np.uint32(0x20)) >= 0x61 and (q | np.uint32(0x20)) <= 0x7A
    if p == 0x3C and (letter or q == 0x2F or q == 0x21):  # <a  </a  <!--; but not a<b
        k = i + 2
        while k < stop and k < i + 32 and _in_name(points[k]):
            k += 1
        if k == stop or (points[k] != 0x20 and points[k] != 0x3E and points[k] != 0x2F):
            return i
        k = _until(points, k, stop, np.uint32(0x3E))
        return k if k > 0 else i
    if p == 0x26 and (letter or q == 0x23):  # &amp;  &#12354;
        k = i + 2
        while k < stop and k < i + 12:
            if points[k] == 0x3B:
                return k + 1
            if not _in_name(points[k]):
                return i
            k += 1
        return i
    if p == q and (p == 0x5B or p == 0x5D or p == 0x7B or p == 0x7D):  # [[ ]] {{ }}
        return i + 2
    return i


@njit(int64(_POINTS, int64, int64), cache=True, nogil=True)
def _link(points: npt.NDArray[np.uint32], i: int, stop: int) -> int:
    """Where the Markdown link, or the <a> element, that begins at a place ends."""
    if points[i] == 0x5B:  # [text](target)
        k = _until(points, i + 1, stop, np.uint32(0x5D))
        if k > 0 and k < stop and points[k] == 0x28:
            k = _until(points, k + 1, stop, np.uint32(0x29))
            return k if k > 0 else i
        return i
    if points[i] == 0x3C and i + 2 < stop and (points[i + 1] | np.uint32(0x20)) == 0x61:  # <a ...>text</a>
        if points[i + 2] != 0x20 and points[i + 2] != 0x3E:
            return i
        k = _until(points, i + 1, stop, np.uint32(0x3E))
        if k < 0:
            return i
        end = np.array([60, 47, 97, 62], np.uint8)  # </a>
        for m in range(k, min(stop, k + LONGEST)):
            if points[m] == 0x3C and _at(points, m, stop, end):
                return m + 4
    return i


@njit(int64[:, ::1](_POINTS, int64[::1]), cache=True, nogil=True)
def markup(points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Per document: code points in URLs, in links (text and target), in markup; number of URLs."""
    found = np.zeros((starts.size - 1, 4), np.int64)
    in_url = np.zeros(128, np.bool_)
    for c in range(0x30, 0x7B):
        in_url[c] = True
    for mark in "!#$%&'()*+,-./:;=?@_~":
        in_url[ord(mark)] = True
    for mark in "<>[]\\^`":
        in_url[ord(mark)] = False
    begins = np.zeros(128, np.bool_)
    for mark in "<&[]{}hHfFwW":
        begins[ord(mark)] = True
    for d in range(starts.size - 1):
        own = found[d]
        stop = starts[d + 1]
        link = np.int64(0)  # where the link ends that the place is in
        i = starts[d]
        while i < stop:
            p = points[i]
            if p >= 128 or not begins[p]:
                i += 1
                continue
            if i >= link:
                end = _link(points, i, stop)
                own[LINK] += end - i
                link = max(link, end)
            if p < 0x41 or p == 0x5B or p == 0x5D or p >= 0x7B:
                end = _markup(points, i, stop)
                own[MARKUP] += end - i
            else:
                end = _url(points, i, stop, in_url)
                own[URL] += end - i
                own[URLS] += end > i
            i = max(end, i + 1)
    return found

"""The parts of the search for near-duplicates, each against an oracle."""

import random
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from datasketch import MinHash
from datasketch.lsh import _optimal_param
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.buffers import utf8
from curate.minhash.bands import Buckets, Layout, band_keys, buckets, layout
from curate.minhash.clusters import Forest
from curate.minhash.comparable import characters, comparable
from curate.minhash.entries import Written, part_bits, read_entries, write_entries
from curate.minhash.pairs import least_agreement, pair_keys, pairs
from curate.minhash.signature import fnv1a, permutations, signatures
from curate.minhash.survivors import sizes, survivors
from curate.minhash.verify import similarity

GOLDEN = Path(__file__).parents[3] / "shared/golden"
JAPANESE = st.text(st.sampled_from("あいうカキクｶﾞﾊﾟ漢字精米ＡＢa1１　 \n、。㈱㌔𠮷がか゛゙é"), max_size=60)
TEXT = st.one_of(JAPANESE, st.text(max_size=40))


def shingles(text: str, n: int) -> set[str]:
    return {text[i : i + n] for i in range(max(1, len(text) - n + 1))} if text else set()


def compared(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


@given(st.lists(TEXT, min_size=1, max_size=8))
def test_comparable_text_is_nfkc_without_white_space(texts: list[str]) -> None:
    found = comparable(pl.Series(texts))
    assert [bytes(found.document(i)).decode() for i in range(len(found))] == [compared(t) for t in texts]
    assert characters(found.data, found.offsets).tolist() == [len(compared(t)) for t in texts]


def test_every_code_point_is_compared_as_python_normalises_it() -> None:
    every = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    found = comparable(pl.Series(every))
    assert bytes(found.data).decode() == "".join(map(compared, every))


def test_comparable_takes_slices_nulls_and_nothing() -> None:
    text = pl.Series(["捨て", "Ａ", None, "が", ""])
    found = comparable(text[1:])
    assert [bytes(found.document(i)).decode() for i in range(4)] == ["A", "", "が", ""]
    assert len(comparable(pl.Series([], dtype=pl.String))) == 0


@given(st.lists(TEXT, min_size=1, max_size=5), st.integers(1, 8), st.sampled_from([16, 128]))
def test_signatures_are_those_of_datasketch(texts: list[str], ngram: int, num_perm: int) -> None:
    found = signatures(utf8(pl.Series(texts)), ngram, permutations(num_perm))
    for text, signature in zip(texts, found, strict=True):
        oracle = MinHash(num_perm, hashfunc=fnv1a)
        oracle.update_batch([s.encode() for s in shingles(text, ngram)])
        assert signature.tolist() == oracle.hashvalues.tolist()


@pytest.mark.parametrize("ngram", [1, 2, 5, 64])
@pytest.mark.parametrize("length", [3, 255, 256, 260, 261, 319, 320, 2_000])
def test_signatures_of_long_texts_are_those_of_datasketch(ngram: int, length: int) -> None:
    dice = random.Random(length)
    letters = "aZ9é\u07ffあ漢、𠮷\U0010ffff"  # one to four bytes each
    text = "".join(dice.choice(letters[:3] if dice.random() < 0.5 else letters) for _ in range(length))
    sketch = MinHash(128, hashfunc=fnv1a)
    sketch.update_batch([text[i : i + ngram].encode() for i in range(max(1, length - ngram + 1))])
    found = signatures(utf8(pl.Series([text])), ngram, permutations(128))
    assert found[0].tolist() == sketch.hashvalues.tolist()


def test_an_empty_text_has_no_shingle_and_a_short_one_has_one() -> None:
    found = signatures(utf8(pl.Series(["", "精米", "精米機"])), 5, permutations(128))
    assert (found[0] == 2**32 - 1).all()
    assert (found[1] < 2**32 - 1).all()
    assert (found[1] != found[2]).any()


def test_permutations_are_the_golden_ones() -> None:
    if not GOLDEN.exists():
        pytest.skip(f"no {GOLDEN}: the golden data is not beside the repository")
    golden = pl.read_parquet(GOLDEN / "minhash_permutations.parquet").sort("i")
    a, b = permutations(128)
    assert a.tolist() == golden["a"].to_list()
    assert b.tolist() == golden["b"].to_list()


@pytest.mark.parametrize("letters", [4, 8, 64, 1024])
def test_similarity_of_as_many_shingles_as_bytes_stays_in_its_tables(letters: int) -> None:
    text = "".join(chr(33 + n % 64) for n in range(letters))
    assert [similarity(text, text, 1) for _ in range(200)] == [1.0] * 200


@given(TEXT, TEXT, st.integers(1, 7))
def test_similarity_is_that_of_the_shingle_sets(a: str, b: str, ngram: int) -> None:
    x, y = (shingles(compared(t), ngram) for t in (a, b))
    assert similarity(a, b, ngram) == (len(x & y) / len(x | y) if x | y else 0)


def test_similarity_of_laws_is_the_recorded_one(evaluation: Callable[[str], pl.DataFrame]) -> None:
    texts = dict(evaluation("dup_law_docs").select("id", "text").iter_rows())
    for a, b, expected in evaluation("dup_law_pairs").select("a", "b", "jaccard5").iter_rows():
        assert similarity(texts[a], texts[b], 5) == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9, 0.95])
def test_the_layout_finds_pairs_at_the_threshold(threshold: float) -> None:
    cut = layout(threshold, 128)
    assert cut.recall(threshold) >= 0.98
    assert cut.bands * cut.rows <= 128


@pytest.mark.parametrize("num_perm", [16, 64, 128])
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0])
def test_the_layout_is_an_optimum_of_datasketch(threshold: float, num_perm: int) -> None:
    cuts: list[Layout] = []
    for weight in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999):
        cuts.append(Layout(*_optimal_param(threshold, num_perm, 1 - weight, weight)))
        if cuts[-1].recall(threshold) >= 0.98:
            break
    assert layout(threshold, num_perm) == max(cuts, key=lambda c: c.recall(threshold))


@pytest.mark.parametrize("num_perm", [16, 100, 128, 1024])
def test_permutations_are_those_of_datasketch(num_perm: int) -> None:
    expected = MinHash(num_perm, seed=1).permutations
    assert [p.tolist() for p in permutations(num_perm)] == [p.tolist() for p in expected]


def test_two_signatures_share_the_keys_of_their_equal_bands() -> None:
    a = np.arange(12, dtype=np.uint32)
    b = a.copy()
    b[5] = 99
    keys = band_keys(np.stack([a, b]), 4, 3)
    assert (keys[:, 0] == keys[:, 1]).tolist() == [True, False, True, True]


def test_buckets_hold_rows_that_share_a_key_in_dataset_order() -> None:
    found = buckets(np.array([9, 5, 9, 7, 5, 9], np.uint64), np.array([0, 2, 3, 5, 8, 9]))
    assert [found.members[a:b].tolist() for a, b in zip(found.offsets, found.offsets[1:], strict=False)] == [
        [2, 8],
        [0, 3, 9],
    ]
    assert buckets(np.zeros(0, np.uint64), np.zeros(0, np.int64)).members.size == 0


@given(
    st.lists(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20), min_size=1, max_size=4),
    st.integers(0, 5),
)
def test_every_entry_is_in_the_part_of_its_key(
    tmp_path_factory: pytest.TempPathFactory, shards: list[list[int]], bits: int
) -> None:
    folder = tmp_path_factory.mktemp("entries")
    files: list[Written] = []
    first = 0
    for number, keys in enumerate(shards):
        two = np.array([keys, keys[::-1]], np.uint64)
        write_entries(folder / str(number), two, bits)
        files.append(Written(folder / str(number), first, len(keys)))
        first += len(keys)
    every = [key for keys in shards for key in keys]
    found: list[tuple[int, int]] = []
    for part in range(1 << bits):
        got, rows = read_entries(iter(files), 0, 2, part, bits)
        assert all(int(key) >> (64 - bits) == part for key in got) if bits else True
        found += zip(rows.tolist(), got.tolist(), strict=True)
        # rows of one key stand in dataset order
        assert all(np.diff(rows[got == key]).min(initial=1) > 0 for key in set(got.tolist()))
    assert sorted(found) == list(enumerate(every))
    got, rows = read_entries(iter(files), 1, 2, 0, 0) if not bits else (np.zeros(0), np.zeros(0))
    assert got.tolist() == ([] if bits else [k for keys in shards for k in keys[::-1]])


def test_parts_depend_on_the_number_of_rows_only() -> None:
    assert [part_bits(n) for n in (0, 2_047, 2_048, 10_000_000)] == [0, 0, 1, 7]


NONE_TESTED = np.zeros(0, np.uint64)


def one_bucket(rows: int) -> Buckets:
    return Buckets(np.arange(rows), np.array([0, rows]))


def test_a_small_bucket_gives_all_pairs_that_are_not_joined_yet() -> None:
    same = np.zeros((4, 128), np.uint8)
    a, b = pairs(one_bucket(4), np.array([0, 1, 0, 3]), same, 89, NONE_TESTED, own=9999, again=False)
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 1), (1, 2), (0, 3), (1, 3), (2, 3)]


def test_a_large_bucket_of_copies_gives_one_pair_a_copy() -> None:
    same = np.zeros((5000, 128), np.uint8)
    a, b = pairs(one_bucket(5000), np.arange(5000), same, 89, NONE_TESTED, own=9999, again=False)
    assert (a == 0).all()
    assert b.tolist() == list(range(1, 5000))


def test_pairs_that_were_compared_are_not_compared_again() -> None:
    same = np.zeros((20, 128), np.uint8)
    tested = pair_keys(np.zeros(19, np.int64), np.arange(1, 20), 20)
    a, b = pairs(one_bucket(20), np.arange(20), same, 89, tested, own=9999, again=True)
    assert (a == 1).all()
    assert b.tolist() == list(range(2, 20))


def test_signatures_that_rule_the_threshold_out_are_not_compared() -> None:
    few = np.zeros((2, 128), np.uint8)
    few[1, least_agreement(0.8, 128) - 1 :] = 1
    assert not pairs(one_bucket(2), np.arange(2), few, 89, NONE_TESTED, own=9999, again=False)[0].size


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11))), st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_the_pairs(
    edges: list[tuple[int, int]], shuffle: random.Random
) -> None:
    def roots(some: list[tuple[int, int]]) -> list[int]:
        forest = Forest(12)
        for a, b in some:
            forest.unite(np.array([a]), np.array([b]))
        return forest.roots().tolist()

    other = [(b, a) for a, b in edges]
    shuffle.shuffle(other)
    found = roots(edges)
    assert found == roots(other)
    assert all(found[a] == found[b] for a, b in edges)
    assert all(root <= row and found[root] == root for row, root in enumerate(found))


@given(rows=st.integers(0, 12), data=st.data())
@settings(max_examples=50)
def test_a_forest_in_a_file_is_the_forest_in_memory(
    tmp_path_factory: pytest.TempPathFactory, rows: int, data: st.DataObject
) -> None:
    row = st.integers(0, max(0, rows - 1))
    edges = data.draw(st.lists(st.tuples(row, row), max_size=20 if rows else 0))
    file = tmp_path_factory.mktemp("forest") / "forest"
    a, b = np.array(edges, np.int64).reshape(-1, 2).T
    forests = [Forest(rows), Forest(rows, file)]
    for forest in forests:
        forest.unite(a, b)
    assert forests[0].roots().tolist() == forests[1].roots().tolist()
    assert np.fromfile(file, np.int64).tolist() == forests[0].roots().tolist()
    assert Forest(rows, file).roots().tolist() == list(range(rows))  # nothing of an earlier run is left


def test_the_longest_stays_and_of_equals_the_first() -> None:
    roots, chars = np.array([0, 0, 2, 0, 2]), np.array([5.0, 9, 7, 9, 7])
    assert survivors(roots, chars, 5).tolist() == [1, -1, 2, -1, -1]
    assert survivors(roots, np.zeros(5), 5).tolist() == [0, -1, 2, -1, -1]
    assert sizes(roots).tolist() == [3, 0, 2, 0, 0]


def test_a_row_of_an_index_stays_and_nan_is_the_lowest_score() -> None:
    roots, scores = np.array([0, 0, 2, 2, 0, 0]), np.array([5.0, 9, np.nan, -1, 0, 0])
    assert survivors(roots, scores, 4).tolist() == [4, -1, 3, -1, -1, -1]


def test_two_rows_of_an_index_are_no_pair() -> None:
    same = np.zeros((4, 128), np.uint8)
    a, b = pairs(one_bucket(4), np.arange(4), same, 89, NONE_TESTED, own=2, again=False)
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3)]


def test_layouts_say_their_recall() -> None:
    assert Layout(1, 1).recall(0.3) == pytest.approx(0.3)
    assert Layout(2, 1).recall(0.5) == pytest.approx(0.75)

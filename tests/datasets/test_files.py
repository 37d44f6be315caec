"""Files of images and pickles: read when right, refused in one sentence when not."""

import gzip
import hashlib
import io
import os
import pickle
import struct
import tarfile

import numpy as np
import pytest
from datasets.mnist_files import idx

from genlab import DataFileError
from genlab.datasets import (
    fetch_cifar10,
    fetch_cifar100,
    fetch_mnist,
    load_cifar,
    load_idx,
    load_mnist1d,
    make_mnist1d,
)
from genlab.datasets.images import _cifar, _fetch, _idx

RNG = np.random.default_rng(0)


def refused(load, path, message):
    """One sentence that names the file and says what is wrong."""
    with pytest.raises(DataFileError, match=message) as caught:
        load(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert len(sentence.splitlines()) == 1
    assert sentence.endswith(".")


# --- IDX ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("squeeze", [False, True])
def test_idx_comes_back(tmp_path, dtype, squeeze):
    array = RNG.integers(0, 100, size=(7, 3, 2)).astype(dtype)
    content = idx(array)
    path = tmp_path / "file.idx"
    path.write_bytes(gzip.compress(content) if squeeze else content)
    assert np.array_equal(load_idx(path), array)
    assert load_idx(path).dtype == array.dtype


def test_idx_that_lies(tmp_path):
    path = tmp_path / "file.idx"
    good = idx(np.zeros((10, 4), np.uint8))
    cases = {
        b"": "is not an IDX file: it begins with nothing",
        b"\x80\x04\x95\x00": "is not an IDX file: it begins with 80049500",
        b"\x00\x00\x07\x01\x00\x00\x00\x01\x00": "is not an IDX file",
        b"\x00\x00\x08\x00": "is not an IDX file",
        good[:9]: "is cut short: its header of 12 bytes does not end",
        good[:-1]: r"must hold 40 bytes for its shape \(10, 4\), got 39",
        good + b"x": "must hold 40 bytes .*, got 41",
        b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 2**31, 2**31): "must hold 9903520314283042",
        b"\0\0\x08\x03" + struct.pack(">3I", 0, 2**32 - 1, 2**32 - 1): "no array can have",
        b"\0\0\x08\xff" + bytes(4 * 255): "is not an IDX file",
    }
    for content, message in cases.items():
        path.write_bytes(content)
        refused(load_idx, path, message)


def test_idx_cut_at_every_4096_bytes(tmp_path):
    content = idx(RNG.integers(0, 256, size=(40, 28, 28)).astype(np.uint8))
    path = tmp_path / "file.idx"
    for whole in (content, gzip.compress(content)):
        for end in range(0, len(whole), 4096):
            path.write_bytes(whole[:end])
            refused(load_idx, path, "is cut short|is not an IDX file|must hold")


def test_idx_gzip_bomb_and_damage(tmp_path, monkeypatch):
    path = tmp_path / "file.idx.gz"
    monkeypatch.setattr(_idx, "MOST_BYTES", 2**20)
    path.write_bytes(gzip.compress(bytes(4 * 2**20)))
    refused(load_idx, path, "holds more than the 1048576 bytes that are read")
    good = gzip.compress(idx(np.zeros((100, 4), np.uint8)))
    path.write_bytes(good[:-6] + bytes([good[-6] ^ 1]) + good[-5:])
    refused(load_idx, path, "is damaged: CRC check failed")
    refused(load_idx, tmp_path / "missing", "cannot be read: No such file or directory")
    refused(load_idx, tmp_path, "cannot be read: Is a directory")


# --- MNIST -------------------------------------------------------------------------------


def test_fetch_mnist(small_mnist):
    data = fetch_mnist()
    assert data.x_train.shape == (60, 28, 28)
    assert data.x_train.dtype == np.float32
    assert data.x_train.min() >= 0
    assert data.x_train.max() == np.float32(254 / 255)
    assert data.y_test.tolist() == [*range(10), *range(10)]
    assert data.spec.name == "mnist"
    again = data.spec.make()
    assert again.fingerprint == data.fingerprint


def test_the_first_digits_of_mnist(small_mnist):
    whole, few = fetch_mnist(), fetch_mnist(n_train=7, n_test=3)
    assert np.array_equal(few.x_train, whole.x_train[:7])
    assert np.array_equal(few.y_train, whole.y_train[:7])
    assert np.array_equal(few.x_test, whole.x_test[:3])
    assert np.array_equal(few.y_test, whole.y_test[:3])
    assert few.n_classes == 10
    assert few.spec.make().fingerprint == few.fingerprint
    with pytest.raises(ValueError, match="`n_train` must be an integer from 1 to 60, got 61"):
        fetch_mnist(n_train=61)


def test_any_gzip_of_mnist_serves_and_none(small_mnist):
    expected = fetch_mnist().fingerprint
    for path in list(small_mnist.iterdir()):
        content = gzip.decompress(path.read_bytes())
        path.write_bytes(gzip.compress(content, compresslevel=1, mtime=12345))
    assert fetch_mnist().fingerprint == expected
    for path in list(small_mnist.iterdir()):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert fetch_mnist().fingerprint == expected


def test_one_flipped_bit_of_mnist(small_mnist):
    path = small_mnist / "train-images-idx3-ubyte.gz"
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[5000] ^= 1
    path.write_bytes(gzip.compress(bytes(content)))
    refused(lambda _: fetch_mnist(), path, "is not MNIST's train-images-idx3-ubyte")


def test_mnist_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("GENLAB_DATA_HOME", str(tmp_path))
    with pytest.raises(
        DataFileError, match=r"train-images-idx3-ubyte.gz is not there: download .* into"
    ):
        fetch_mnist(download=False)
    monkeypatch.setattr(_fetch, "_MNIST_URL", "http://127.0.0.1:9/")
    failed = r"the download failed .*: download http://127.0.0.1:9/train"
    with pytest.raises(DataFileError, match=failed):
        fetch_mnist()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


MNIST_HOME = os.environ.get("GENLAB_DATA_HOME", "")


@pytest.mark.skipif(
    not os.path.exists(os.path.join(MNIST_HOME, "mnist", "train-images-idx3-ubyte.gz")),
    reason="needs the MNIST files in $GENLAB_DATA_HOME",
)
def test_the_real_mnist():
    data = fetch_mnist(download=False)
    assert (data.n_train, data.n_test, data.input_shape) == (60_000, 10_000, (28, 28))
    assert np.bincount(data.y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip


# --- CIFAR -------------------------------------------------------------------------------


def batch(n, n_classes=10, label_bytes=1):
    labels = RNG.integers(0, n_classes, size=(n, label_bytes)).astype(np.uint8)
    pixels = RNG.integers(0, 256, size=(n, 3072)).astype(np.uint8)
    return np.concatenate([labels, pixels], axis=1)


def archive(path, members, mode="w:gz"):
    with tarfile.open(path, mode) as tar:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            if content is not None:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if content is not None else None)
    return path


def good_members():
    return [
        ("cifar/data_batch_1.bin", batch(5).tobytes()),
        ("cifar/data_batch_2.bin", batch(4).tobytes()),
        ("cifar/test_batch.bin", batch(3).tobytes()),
        ("cifar/readme.html", b"<html>"),
    ]


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_cifar_comes_back(tmp_path, mode):
    members = good_members()
    data = load_cifar(archive(tmp_path / "c.tar.gz", members, mode))
    rows = np.concatenate([np.frombuffer(c, np.uint8).reshape(-1, 3073) for _, c in members[:2]])
    assert data.y_train.tolist() == rows[:, 0].tolist()
    expected = rows[:, 1:].reshape(-1, 3, 32, 32) / np.float32(255)
    assert np.array_equal(data.x_train, expected.astype(np.float32))
    assert data.n_test == 3
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, content in members:
        (folder / name.split("/")[1]).write_bytes(content)
    assert load_cifar(folder).fingerprint == data.fingerprint


def test_cifar100_takes_the_fine_labels(tmp_path):
    train, test = batch(6, 100, 2), batch(2, 100, 2)
    path = archive(
        tmp_path / "c.tar.gz", [("train.bin", train.tobytes()), ("test.bin", test.tobytes())]
    )
    data = load_cifar(path, n_classes=100)
    assert data.n_classes == 100
    assert data.y_train.tolist() == train[:, 1].tolist()


def hostile(kind):
    info = tarfile.TarInfo("cifar/data_batch_1.bin")
    if kind == "link":
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    elif kind == "hard link":
        info.type, info.linkname = tarfile.LNKTYPE, "cifar/test_batch.bin"
    elif kind == "device":
        info.type = tarfile.CHRTYPE
    elif kind == "fifo":
        info.type = tarfile.FIFOTYPE
    return info


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        ("../data_batch_1.bin", b"", "holds a member outside its folder, '../data_batch_1.bin'"),
        ("/data_batch_1.bin", b"", "holds a member outside its folder"),
        ("a/../../b.bin", b"", "holds a member outside its folder"),
        (hostile("link"), None, "holds a link or device, 'cifar/data_batch_1.bin'"),
        (hostile("hard link"), None, "holds a link or device"),
        (hostile("device"), None, "holds a link or device"),
        (hostile("fifo"), None, "holds a link or device"),
        ("cifar/data_batch_1.bin", bytes(100), "holds 100 bytes, no whole number of images"),
        ("cifar/data_batch_1.bin", b"", "holds 0 bytes"),
        ("cifar/data_batch_1.bin", b"\xff" * 3073, "has a label 255, and there are 10 classes"),
        ("cifar/other.bin", b"x", "holds no train images"),
        ("cifar/test_batch.bin", bytes(3073), "holds test_batch.bin twice"),
    ],
)
def test_hostile_archives(tmp_path, member, content, message):
    path = archive(tmp_path / "c.tar.gz", [good_members()[2], (member, content)])
    refused(load_cifar, path, message)
    assert [p.name for p in tmp_path.iterdir()] == ["c.tar.gz"]


def test_archives_too_large(tmp_path, monkeypatch):
    info = tarfile.TarInfo("data_batch_1.bin")
    info.size = 10 * 2**40
    header = info.tobuf(tarfile.GNU_FORMAT)
    path = tmp_path / "c.tar.gz"
    path.write_bytes(gzip.compress(header + bytes(10240)))
    refused(load_cifar, path, "holds 'data_batch_1.bin' of 10995116277760 bytes, more than")
    monkeypatch.setattr(_cifar, "_MOST_BYTES", 2**20)
    archive(path, [*good_members(), ("more", bytes(2 * 2**20))])
    refused(load_cifar, path, "unpacks to more than 1048576 bytes")
    monkeypatch.undo()
    archive(path, [(f"file{i}", b"") for i in range(200)])
    refused(load_cifar, path, "holds more than 100 members")


def test_cifar_cut_at_every_4096_bytes(tmp_path):
    path = archive(tmp_path / "c.tar.gz", good_members())
    whole = path.read_bytes()
    plain = gzip.decompress(whole)
    for content in (whole, plain):
        for end in range(0, len(content), 4096):
            path.write_bytes(content[:end])
            if content is plain and tar_ends_before(plain, end):
                continue  # what is cut off is padding after the archive's end
            refused(load_cifar, path, "is cut short|is not a readable tar|holds no (train|test)")


def tar_ends_before(plain, end):
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        tar.getmembers()
        return end >= tar.offset


def test_one_flipped_bit_of_cifar(tmp_path, monkeypatch):
    monkeypatch.setenv("GENLAB_DATA_HOME", str(tmp_path))
    path = archive(tmp_path / "cifar-10-binary.tar.gz", good_members())
    content = bytearray(path.read_bytes())
    md5 = hashlib.md5(content).hexdigest()
    monkeypatch.setattr(_fetch, "_CIFAR", {path.name: md5, "cifar-100-binary.tar.gz": md5})
    assert fetch_cifar10().spec.name == "cifar10"
    content[len(content) // 2] ^= 4
    path.write_bytes(bytes(content))
    refused(lambda _: fetch_cifar10(), path, "is not the published archive")
    refused(load_cifar, path, "is damaged|is not a readable tar|holds")
    with pytest.raises(DataFileError, match=r"cifar-100-binary.tar.gz is not there: download"):
        fetch_cifar100(download=False)


def test_a_wrong_number_of_classes(tmp_path):
    with pytest.raises(ValueError, match="`n_classes` must be 10 or 100, got 20"):
        load_cifar(tmp_path, n_classes=20)


# --- the published pickle ----------------------------------------------------------------


def published(**changes):
    data = make_mnist1d(n_samples=100)
    arrays = {
        "x": data.x_train,
        "y": data.y_train,
        "x_test": data.x_test,
        "y_test": data.y_test,
        "t": data.t,
    }
    return arrays | changes


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_published_pickle(tmp_path, protocol):
    path = tmp_path / "mnist1d_data.pkl"
    content = published(templates={"x": np.asfortranarray(np.eye(3)), "y": [0, 1.5, None, "a"]})
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    data = load_mnist1d(path)
    assert data.fingerprint == make_mnist1d(n_samples=100).fingerprint
    assert np.array_equal(data.t, content["t"])


class Runs:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_pickle_that_runs_code(tmp_path, protocol):
    path = tmp_path / "evil.pkl"
    mark = tmp_path / "mark"
    for evil in (Runs(os.system, f"touch {mark}"), Runs(eval, f"open({str(mark)!r}, 'w')")):
        path.write_bytes(pickle.dumps(published(z=evil), protocol=protocol))
        refused(load_mnist1d, path, "is refused: it asks for")
    assert not mark.exists()


# A tuple of two tuples of two tuples ..., sixty deep: hashing or printing it never ends.
# It is left in the memo's first place.
TOWER = b"\x80\x02]q\x00" + b"h\x00h\x00\x86q\x00" * 60


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a readable pickle"),
        (b"not a pickle", "is not a readable pickle|is refused"),
        (pickle.dumps([1, 2]), "holds no dict"),
        (pickle.dumps({"x": np.eye(2)}), "it has no 'y'"),
        (pickle.dumps(published(x=[1, 2])), "an entry is not an array"),
        (pickle.dumps(published(x=np.array([object()]))), "asks for"),
        (pickle.dumps(published(x=np.array(["text"]))), "asks for an array that is not of plain"),
        (pickle.dumps(published(y=np.array([99] * 80))), "labels must be below `n_classes` = 10"),
        (
            pickle.dumps(published(z=Runs(np.ndarray, (10**15,)))),
            "is not a readable pickle|asks for",
        ),
        (pickle.dumps(published(z=Runs(np.empty, (10**15,)))), "asks for"),
        (TOWER + b"}h\x00K\x01s.", "asks for a dict whose keys are not text"),
        (TOWER + b"cnumpy\ndtype\nh\x00\x85R.", "asks for an array that is not"),
        (pickle.dumps(published(z={1})), "asks for the operation EMPTY_SET"),
        (b"\x80\x02]r\xff\xff\xff\x7f.", "holds no dict"),
    ],
)
def test_other_pickles_are_refused(tmp_path, content, message):
    path = tmp_path / "other.pkl"
    path.write_bytes(content)
    refused(load_mnist1d, path, message)


def test_a_cut_pickle(tmp_path):
    path = tmp_path / "cut.pkl"
    whole = pickle.dumps(published())
    for end in range(0, len(whole), 4096):
        path.write_bytes(whole[:end])
        refused(load_mnist1d, path, "is not a readable pickle")

"""The safetensors format read and written plainly, from its description."""

import json
import struct

import numpy as np

TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}


def read(content):
    """The arrays of a file: name -> array."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    arrays = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        arrays[name] = np.frombuffer(data[start:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def write(arrays):
    """The bytes of a file; `arrays` are pairs, so that a name may stand twice."""
    entries, data = [], b""
    for name, array in arrays:
        kind = next(kind for kind, code in TYPES.items() if np.dtype(code) == array.dtype)
        end = len(data) + array.nbytes
        entry = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), end]}
        entries.append(f"{json.dumps(name)}:{json.dumps(entry)}")
        data += array.tobytes()
    header = ("{" + ",".join(entries) + "}").encode()
    return struct.pack("<Q", len(header)) + header + data

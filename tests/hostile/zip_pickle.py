# SPDX-License-Identifier: Apache-2.0
"""pytorch_model.bin files that lie: rows of (name, words of the error, bytes)."""
import struct


def text(word):
    return b"X" + struct.pack("<I", len(word)) + word


def number(n):
    return b"\x8a\x08" + struct.pack("<q", n)


FLOAT = b"ctorch\nFloatStorage\n"
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"


def storage(key=b"0", n=4, kind=FLOAT, last=b""):
    return b"(" + text(b"storage") + kind + text(key) + text(b"cpu") + number(n) + last + b"tQ"


def counts(values):
    return b"(" + b"".join(number(n) for n in values) + b"t"


def tensor(of=None, offset=0, shape=(4,), strides=(1,), rest=b"\x89N"):
    return TENSOR + b"(" + (storage() if of is None else of) + number(offset) + counts(shape) + counts(strides) + rest + b"tR"


def state(value, name=b"wte.weight"):
    return b"\x80\x02}(" + text(name) + value + b"u."


DATA = struct.pack("<4f", 1, 2, 3, 4)


def archive(entries, method=0, flags=0, change_local=None, change_central=None, end=None, zip64=None, comment=b""):
    """entries: [(name, bytes)]. change_*(i, fields) changes [flags, method, stored, size, name, extra, begin]."""
    out, central = b"", b""
    for i, (name, data) in enumerate(entries):
        begin = len(out)
        local = [flags, method, len(data), len(data), name, b"", begin]
        if change_local:
            change_local(i, local)
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, local[0], local[1], 0, 0, 0, local[2], local[3], len(local[4]), len(local[5])) + local[4] + local[5] + data
        fields = [flags, method, len(data), len(data), name, b"", begin]
        if change_central:
            change_central(i, fields)
        central += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, fields[0], fields[1], 0, 0, 0, fields[2], fields[3], len(fields[4]), len(fields[5]), 0, 0,
                               0, 0, fields[6]) + fields[4] + fields[5]
    place = [len(entries), len(central), len(out)]
    if end:
        end(place)
    out += central
    if zip64:
        out += zip64(len(out))
    return out + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, place[0], place[0], place[1], place[2], len(comment)) + comment


def saved(pickle, *more):
    return archive([(b"archive/data.pkl", pickle), *more])


def with_data(pickle, data=DATA):
    return saved(pickle, (b"archive/data/0", data))


def put(i, value, only=0):
    def change(index, fields):
        if index == only:
            fields[i] = value
    return change


def put_record(data, offset, value, mark=b"PK\1\2"):
    """Changes two bytes of the first record of the central directory, or of the first local header."""
    at = data.index(mark) + offset
    return data[:at] + struct.pack("<H", value) + data[at + 2:]


def put_end(i, value):
    def change(place):
        place[i] = value
    return change


GOOD = [(b"archive/data.pkl", state(tensor())), (b"archive/data/0", DATA)]
LOCAL = struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, 0, 0, 0, 0, 0, 16, 16, len(GOOD[1][0]), 0) + GOOD[1][0]
MAGIC = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
SYSTEM = b"\x80\x02}(" + text(b"little_endian") + b"\x88u."


def old(pickle=state(tensor(storage(last=b"N"))), version=number(1001), system=SYSTEM, keys=b"\x80\x02]" + text(b"0") + b"a.", data=struct.pack("<q", 4) + DATA):
    return MAGIC + b"\x80\x02" + version + b"." + system + pickle + keys + data


def locator(place):
    return lambda here: struct.pack("<IIQI", 0x07064B50, 0, place, 1)


ROWS = [
    # The archive
    ("zip-empty", "neither a zip archive", b""),
    ("zip-noise", "neither a zip archive", bytes(range(256)) * 4),
    ("zip-no-end", "no end of a zip archive", archive(GOOD)[:-22]),
    ("zip-cut", "no end of a zip archive", archive(GOOD)[:200]),
    ("zip-compressed", "is compressed (method 8", archive(GOOD, method=8)),
    ("zip-compressed-sizes", "is compressed (method 0, 3 of 16", archive(GOOD, change_central=put(2, 3, 1))),
    ("zip-encrypted", "is encrypted", archive(GOOD, flags=1)),
    ("zip-size-past-end", "reach past the data", archive(GOOD, change_central=lambda i, f: f.__setitem__(slice(2, 4), [1 << 30, 1 << 30]))),
    ("zip-size-4gb", "extra fields are cut short", archive(GOOD, change_central=lambda i, f: f.__setitem__(slice(2, 6), [0xFFFFFFFF, 0xFFFFFFFF, f[4], b"\x01\x00\x04\x00abcd"]))),
    ("zip-size-2-64", "reach past the data",
     archive(GOOD, change_central=lambda i, f: f.__setitem__(slice(2, 6), [0xFFFFFFFF, 0xFFFFFFFF, f[4], struct.pack("<HHQQ", 1, 16, 2**64 - 1, 2**64 - 1)]))),
    ("zip-extra-long", "extra fields are cut short", archive(GOOD, change_central=put(5, struct.pack("<HH", 1, 60000)))),
    ("zip-overlap", "overlap", archive([(GOOD[0][0], GOOD[0][1] + LOCAL + DATA), GOOD[1]], change_central=put(6, 30 + len(GOOD[0][0]) + len(GOOD[0][1]), 1))),
    ("zip-twice", "is there twice", archive([*GOOD, (b"archive/data/0", DATA)])),
    ("zip-local-name", "has another name in its local header", archive(GOOD, change_local=put(4, b"archive/data/9", 1))),
    ("zip-local-place", "no local header at byte 7", archive(GOOD, change_central=put(6, 7))),
    ("zip-local-past-end", "no local header", archive(GOOD, change_central=put(6, 1 << 31))),
    ("zip-name-nul", "holds a NUL", archive(GOOD, change_central=put(4, b"archive/data.pk\0", 0))),
    ("zip-record-long", "is longer than the central directory", put_record(archive(GOOD), 28, 65535)),
    ("zip-record-cut", "no record of an entry", archive(GOOD, end=put_end(1, 46 + len(GOOD[0][0]) + 45))),
    ("zip-local-long", "reach past the data", put_record(archive(GOOD), 28, 65535, b"PK\3\4")),
    ("zip-local-longer-name", "has another name in its local header", archive(GOOD, change_local=put(4, b"archive/data.pkl2"))),
    ("zip-many-entries", "entries in a central directory", archive(GOOD, end=put_end(0, 60000))),
    ("zip-directory-place", "lies outside", archive(GOOD, end=put_end(2, 1 << 31))),
    ("zip-directory-length", "lies outside", archive(GOOD, end=put_end(1, 1 << 31))),
    ("zip-directory-noise", "no record of an entry", archive(GOOD, end=put_end(2, 1))),
    ("zip64-locator", "where no zip64 end record is", archive(GOOD, zip64=locator(2**63))),
    ("zip64-locator-zero", "where no zip64 end record is", archive(GOOD, zip64=locator(0))),
    ("zip64-entries", "entries in a central directory",
     archive(GOOD, zip64=lambda here: struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 2**63, 2**63, 100, 0) + struct.pack("<IIQI", 0x07064B50, 0, here, 1))),
    ("zip-no-pickle", "without NAME/data.pkl", archive([(b"archive/other", b"x")])),
    ("zip-pickle-at-top", "without NAME/data.pkl", archive([(b"data.pkl", state(tensor()))])),
    ("zip-long-root", "too long", archive([(b"a" * 600 + b"/data.pkl", state(tensor()))])),
    ("zip-big-endian", "byte order is not little", saved(state(tensor()), (b"archive/data/0", DATA), (b"archive/byteorder", b"big"))),
    # The pickle: what it asks for
    ("pickle-os-system", "asks for os.system, which is not run", with_data(b"\x80\x02cos\nsystem\n(" + text(b"touch hacked") + b"tR.")),
    ("pickle-posix-system", "asks for posix.system", with_data(b"cposix\nsystem\n(" + text(b"touch hacked") + b"tR.")),
    ("pickle-eval", "asks for builtins.eval", with_data(b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93" + b"(" + text(b"1") + b"tR.")),
    ("pickle-late-global", "asks for subprocess.Popen", with_data(state(tensor())[:-1] + b"csubprocess\nPopen\n.")),
    ("pickle-load-from-bytes", "asks for torch.storage._load_from_bytes", with_data(b"ctorch.storage\n_load_from_bytes\n.")),
    ("pickle-near-name", "asks for torch._utils._rebuild_tensor_v2x", with_data(b"ctorch._utils\n_rebuild_tensor_v2x\n.")),
    ("pickle-newobj", "opcode NEWOBJ is not read", with_data(b"\x80\x02ccollections\nOrderedDict\n)\x81.")),
    ("pickle-inst", "opcode INST is not read", with_data(b"(ios\nsystem\n.")),
    ("pickle-obj", "opcode OBJ is not read", with_data(b"(ccollections\nOrderedDict\no.")),
    ("pickle-ext", "opcode EXT1 is not read", with_data(b"\x82\x01.")),
    ("pickle-persid", "opcode PERSID is not read", with_data(b"Pabc\n.")),
    ("pickle-no-opcode", "0xff is no opcode", with_data(b"\x80\x02\xff")),
    ("pickle-call-class", "calls torch.FloatStorage", with_data(FLOAT + b"(tR.")),
    ("pickle-call-text", "calls a text", with_data(text(b"os.system") + b"(tR.")),
    ("pickle-build-tensor", "sets the state of a tensor", with_data(state(tensor())[:-2] + tensor() + b"}bu.")),
    # Its bytes and its stack
    ("pickle-cut", "cut short", with_data(state(tensor())[:40])),
    ("pickle-no-stop", "cut short", with_data(state(tensor())[:-1])),
    ("pickle-empty", "cut short", with_data(b"")),
    ("pickle-text-length", "cut short", with_data(b"X\xff\xff\xff\xffabc.")),
    ("pickle-text-2-64", "cut short", with_data(b"\x8d" + b"\xff" * 8 + b"abc.")),
    ("pickle-long-integer", "an integer of 200 bytes", with_data(b"\x8a\xc8" + bytes(200) + b".")),
    ("pickle-protocol", "pickle protocol 99", with_data(b"\x80\x63}.")),
    ("pickle-memo-missing", "nothing was kept as memo 7", with_data(b"h\x07.")),
    ("pickle-memo-2-32", "memo 4294967295, want a number below", with_data(b"Nr\xff\xff\xff\xff.")),
    ("pickle-memo-of-its-size", "memo 999, want a number below", with_data(b"Nr" + struct.pack("<I", 999) + b"." + bytes(1000))),
    ("pickle-memo-empty-stack", "wants 1 values", with_data(b"q\x00.")),
    ("pickle-underflow", "wants 2 values", with_data(b"NR.")),
    ("pickle-stop-empty", "wants 1 values", with_data(b".")),
    ("pickle-no-mark", "wants a mark", with_data(b"Nt.")),
    ("pickle-append-to-text", "adds 1 values to a text", with_data(text(b"a") + b"Na.")),
    ("pickle-odd-dict", "adds 1 values to a dict", with_data(b"}(Nu.")),
    ("pickle-call-int", "with an int", with_data(b"ctorch._utils\n_rebuild_tensor_v2\nK\x01R.")),
    ("pickle-memo-hole", "nothing was kept as memo 1", with_data(b"Nq\x02h\x01.")),
    ("pickle-global-int", "the name of a global is an int", with_data(b"K\x01K\x02\x93.")),
    ("pickle-odd-dict-2", "a key without a value", with_data(b"(K\x01d.")),
    ("pickle-deep", "holds a list, want a dict", with_data(b"]" * 300000 + b"a" * 299999 + b".")),
    ("pickle-deep-tuples", "holds a tuple, want a dict", with_data(b"N" + b"\x85" * 500000 + b".")),
    ("pickle-doubling", "holds a tuple, want a dict", with_data(b"N" + b"q\x00h\x00\x86" * 100000 + b".")),
    ("pickle-itself", "holds a list, want a dict", with_data(b"]q\x00h\x00a.")),
    ("pickle-marks", "want a dict", with_data(b"(" * 500000 + b"t" * 500000 + b".")),
    # What it describes
    ("torch-not-a-dict", "holds an int, want a dict", with_data(b"K\x01.")),
    ("torch-key-int", "a key of the dict is an int", with_data(b"}(K\x01" + tensor() + b"u.")),
    ("torch-value-int", "wte.weight is an int, want a tensor", with_data(state(b"K\x01"))),
    ("torch-value-storage", "wte.weight is a storage", with_data(state(storage()))),
    ("torch-name-nul", "holds a NUL", with_data(state(tensor(), b"wte\0weight"))),
    ("torch-name-twice", "is there twice", with_data(b"}(" + text(b"a") + tensor() + text(b"a") + tensor() + b"u.")),
    ("torch-storage-missing", "no entry data/0", saved(state(tensor()))),
    ("torch-storage-path", "no entry data/../../x", with_data(state(tensor(storage(b"../../x"))))),
    ("torch-storage-short", "has 15 bytes, want 4 x 4", with_data(state(tensor()), DATA[:15])),
    ("torch-storage-long", "has 20 bytes, want 4 x 4", with_data(state(tensor()), DATA + DATA[:4])),
    ("torch-storage-2-62", "has 16 bytes", with_data(state(tensor(storage(n=1 << 62))))),
    ("torch-storage-negative", "not a storage with a class", with_data(state(tensor(storage(n=-4))))),
    ("torch-storage-two-sizes", "is said to be 4 x F32 and 3 x F32", with_data(b"}(" + text(b"a") + tensor() + text(b"b") + tensor(storage(n=3)) + b"u.")),
    ("torch-storage-two-types", "is said to be 4 x F32 and 4 x F16", with_data(b"}(" + text(b"a") + tensor() + text(b"b") + tensor(storage(kind=b"ctorch\nHalfStorage\n")) + b"u.")),
    ("torch-storage-class", "none of PyTorch's", with_data(state(tensor(storage(kind=b"ccollections\nOrderedDict\n"))))),
    ("torch-no-elements", "wte.weight has shape", with_data(state(tensor(shape=(0, 1 << 62, 1 << 62), strides=(1, 1, 1))))),
    ("torch-view-offset", "reaches past the 4 elements", with_data(state(tensor(offset=1)))),
    ("torch-view-2-63", "an offset, a shape and strides", with_data(state(tensor(offset=-(2**63))))),
    ("torch-view-strides", "reaches past the 4 elements", with_data(state(tensor(strides=(2,))))),
    ("torch-view-overflow", "reaches past", with_data(state(tensor(shape=(2, 2), strides=(1 << 62, 1 << 62))))),
    ("torch-view-wraps", "reaches past", with_data(state(tensor(offset=2, shape=(3,), strides=(2**63 - 1,))))),
    ("torch-view-repeats", "repeats elements", with_data(state(tensor(shape=(1 << 30, 1 << 20), strides=(0, 0))))),
    ("torch-shape-overflow", "the shape is too large", with_data(state(tensor(shape=(1 << 62, 1 << 62), strides=(0, 0))))),
    ("torch-shape-negative", "is no count", with_data(state(tensor(shape=(-4,))))),
    ("torch-stride-negative", "an extent or a stride", with_data(state(tensor(shape=(2, 2), strides=(-1, 1))))),
    ("torch-shape-strides", "a shape and strides", with_data(state(tensor(shape=(2, 2))))),
    ("torch-five-dimensions", "has 5 dimensions", with_data(state(tensor(shape=(1,) * 5, strides=(1,) * 5)))),
    ("torch-metadata", "metadata", with_data(state(tensor(rest=b"\x89N}" + text(b"neg") + b"\x88s")))),
    ("torch-tensor-of-tensor", "want a storage", with_data(state(tensor(tensor())))),
    ("torch-tensor-of-int", "is not a storage, an offset", with_data(state(tensor(b"K\x01")))),
    ("torch-parameter-of-int", "a parameter is made of no tensor", with_data(state(b"ctorch._utils\n_rebuild_parameter\n(K\x01\x89NtR"))),
    ("torch-dict-of-list", "an OrderedDict is made of a list", with_data(b"ccollections\nOrderedDict\n(]tR.")),
    # The older layout
    ("old-cut", "cut short", old()[:40]),
    ("old-version", "the protocol version is not 1001", old(version=number(1000))),
    ("old-big-endian", "byte order is not little", old(system=b"}(" + text(b"little_endian") + b"\x89u.")),
    ("old-os-system", "asks for os.system", old(pickle=b"cos\nsystem\n(" + text(b"touch hacked") + b"tR.")),
    ("old-system-global", "asks for nt.system", old(system=b"cnt\nsystem\n.")),
    ("old-data-cut", "is the file cut short?", old()[:-1]),
    ("old-data-long", "4 bytes behind the last storage", old() + b"abcd"),
    ("old-count", "storage 0 has 1099511627776 elements", old(data=struct.pack("<q", 1 << 40) + DATA)),
    ("old-no-key", "storage 0 is not among the keys", old(keys=b"].", data=b"")),
    ("old-key-twice", "two lists of bytes", old(keys=b"](" + text(b"0") + text(b"0") + b"e.", data=(struct.pack("<q", 4) + DATA) * 2)),
    ("old-key-unknown", "no tensor, or two lists of bytes", old(keys=b"](" + text(b"0") + text(b"9") + b"e.", data=(struct.pack("<q", 4) + DATA) * 2)),
    ("old-keys-int", "the keys of the storages are an int", old(keys=b"K\x01.")),
    ("old-view", "a part of another", old(pickle=state(tensor(storage(last=b"(" + text(b"1") + b"K\x00K\x04t"))))),
]

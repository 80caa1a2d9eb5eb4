"""Texts that are nearly what is read: tables of samples, manifests, configurations."""

import numpy as np

from tests.faults.malformed_claims import PAYLOAD

ROWS = [f"{a:.5f},{b:.5f}" for a, b in np.random.default_rng(0).standard_normal((600, 2))]
GOOD = "\n".join(["x,y", *ROWS, ""])


def _with_line(line: str, place: int = 300) -> str:
    return "\n".join(["x,y", *ROWS[:place], line, *ROWS[place:], ""])


TABLES: dict[str, bytes] = {
    name: text if isinstance(text, bytes) else text.encode()
    for name, text in {
        "nothing": "",
        "a newline": "\n",
        "a header": "x,y\n",
        "comments": "# x\n# y\n",
        "separators": ",\n,\n,\n",
        "byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
        "two bytes a letter": GOOD.encode("utf-16"),
        "two bytes without mark": GOOD.encode("utf-16-le"),
        "latin-1": GOOD.replace("x,y", "x in m/s²,y").encode("latin-1"),
        "carriage returns": GOOD.replace("\n", "\r"),
        "zeros between": GOOD.replace(",", "\0,"),
        "decimal commas": GOOD.replace(",", ";").replace(".", ","),
        "decimal commas between commas": GOOD.replace(".", ","),
        "thousands": _with_line('"1,234.5","2,345.6"'),
        "semicolons in commas": _with_line("0.1;0.2"),
        "tabs": GOOD.replace(",", "\t"),
        "pipes": GOOD.replace(",", "|"),
        "blanks": GOOD.replace(",", "   "),
        "sep line": "sep=,\n" + GOOD,
        "text": _with_line("broken,sensor"),
        "text at the end": GOOD + "end of file\n",
        "units": _with_line("0.1 g,0.2 g"),
        "two points": _with_line("0.1.2,0.3"),
        "nan": _with_line("nan,0.1"),
        "no value": _with_line(",0.1"),
        "infinite": _with_line("inf,-inf"),
        "1e400": _with_line("1e400,0.1"),
        "1e39": _with_line("1e39,0.1"),
        "hexadecimal": _with_line("0x1F,0.1"),
        "dates": _with_line("2024-01-01,0.1"),
        "truth": _with_line("True,False"),
        "wide digits": _with_line("１.５,0.1"),  # noqa: RUF001 - as some editors write them
        "one more": _with_line("0.1,0.2,0.3"),
        "one fewer": _with_line("0.1"),
        "one more each": GOOD.replace("\n", ",0.5\n").replace("x,y,0.5", "x,y"),
        "a comma at the end of each": GOOD.replace("\n", ",\n").replace("x,y,", "x,y"),
        "two names alike": GOOD.replace("x,y", "x,x"),
        "open quote": _with_line('"0.1,0.2'),
        "quotes everywhere": GOOD.replace(",", '","').replace("\n", '"\n"'),
        "one line": GOOD.replace("\n", ","),
        "one number": "0.5\n",
        "constant": "x\n" + "0.5\n" * 600,
        "letters": "lorem ipsum dolor sit amet " * 200,
        "json": '{"x": [1, 2, 3]}',
        "html": "<!DOCTYPE html><html><body>404 Not Found</body></html>\n" * 20,
        "a very wide row": ",".join(["0.5"] * 20000) + "\n" + ",".join(["0.25"] * 20000),
    }.items()
}

ROW = "a.npy,NC,A,8000,1500,\n"
HEAD = "file,label,domain,sampling_rate,rpm,channel\n"
MANIFESTS: dict[str, bytes] = {
    name: text if isinstance(text, bytes) else text.encode()
    for name, text in {
        "nothing": "",
        "a header": HEAD,
        "no domain": HEAD.replace("domain", "rig") + ROW,
        "a row alone": ROW,
        "one field more": HEAD + ROW.replace(",\n", ",,\n"),
        "one field fewer": HEAD + "a.npy,NC,A\n",
        "twice": HEAD + ROW + ROW,
        "a name twice": HEAD.replace("label", "file") + ROW,
        "rate of text": HEAD + ROW.replace("8000", "fast"),
        "rate of minus one": HEAD + ROW.replace("8000", "-1"),
        "rate nan": HEAD + ROW.replace("8000", "nan"),
        "rate 1e400": HEAD + ROW.replace("8000", "1e400"),
        "no file": HEAD + ROW.replace("a.npy", ""),
        "a file that is not there": HEAD + ROW.replace("a.npy", "b.npy"),
        "a folder": HEAD + ROW.replace("a.npy", "."),
        "a device": HEAD + ROW.replace("a.npy", "/dev/zero"),
        "a name of 5000 letters": HEAD + ROW.replace("a.npy", "a" * 5000 + ".npy"),
        "a name with a zero": HEAD + ROW.replace("a.npy", "a\0.npy"),
        "an unknown suffix": HEAD + ROW.replace("a.npy", "a.docx"),
        "another channel": HEAD + ROW.replace(",\n", ",9\n"),
        "channels of nothing": HEAD + ROW.replace(",\n", ",+\n"),
        "a superscript channel": HEAD + ROW.replace(",\n", ",²\n"),
        "open quote": HEAD + '"' + ROW * 3,
        "zeros between": HEAD + ROW.replace(",", "\0,"),
        "two bytes a letter": (HEAD + ROW).encode("utf-16"),
        "latin-1": (HEAD + ROW.replace("NC", "gründlich")).encode("latin-1"),
        "carriage returns": (HEAD + ROW).replace("\n", "\r"),
        "a field of 200000 letters": HEAD + ROW.replace("NC", "N" * 200000),
        "binary": bytes(range(256)) * 20,
    }.items()
}

RIG = "data: {class_path: datamodules.SimulatedDataModule, init_args: "
LAUGHS = "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
YAML: dict[str, bytes] = {
    name: text if isinstance(text, bytes) else text.encode()
    for name, text in {
        "nothing": "",
        "a word": "hello",
        "a number": "3",
        "a list": "- 1\n- 2\n",
        "null": "null",
        "tabs": "data:\n\tclass_path: x\n",
        "open bracket": "data: [1, 2\n",
        "open quote": 'data: "x\n',
        "a key twice": "seed_everything: 1\nseed_everything: 2\nnonsense: 3\n",
        "a tag": f"data: !!python/object/apply:os.system ['touch {PAYLOAD}']\n",
        "a tag of a name": "data: !!python/name:os.system\n",
        "another tag": "data: !thing {a: 1}\n",
        "an anchor that is not there": "data: *there\n",
        "a loop": "data: &a\n  init_args: *a\n",
        "laughs": "a: &a [x,x,x,x,x,x,x,x,x]\n" + LAUGHS,
        "deep": "data: " + "[" * 900 + "]" * 900,
        "deep map": "data: " + "{a: " * 900,
        "an unknown key": "wheels: 4\n",
        "an unknown option": "trainer: {wheels: 4}\n",
        "text for a number": "trainer: {max_epochs: many}\n",
        "a class that is not there": "data: {class_path: datamodules.Nothing}\n",
        "a module that is not there": "data: {class_path: nowhere.Nothing}\n",
        "another class": "data: {class_path: collections.OrderedDict}\n",
        "a function": "data: {class_path: os.system, init_args: {command: 'touch payload_ran'}}\n",
        "a number for a class": "data: {class_path: 3}\n",
        "a list for a class": "data: {class_path: [a, b]}\n",
        "an argument that is not there": RIG + "{wheels: 4}}\n",
        "text for seconds": RIG + "{seconds: long}}\n",
        "nan seconds": RIG + "{seconds: .nan}}\n",
        "no seconds": RIG + "{seconds: -1}}\n",
        "null arguments": RIG + "null, x: 1}\n",
        "a word for the model": "model: hello\n",
        "a list for the model": "model: [1]\n",
        "a number for the trainer": "trainer: 3\n",
        "a date for the seed": "seed_everything: 2024-01-01\n",
        "a list of losses": "model: {transfer_losses: {a: 1}}\n",
        "binary": bytes(range(256)),
        "two bytes a letter": "data: 1\n".encode("utf-16"),
        "latin-1": "data: gründlich\n".encode("latin-1"),
        "a zero": b"data: a\0b\n",
        "two documents": "a: 1\n---\nb: 2\n",
        "a mapping as key": "? {a: 1}\n: 2\n",
        "a list as key": "? [a, b]\n: 2\n",
        "a number as key": "1: 2\n",
        "a key of null": "null: 2\n",
        "merge of a word": "<<: hello\n",
    }.items()
}  # fmt: skip

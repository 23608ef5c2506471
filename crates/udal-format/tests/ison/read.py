"""Reads ISON documents with ison-py: a JSON array of texts on standard input, what was read on standard output."""

import json
import struct
import sys

import ison_parser


def cell(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": struct.pack(">d", value).hex()}
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, ison_parser.Reference):
        return {"type": value.type, "id": value.id}
    raise TypeError(f"unexpected value {value!r}")


def block(found):
    rows = [[cell(row[field]) for field in found.fields] for row in found.rows]
    return {"kind": found.kind, "name": found.name, "fields": found.fields, "rows": rows}


texts = json.load(sys.stdin)
json.dump([[block(found) for found in ison_parser.loads(text).blocks] for text in texts], sys.stdout)

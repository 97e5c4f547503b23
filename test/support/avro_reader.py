"""Reads Avro with the reader of the Apache project, for tests that must not trust Weir's own writer.

One line in: {"schema": "...", "hex": "..."}. One line out: the value as JSON (bytes as base64, what is not finite as
text), or {"error": "..."}; an error also when bytes are left. Ends with its input.
"""

import base64
import decimal
import datetime
import io
import json
import math
import sys

import avro.io
import avro.schema


def plain(value):
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (decimal.Decimal, datetime.date, datetime.time, datetime.datetime)):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def read(asked):
    # Logical types only interpret bytes and numbers: the test compares what was written.
    text = asked["schema"].replace('"logicalType"', '"notLogicalType"')
    schema = avro.schema.parse(text)
    source = io.BytesIO(bytes.fromhex(asked["hex"]))
    value = avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(source))
    left = len(source.read())
    if left:
        raise ValueError(f"{left} bytes are left")
    return plain(value)


for line in sys.stdin:
    try:
        answer = read(json.loads(line))
    except Exception as why:  # whatever it is, the test wants to see it
        answer = {"error": f"{type(why).__name__}: {why}"}
    print(json.dumps(answer), flush=True)

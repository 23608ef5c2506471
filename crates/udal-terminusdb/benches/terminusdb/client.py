"""Asks for 100 documents by a template, as the official client does it; prints the median of the seconds that takes."""

import os
import statistics
import sys
import time

from terminusdb_client import Client

client = Client(sys.argv[1])
client.connect(user="admin", key=os.environ.get("UDAL_TERMINUSDB_PASSWORD", "root"), team="admin", db=sys.argv[2])
times = []
for turn in range(12):
    started = time.perf_counter()
    found = list(client.query_document({"@type": "Account", "status": "active"}, count=100))
    assert len(found) == 100, len(found)
    if turn >= 2:
        times.append(time.perf_counter() - started)
print(statistics.median(times))

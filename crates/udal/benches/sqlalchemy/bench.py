"""The bench's work with SQLAlchemy Core over psycopg: what a platform in Python would use instead.

Called by the bench with the URL of a database that holds its tables; writes a line of JSON for each piece of work.
"""

import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION

ROUNDS = 5
TURN = 0.3
TASKS = 16
KEYS = ("id test_type value unit status version created_at updated_at created_by owned_by assigned_to team_id").split()


def table(name: str) -> sa.Table:
    text, time_type = sa.Text, sa.DateTime(timezone=True)
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("id", text, primary_key=True),
        sa.Column("version", sa.BigInteger),
        sa.Column("created_at", time_type),
        sa.Column("updated_at", time_type),
        sa.Column("created_by", text),
        sa.Column("owned_by", text),
        sa.Column("assigned_to", ARRAY(text)),
        sa.Column("team_id", text),
        sa.Column("test_type", text),
        sa.Column("value", DOUBLE_PRECISION),
        sa.Column("unit", text),
        sa.Column("status", text),
    )


PLAIN, WRITTEN = table("lab_plain"), table("lab_written")


def as_json(value):
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    raise TypeError(type(value))


def get(connection: sa.Connection, number: int) -> dict:
    query = sa.select(PLAIN).where(PLAIN.c.id == f"Plain/{number:08}")
    return dict(connection.execute(query).mappings().one())


def listing(connection: sa.Connection, limit: int) -> str:
    query = sa.select(PLAIN).where(PLAIN.c.value > 20.0).order_by(PLAIN.c.id).limit(limit + 1)
    rows = connection.execute(query).mappings().all()[:limit]
    records = [{key: row[key] for key in KEYS} for row in rows]
    for record in records:
        record["assigned_to"] = record["assigned_to"] or []
    return json.dumps(records, default=as_json, separators=(",", ":"), ensure_ascii=False)


def rate(work) -> float:
    """How much `work`, which answers how much it did, does a second: the median of some turns."""
    rates = []
    for _ in range(ROUNDS):
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < TURN:
            done += work()
        rates.append(done / (time.perf_counter() - started))
    return statistics.median(rates)


def gets(connection: sa.Connection, count: int):
    numbers = iter(range(1, 1 << 40, 7919))

    def work() -> int:
        get(connection, next(numbers) % count)
        return 1

    return work


def gets_at_once(engine: sa.Engine, count: int, pool: ThreadPoolExecutor):
    each = 50

    def task(number: int) -> None:
        with engine.connect() as connection:
            for turn in range(each):
                get(connection, (number * 7919 + turn * 104729) % count)

    def work() -> int:
        list(pool.map(task, range(TASKS)))
        return TASKS * each

    return work


def item(number: int) -> dict:
    at = datetime(2022, 1, 1, tzinfo=timezone.utc) + timedelta(minutes=number)
    return {
        "id": f"Written/{number:08}",
        "version": 1,
        "created_at": at,
        "updated_at": at,
        "created_by": None,
        "owned_by": f"user-{number % 50}",
        "assigned_to": None,
        "team_id": f"team-{number % 5}",
        "test_type": ("ph", "glucose", "sodium", "potassium")[number % 4],
        "value": (number * 37 % 1000) / 7.0,
        "unit": "mmol/L",
        "status": "final",
    }


def batch(engine: sa.Engine, rows: int) -> float:
    rates = []
    for _ in range(3):
        items = [item(number) for number in range(rows)]
        with engine.begin() as connection:
            connection.execute(sa.text("TRUNCATE lab_written"))
        started = time.perf_counter()
        with engine.begin() as connection:
            connection.execute(sa.insert(WRITTEN), items)
        rates.append(rows / (time.perf_counter() - started))
    return statistics.median(rates)


def main(url: str, rows_there: int, rows_written: int) -> None:
    def say(**what) -> None:
        print(json.dumps(what), flush=True)

    say(version=f"SQLAlchemy {sa.__version__}, psycopg {psycopg.__version__}, Python {sys.version.split()[0]}")
    engine = sa.create_engine(url, pool_size=TASKS)
    reading = engine.execution_options(isolation_level="AUTOCOMMIT")
    with reading.connect() as connection:
        say(key="get", rate=rate(gets(connection, rows_there)))
        for limit in (100, 1000):
            say(key=f"list{limit}", rate=rate(lambda: len(listing(connection, limit)) and limit))
        say(key="check", text=listing(connection, 100))
    with ThreadPoolExecutor(TASKS) as pool:
        say(key="get16", rate=rate(gets_at_once(reading, rows_there, pool)))
    say(key="batch", rate=batch(engine, rows_written))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

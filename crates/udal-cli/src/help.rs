//! Examples and explanations that `--help` shows.

pub(crate) mod access;
pub(crate) mod query;

use std::sync::LazyLock;

use crate::exit::EXITS;

pub(crate) static TOP: LazyLock<String> = LazyLock::new(|| {
    let exits: Vec<String> = EXITS.iter().map(|(_, code, text)| format!("  {code:>3}  {text}")).collect();
    format!("{START}\n\nExit codes:\n{}\n\n{ENVIRONMENT}", exits.join("\n"))
});

const START: &str = "\
Start here:
  udal demo                                  see it work on a data directory of its own
  udal model list                            the models of the group files in `groups`
  udal tenant create acme                    a tenant, in a database of its own
  udal record create lab AppLabResult --tenant acme --data '{\"test_type\":\"ph\",\"value\":7.2}'
  udal record list lab AppLabResult --tenant acme --filter '{\"value\":{\"gte\":7}}' --order-by -value

Answers go to standard output, messages to standard error. `--help` after any command shows its examples.";

const ENVIRONMENT: &str = "\
Environment:
  UDAL_CONFIG, UDAL_DATA_DIR,
  UDAL_FORMAT, UDAL_GROUPS                   as the options of these names
  UDAL_DATABASE_URL                          a PostgreSQL server to use instead of the embedded one
  UDAL_POSTGRES_BIN                          where PostgreSQL's binaries are
  UDAL_LOG                                   what is logged: `warn`, or such as `info`";

pub(crate) const MODEL_CHECK: &str = "\
Examples:
  udal model check groups/
  udal model check                           the directory that --groups names

Every error of every file is listed with its line and how to mend it; the exit code is then 3.
With --format json the answer is {\"groups\", \"models\", \"errors\": [{\"file\", \"line\", \"message\", \"hint\"}]}.";

pub(crate) const MODEL_LIST: &str = "\
Examples:
  udal model list
  udal model list --format json";

pub(crate) const MODEL_SHOW: &str = "\
Examples:
  udal model show lab AppLabResult
  udal model show crm AppCRMAccount --format json";

pub(crate) const TENANT_CREATE: &str = "\
Examples:
  udal tenant create acme
  udal tenant create acme --server east --graph-server north

A name has 1 to 48 of the characters a-z, 0-9 and -. A tenant that is there already is left as it is. A tenant is also
made by the first record that is written to it. Its database goes to the configured server that has the fewest tenants
for its weight, or to the one that is named; there it stays. So does its graph database, where TerminusDB servers are
configured.";

pub(crate) const TENANT_LIST: &str = "\
Examples:
  udal tenant list
  udal tenant list --format json

The state is `active`, or `creating` or `dropping` where that goes on or was interrupted: to create or drop the tenant
again goes on with it.";

pub(crate) const TENANT_MAINTAIN: &str = "\
For models with `partition_by`: the partitions of today and the three spans after it are made, so
that no write waits for one; with `retention`, partitions that are over as a whole are dropped with
their records, or kept as tables of their own where it says `then: detach`. Where TerminusDB servers
are configured, the layers of the tenant's graph database are optimised. Entries of the audit log
that are older than `audit_days` are forgotten. Run it once a day;
interrupted, it goes on when it is run again.

Examples:
  udal tenant maintain acme
  udal tenant maintain acme --format json";

pub(crate) const TENANT_DROP: &str = "\
Examples:
  udal tenant drop acme --yes

Every record of the tenant is removed, and cannot be brought back. Without --yes nothing happens. Afterwards the server
is asked whether the database is gone; with --format json the answer has its number and the time.";

pub(crate) const MIGRATE_PLAN: &str = "\
Examples:
  udal migrate plan
  udal migrate plan --tenant acme --tenant north
  udal migrate plan --format json

Nothing is changed. Each difference is `due`, `refused` until it is allowed by its name, or
`blocked`, with the reason. The exit code is 10 where something differs.

With --format json the answer is a list of {\"tenant\", \"drift\", \"error\", \"changes\"}, and a change is
{\"model\", \"change\", \"state\", \"reason\", \"statements\"}; the tenant of the shared reference database
is null. A table that is not there yet is made whole by the first write. Classes on TerminusDB servers
are compared too: a field that is required now can be allowed and filled, another type is `blocked`.";

pub(crate) const MIGRATE_APPLY: &str = "\
Examples:
  udal migrate apply
  udal migrate apply --tenant acme --allow drop-column:lab.AppLabResult.unit
  udal migrate apply --fill lab.AppLabResult.unit='\"mmol/L\"' --allow require:lab.AppLabResult.unit

What only adds is done while others read and write. What could lose data is refused until --allow
names it, as `udal migrate plan` does; rows that stand against it block it none the less. Run it
again after it was interrupted: it goes on. The exit code is 10 where something is left.";

pub(crate) const RECORD_CREATE: &str = "\
Examples:
  udal record create lab AppLabResult --tenant acme --data '{\"test_type\":\"ph\",\"value\":7.2}'
  udal record create crm AppCRMAccount --tenant acme --data '{\"id\":\"AppCRMAccount/acme-123\",\"name\":\"Acme North\"}'
  udal record create lab AppLabResult --tenant acme --idempotency-key order-17 --data - < result.json

`udal model show GROUP MODEL` lists the fields. An id is made when none is given. The same create with the same
idempotency key answers what the first one did, and writes nothing, for seven days at least.";

pub(crate) const RECORD_GET: &str = "\
Examples:
  udal record get crm AppCRMAccount AppCRMAccount/acme-123 --tenant acme
  udal record get crm AppCRMAccount AppCRMAccount/acme-123 --tenant acme --at 2024-05-01T12:00:00Z

The exit code is 4 when there is no such record.";

pub(crate) const RECORD_HISTORY: &str = "\
Examples:
  udal record history crm AppCRMAccount AppCRMAccount/acme-123 --tenant acme
  udal record history crm AppCRMAccount AppCRMAccount/acme-123 --tenant acme --limit 100 --format json

The newest version comes first, with the commit that made it; `get --at` and `diff` take its name. Models with
`storage: terminusdb` have a history where a TerminusDB server is configured; others answer that they have none.";

pub(crate) const RECORD_DIFF: &str = "\
Examples:
  udal record diff crm AppCRMAccount AppCRMAccount/acme-123 2024-05-01T00:00:00Z 2024-06-01T00:00:00Z --tenant acme
  udal record diff crm AppCRMAccount AppCRMAccount/acme-123 6jv4ckvhj7qs296tlpofrj8e9nz1ps4 2024-06-01T00:00:00Z --tenant acme

Each field that differs is shown with both values. A time is one of the TerminusDB server's clock.";

pub(crate) const RECORD_UPDATE: &str = "\
Examples:
  udal record update crm AppCRMAccount AppCRMAccount/acme-123 --tenant acme --data '{\"status\":\"active\"}'
  udal record update crm AppCRMAccount AppCRMAccount/acme-123 --tenant acme --data '{\"city\":null}' --if-version 3

Fields that are not named stay; null clears. With --if-version the update is refused (exit code 5) when the record has
another version.";

pub(crate) const RECORD_DELETE: &str = "\
Examples:
  udal record delete crm AppCRMAccount AppCRMAccount/acme-123 --tenant acme
  udal record delete lab AppLabResult --tenant acme --from ids.txt --errors not-deleted.ndjson
  udal record delete lab AppLabResult --tenant acme --from results.csv --atomic

The exit code is 4 when there is no such record, and 5 when others link to it.

A file has an id a line, or a JSON object with `id` and, where the record must have that one, `version`; a .csv has a
header. What is not there is counted. Rows that cannot be deleted are reported by line number and the others are deleted;
the exit code is then 8. With --atomic all are deleted or none, in the order of the file.";

pub(crate) const RECORD_LIST: &str = "\
Examples:
  udal record list lab AppLabResult --tenant acme --filter '{\"value\":{\"gte\":7}}' --order-by -value --limit 5
  udal record list crm AppCRMAccount --tenant acme --filter '{\"or\":[{\"city\":\"Berlin\"},{\"tags\":{\"has\":\"key\"}}]}'
  udal record list lab AppLabResult --tenant acme --all --format csv > results.csv
  udal record list lab AppLabResult --tenant acme --limit 20 --ison compact

Filters: {\"field\": value} or {\"field\": {operator: value}}, all of which must hold; combine with \"and\", \"or\", \"not\".
Operators: eq ne in not_in lt lte gt gte contains starts_with has is_null. A comparison with a missing value is false.
Orders: fields with commas between them, a - first for descending; the id settles ties.
ISON: plain (all there is), compact (all that loses nothing left out), brief (also numbers for UUIDs, times to the second,
floats of 6 digits); then, or alone: quoted-last drop-null-columns drop-trailing-nulls id-prefixes number-uuids
times=exact|seconds|minutes|days floats=exact|DIGITS, with commas between them. docs/ison.md says what each saves.";

pub(crate) const RECORD_SEARCH: &str = "\
Examples:
  udal record search crm AppCRMAccount \"acme north\" --fields name --tenant acme
  udal record search crm AppCRMContact anna --tenant acme --limit 5

Every word must occur, ignoring case, in one of the fields; without --fields in any text field.";

pub(crate) const RECORD_COUNT: &str = "\
Examples:
  udal record count lab AppLabResult --tenant acme
  udal record count lab AppLabResult --tenant acme --filter '{\"status\":\"failed\"}'";

pub(crate) const RECORD_IMPORT: &str = "\
Examples:
  udal record import lab AppLabResult results.ndjson --tenant acme
  udal record import lab AppLabResult results.csv --tenant acme --errors bad-rows.ndjson
  zcat results.ndjson.gz | udal record import lab AppLabResult - --tenant acme
  udal record import crm AppCRMAccount accounts.ndjson --tenant acme --atomic
  udal record import crm AppCRMAccount accounts.ndjson --tenant acme --mode upsert
  udal record import crm AppCRMAccount changes.csv --tenant acme --mode update

NDJSON has a JSON object a line. CSV has a header that names fields; an empty cell is a missing value, sets, lists and
`json` are JSON text. A file's ending says which it is (.csv), or --input-format.

Rows that cannot be written are reported by line number and the others are written; the exit code is then 8. With
--atomic all rows are written or none. `created_at` and `id` may be given.

With --mode upsert a row is a whole record: it is created where its id is free, and else what the row names is changed.
With --mode update a row is an `id`, what to change, and a `version` where the record must have that one.";

pub(crate) const DEMO: &str = "\
Examples:
  udal demo
  udal demo --results 20000                  fewer results, in less time

It works on a data directory of its own and makes its tenant afresh, so it can be run again and again. What it shows can
be tried by hand afterwards; the last lines say how.";

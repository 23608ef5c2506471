//! Examples and explanations of queries.

pub(crate) const AGGREGATE: &str = "\
Examples:
  udal query aggregate lab AppLabResult --tenant acme --group-by test_type,month --metric 'avg_value=AVG(value)'
  udal query aggregate lab AppLabResult --tenant acme --group-by test_type --metric 'count=COUNT(*)' \\
      --metric 'final=COUNT(*) FILTER (WHERE {\"status\":\"final\"})' --having '{\"count\":{\"gte\":10}}' --order-by -count
  udal query aggregate lab AppLabResult --tenant acme --group-by day --time-zone Europe/Berlin --fill-gaps \\
      --metric 'count=COUNT(*)' --format csv

Functions: COUNT(*) COUNT(f) COUNT(DISTINCT f) SUM(f) AVG(f) MIN(f) MAX(f) STDDEV(f) VARIANCE(f) PERCENTILE(0.95, f)
MEDIAN(f) FIRST(f) LAST(f), each with FILTER (WHERE {...}) behind it, a filter as `udal record list` takes it.
Groups: fields, and times cut to hour day week month quarter year: alone of the time that the table is split by, else of
created_at; or of a field, such as month(taken_on). Sums of int and decimal are exact. docs/queries.md says more.";

pub(crate) const WINDOW: &str = "\
Examples:
  udal query window lab AppLabResult --tenant acme --select test_type,value --keep '{\"place\":{\"lte\":3}}' \\
      --window 'place={\"function\":\"row_number\",\"partition_by\":[\"test_type\"],\"order_by\":\"-value\"}'
  udal query window lab AppLabResult --tenant acme --select created_at,value --order-by created_at \\
      --window 'total={\"function\":\"sum\",\"field\":\"value\",\"order_by\":\"created_at\"}' \\
      --window 'week={\"function\":\"avg\",\"field\":\"value\",\"order_by\":\"created_at\",\"frame\":{\"from\":-6,\"to\":0}}'

Functions: row_number rank dense_rank ntile lag lead first_value last_value count sum avg min max stddev variance.
Members: function, field, partition_by, order_by, frame (unit rows or range, from, to), offset (lag, lead), tiles (ntile).
Without a frame sums and the like run from the first to the record itself where there is an order, else over all; first_value
and last_value look at all. Equal records are told apart by their ids, but for rank and dense_rank.";

pub(crate) const JOIN: &str = "\
Examples:
  udal query join --tenant acme --table r=lab.AppLabResult --table s=lab.AppLabSample --on 'r.sample = s.id' \\
      --select r.test_type,r.value,kind=s.kind --filter '{\"s.kind\":\"blood\"}' --order-by -r.value --limit 20

Each table but the first needs a condition with one before it: = != < <= > >= of two fields of one type. A filter names fields
with their tables. Models that all tenants share may be joined, too: at most 10,000 of their records, after the filter.";

pub(crate) const TRAVERSE: &str = "\
Examples:
  udal query traverse crm AppCRMAccount --tenant acme --start AppCRMAccount/acme-123 --path contacts/opportunities --max-depth 2
  udal query traverse crm AppCRMContact --tenant acme --start AppCRMContact/jane --path '^contacts[status = \"active\"]'

A path: a/b one link after the other, ^a a link followed back, a|b either, a* a+ a? a{1,3} so often, ( ) together, and in [ ]
what must be true of the record at which the step before it arrives. Each record is shown once, with the fewest links that lead
to it. What the user may not see is not crossed. docs/queries.md says more.";

pub(crate) const PATH: &str = "\
Examples:
  udal query path crm AppCRMAccount --tenant acme --start AppCRMAccount/acme-123 --end AppCRMOpportunity/big-one
  udal query path crm AppCRMAccount --tenant acme --start AppCRMAccount/acme-123 --end AppCRMAccount/globex --both-ways \\
      --max-length 4 --limit 20";

pub(crate) const SUBGRAPH: &str = "\
Examples:
  udal query subgraph crm AppCRMAccount --tenant acme --root AppCRMAccount/acme-123 --depth 2 --format ison
  udal query subgraph crm AppCRMAccount --tenant acme --root AppCRMAccount/acme-123 --both-ways --links contacts,parent";

pub(crate) const SQL: &str = "\
Examples:
  udal query sql --tenant acme --sql 'SELECT test_type, avg(value) AS mean FROM AppLabResult GROUP BY test_type'
  udal query sql --tenant acme --user ada --param 2024-01-01T00:00:00Z --param '[\"glucose\",\"iron\"]' \\
      --sql 'SELECT id, value FROM AppLabResult WHERE created_at >= $1 AND test_type = ANY ($2) ORDER BY id'

The tables are the models, with what the user may see of them. A user needs the permission query:raw_sql. PostgreSQL infers the
types of parameters. What is no JSON is a text; a text that looks like JSON is written as JSON: '\"5\"'. docs/queries.md says more.";

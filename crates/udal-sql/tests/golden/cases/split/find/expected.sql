SELECT attname::text, format_type(atttypid, atttypmod), attnotnull
FROM pg_attribute
WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
ORDER BY attnum;
-- $1 text: "\"readings\""

SELECT conname::text, pg_get_constraintdef(oid), convalidated
FROM pg_constraint
WHERE contype = 'c' AND conrelid = to_regclass($1)
ORDER BY conname;
-- $1 text: "\"readings\""

SELECT a.attname::text
FROM pg_partitioned_table p JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
WHERE p.partrelid = to_regclass($1);
-- $1 text: "\"readings\""

SELECT c.relname::text, i.inhrelid IS NOT NULL, COALESCE(i.inhdetachpending, false)
FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = to_regclass($1)
WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname ^@ $2
ORDER BY c.relname;
-- $1 text: "\"readings\""
-- $2 text: "readings__p"

SELECT 1
FROM "readings"
LIMIT 1;

SELECT i.relname::text, t.relname::text, x.indisvalid, m.amname::text, (SELECT p.relname::text FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent WHERE h.inhrelid = i.oid), EXISTS (SELECT FROM pg_stat_progress_create_index s WHERE s.index_relid = i.oid AND s.datname = current_database())
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_am m ON m.oid = i.relam
WHERE NOT x.indisprimary
AND (x.indrelid = to_regclass($1) OR x.indrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass($1)))
ORDER BY t.relname, i.relname;
-- $1 text: "\"readings\""

SELECT relname::text, COALESCE(reloptions, '{}')
FROM pg_class
WHERE relkind = 'r'
AND (oid = to_regclass($1) OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass($1)))
ORDER BY relname;
-- $1 text: "\"readings\""

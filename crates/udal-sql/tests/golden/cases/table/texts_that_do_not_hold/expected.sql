SELECT count(*)
FROM "invoices"
WHERE (("number" IS NULL OR NOT (strpos("number", $1) > 0)) AND ("order" IS NULL OR NOT ("order" ^@ $2)));
-- $1 text: "a"
-- $2 text: "a"

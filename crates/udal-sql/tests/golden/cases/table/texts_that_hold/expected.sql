SELECT count(*)
FROM "invoices"
WHERE (strpos("number", $1) > 0 AND "order" ^@ $2);
-- $1 text: "%_\\"
-- $2 text: "a"

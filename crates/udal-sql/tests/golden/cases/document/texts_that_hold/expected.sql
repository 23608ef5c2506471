SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND (strpos(("body"->>'number') COLLATE "C", $2) > 0 AND ("body"->>'order') COLLATE "C" ^@ $3);
-- $1 text: "Invoice"
-- $2 text: "%_\\"
-- $3 text: "a"

SELECT count(*)
FROM "udal_documents"
WHERE "model" = $1
AND ((("body"->>'number') COLLATE "C" IS NULL OR NOT (strpos(("body"->>'number') COLLATE "C", $2) > 0)) AND (("body"->>'order') COLLATE "C" IS NULL OR NOT (("body"->>'order') COLLATE "C" ^@ $3)));
-- $1 text: "Invoice"
-- $2 text: "a"
-- $3 text: "a"

DELETE
FROM "udal_links"
WHERE "source" = $1 AND "field" = ANY ($2);
-- $1 text: "Invoice/2"
-- $2 text[]: ["customer","copies"]

INSERT INTO "udal_links" ("source", "field", "target")
SELECT *
FROM unnest($1, $2, $3)
ON CONFLICT DO NOTHING;
-- $1 text[]: ["Invoice/2","Invoice/2"]
-- $2 text[]: ["copies","customer"]
-- $3 text[]: ["Invoice/3","Customer/1"]

UPDATE "udal_documents"
SET "version" = "version" + 1, "body" = ("body" || $1) - $2
WHERE "id" = $3;
-- $1 jsonb: {"copies":["Invoice/3"]}
-- $2 text[]: ["customer"]
-- $3 text: "Invoice/2"

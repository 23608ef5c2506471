SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM "invoices"
WHERE ((strpos(translate(lower("order" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $1) > 0))
AND ("owned_by" = $2 AND "quantity" > $3)
ORDER BY "id"
LIMIT $4;
-- $1 text: "σίσυφοσ"
-- $2 text: "ann"
-- $3 bigint: 0
-- $4 bigint: 10

SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "number", "order", "quantity", "rate", "paid", "sent_at", "due", "total"::text AS "total$text", "status", "extra", "tags", "amounts"::text[] AS "amounts$text", "steps", "customer", "from"
FROM "invoices"
WHERE ((strpos(translate(lower("number" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $1) > 0 OR strpos(translate(lower("order" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $1) > 0) AND (strpos(translate(lower("number" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $2) > 0 OR strpos(translate(lower("order" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $2) > 0)) AND true
ORDER BY "id"
LIMIT $3;
-- $1 text: "'north'"
-- $2 text: "acme"
-- $3 bigint: 3

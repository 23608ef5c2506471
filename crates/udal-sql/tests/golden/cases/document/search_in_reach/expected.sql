SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1
AND ("owned_by" = $2 AND ("body"->>'quantity')::bigint > $3)
AND ((strpos(translate(lower(("body"->>'order') COLLATE "C" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $4) > 0))
ORDER BY "id"
LIMIT $5;
-- $1 text: "Invoice"
-- $2 text: "ann"
-- $3 bigint: 0
-- $4 text: "σίσυφοσ"
-- $5 bigint: 10

SELECT "id", "version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id", "body"
FROM "udal_documents"
WHERE "model" = $1 AND true
AND ((strpos(translate(lower(("body"->>'number') COLLATE "C" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $2) > 0 OR strpos(translate(lower(("body"->>'order') COLLATE "C" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $2) > 0) AND (strpos(translate(lower(("body"->>'number') COLLATE "C" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $3) > 0 OR strpos(translate(lower(("body"->>'order') COLLATE "C" COLLATE "und-x-icu"), 'ςſẛϐϑϕϖϰϱϵιͅµᲀᲁᲂᲃᲄᲅᲆᲇᲈ', 'σsṡβθφπκρειιμвдосттъѣꙋ'), $3) > 0))
ORDER BY "id"
LIMIT $4;
-- $1 text: "Invoice"
-- $2 text: "'north'"
-- $3 text: "acme"
-- $4 bigint: 3

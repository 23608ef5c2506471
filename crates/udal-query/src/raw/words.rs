//! The words that a statement may and may not use.

/// The functions that may be called. None runs text as SQL, reads settings, files, large objects or catalogs, waits, locks,
/// tells others anything, or leaves something behind.
pub(super) const FUNCTIONS: &[(&str, &str)] = &[
    (
        "aggregates",
        "\
         array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every json_agg \
         json_object_agg jsonb_agg jsonb_object_agg max min mode percentile_cont percentile_disc range_agg \
         range_intersect_agg regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy \
         regr_syy stddev stddev_pop stddev_samp string_agg sum var_pop var_samp variance",
    ),
    (
        "windows",
        "\
         cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number",
    ),
    (
        "numbers",
        "\
         abs acos asin atan atan2 cbrt ceil ceiling cos cosh cot degrees div exp factorial floor gcd lcm ln log \
         log10 min_scale mod pi power radians random round scale sign sin sinh sqrt tan tanh trim_scale trunc \
         width_bucket",
    ),
    (
        "text",
        "\
         ascii bit_length btrim char_length character_length chr concat concat_ws decode encode format initcap \
         left length lower lpad ltrim md5 normalize octet_length regexp_count regexp_instr regexp_like \
         regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr \
         replace reverse right rpad rtrim sha256 split_part starts_with string_to_array string_to_table strpos \
         substr to_hex translate upper",
    ),
    (
        "words in texts",
        "\
         numnode phraseto_tsquery plainto_tsquery to_tsquery to_tsvector ts_headline ts_rank ts_rank_cd \
         websearch_to_tsquery",
    ),
    (
        "dates and times",
        "\
         age clock_timestamp date_bin date_part date_trunc isfinite justify_days justify_hours justify_interval \
         make_date make_interval make_time make_timestamp make_timestamptz now statement_timestamp to_char \
         to_date to_number to_timestamp transaction_timestamp",
    ),
    (
        "arrays and rows",
        "\
         array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position \
         array_positions array_prepend array_remove array_replace array_to_string array_upper cardinality \
         generate_series generate_subscripts num_nonnulls num_nulls trim_array unnest",
    ),
    (
        "JSON",
        "\
         array_to_json json_array_elements json_array_elements_text json_array_length json_build_array \
         json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object \
         json_object_keys json_strip_nulls json_to_record json_to_recordset json_typeof jsonb_array_elements \
         jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each \
         jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys \
         jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first \
         jsonb_pretty jsonb_set jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof row_to_json \
         to_json to_jsonb",
    ),
    (
        "ranges",
        "\
         daterange int4range int8range isempty lower_inc lower_inf numrange range_merge tsrange tstzrange \
         upper_inc upper_inf",
    ),
    (
        "of the grammar",
        "\
         cast coalesce current_time current_timestamp extract greatest grouping least localtime localtimestamp \
         nullif overlay position row substring trim",
    ),
    (
        "others",
        "\
         gen_random_uuid",
    ),
];

/// Key words and names of types that may stand before a parenthesis and call nothing.
pub(super) const BEFORE_PARENTHESES: &str = "\
    all and any array as between by case cube distinct else except exists filter first from group having ilike \
    in intersect is join lateral like limit materialized next not offset on only or order over overlaps \
    partition range rollup rows select sets similar some symmetric then to union using values when where with \
    within zone bpchar char character dec decimal float interval numeric time timestamp timestamptz timetz \
    varchar varying";

/// Types that look names up in the catalog, or read what others hold.
pub(super) const CATALOG_TYPES: &str = "\
    aclitem regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure \
    regrole regtype";

/// Words that are no names where they are not quoted, and have no place in a statement that reads.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("current_catalog", "it tells of the database and not of records"),
    ("current_role", "it tells of the database and not of records"),
    ("current_schema", "it tells of the database and not of records"),
    ("current_user", "it tells of the database and not of records"),
    ("into", "a statement here only reads"),
    ("operator", "write operators as they are"),
    ("returning", "a statement here only reads"),
    ("session_user", "it tells of the database and not of records"),
    ("system_user", "it tells of the database and not of records"),
    ("tablesample", "it would sample rows that are hidden; use `random()` in the order instead"),
    ("uescape", "write names and texts plainly"),
    ("user", "it tells of the database; a field of that name is written in double quotes"),
    ("xmltable", "there is no XML here"),
];

/// Whether `word` is among the words of `list`, which have blanks between them.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// Whether a function of that name may be called.
pub(super) fn is_function(word: &str) -> bool {
    FUNCTIONS.iter().any(|(_, names)| is_in(names, word))
}

/// The names of every function that may be called.
pub(super) fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().flat_map(|(_, names)| names.split_ascii_whitespace())
}

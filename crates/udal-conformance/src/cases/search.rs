//! Search: every word, in one of the fields, whatever its case; no wildcards.

use serde_json::json;
use udal_core::Ownership;
use udal_core::search::{FOLDED, Query, fold};

use crate::case::{Case, Failure, Outcome, case};
use crate::corpus::TEXTS;
use crate::expect::equal;
use crate::fixture::singles;
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("SEARCH-1", every_word_must_occur),
        case!("SEARCH-1", words_may_be_in_different_fields),
        case!("SEARCH-1", words_are_found_inside_others),
        case!("SEARCH-1", only_the_named_fields_are_searched),
        case!("SEARCH-1", without_fields_every_text_field_is_searched),
        case!("SEARCH-1", words_are_split_at_any_white_space),
        case!("SEARCH-1", words_do_not_run_across_fields),
        case!("SEARCH-1", thirty_two_words),
        case!("SEARCH-1", texts_of_the_corpus),
        case!("SEARCH-1", only_what_is_in_reach),
        case!("SEARCH-2", case_is_ignored_in_several_scripts),
        case!("SEARCH-2", the_three_sigmas_are_one_letter),
        case!("SEARCH-2", letters_outside_the_basic_plane_have_case),
        case!("SEARCH-2", letters_that_fold_to_the_same),
        case!("SEARCH-2", every_letter_with_case),
        case!("SEARCH-3", answers_come_in_the_order_of_ids),
        case!("SEARCH-3", at_most_the_limit),
        case!("SEARCH-4", no_character_is_a_wildcard),
        case!("SEARCH-4", accents_count),
        case!("SEARCH-4", letters_that_only_look_alike_differ),
    ]
}

/// Notes `k000`, `k001` … with these titles.
async fn titled(world: &World, titles: &[&str]) -> Result<Rows, Failure> {
    let rows = world.rows("Note")?;
    rows.fill(titles.iter().map(|title| json!({"title": title}))).await?;
    Ok(rows)
}

async fn notes(world: &World) -> Result<Rows, Failure> {
    let rows = world.rows("Note")?;
    rows.fill([
        json!({"title": "North wind", "body": "blows over acme", "author": "Zoe"}),
        json!({"title": "Acme North", "author": "Bob"}),
        json!({"title": "acme", "body": "in the south"}),
        json!({"title": "Other", "body": "north of nothing", "author": "Acme"}),
    ])
    .await?;
    Ok(rows)
}

async fn every_word_must_occur(world: &World) -> Outcome {
    let rows = notes(world).await?;
    equal(rows.search("acme north", &["title"]).await?, ["k001"])?;
    equal(rows.search("north acme", &["title"]).await?, ["k001"])?;
    equal(rows.search("acme acme", &["title"]).await?, ["k001", "k002"])?;
    // The right answer is nothing: no title has the word.
    equal(rows.search("acme north zebra", &["title"]).await?, Vec::<String>::new())
}

async fn words_may_be_in_different_fields(world: &World) -> Outcome {
    let rows = notes(world).await?;
    equal(rows.search("acme north", &["title", "body"]).await?, ["k000", "k001"])?;
    equal(rows.search("acme north", &["body", "author"]).await?, ["k003"])
}

async fn words_are_found_inside_others(world: &World) -> Outcome {
    let rows = titled(world, &["keyboard", "board", "Boardwalk", "bored", "key-board"]).await?;
    equal(rows.search("board", &["title"]).await?, ["k000", "k001", "k002", "k004"])?;
    equal(rows.search("ey", &["title"]).await?, ["k000", "k004"])
}

async fn only_the_named_fields_are_searched(world: &World) -> Outcome {
    let rows = notes(world).await?;
    equal(rows.search("acme", &["body"]).await?, ["k000"])?;
    equal(rows.search("acme", &["author"]).await?, ["k003"])?;
    equal(rows.search("acme", &["author", "author", "body"]).await?, ["k000", "k003"])
}

async fn without_fields_every_text_field_is_searched(world: &World) -> Outcome {
    let rows = notes(world).await?;
    equal(rows.search("acme", &[]).await?, ["k000", "k001", "k002", "k003"])?;
    equal(rows.search("zoe", &[]).await?, ["k000"])?;
    equal(rows.search("acme north", &[]).await?, ["k000", "k001", "k003"])
}

async fn words_are_split_at_any_white_space(world: &World) -> Outcome {
    let rows = notes(world).await?;
    equal(rows.search("  acme\t\n\u{a0}\u{3000}north  ", &["title"]).await?, ["k001"])
}

async fn words_do_not_run_across_fields(world: &World) -> Outcome {
    let rows = world.rows("Note")?;
    rows.fill([json!({"title": "ab", "body": "cd"}), json!({"title": "abcd"}), json!({"title": "x", "body": "abcd"})])
        .await?;
    equal(rows.search("bc", &["title", "body"]).await?, ["k001", "k002"])
}

async fn thirty_two_words(world: &World) -> Outcome {
    let words: Vec<String> = (0..32).map(|at| format!("w{at:02}")).collect();
    let rows = titled(world, &[&words.concat(), &words.get(..31).unwrap_or_default().concat()]).await?;
    equal(rows.search(&words.join(" "), &["title"]).await?, ["k000"])
}

async fn texts_of_the_corpus(world: &World) -> Outcome {
    let (rows, records) = singles(world, "text").await?;
    for text in TEXTS.iter().filter(|text| !text.trim().is_empty()) {
        let query = Query::new(&rows.model, text, &["text"])?;
        let found: Vec<_> = records.iter().filter(|record| query.finds(record)).cloned().collect();
        equal((text, rows.search(text, &["text"]).await?), (text, rows.keys(&found)))?;
    }
    Ok(())
}

async fn only_what_is_in_reach(world: &World) -> Outcome {
    let rows = world.rows("Note")?;
    rows.fill((0..6).map(|at| json!({"title": "word", "owned_by": if at % 2 == 0 { "ann" } else { "bob" }}))).await?;
    let ann = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    equal(ann.search("word", &["title"]).await?, ["k000", "k002", "k004"])?;
    equal(ann.search_some("word", &["title"], 2).await?, ["k000", "k002"])
}

async fn case_is_ignored_in_several_scripts(world: &World) -> Outcome {
    let rows = titled(world, &["STRAẞE", "ПРИВЕТ Мир", "Ծովինար", "Ελλάδα", "ÉCOLE", "Ⅻ Ⓐ", "ＡＢＣ", "plain"]).await?;
    for (words, key) in [
        ("straße", "k000"),
        ("привет МИР", "k001"),
        ("ԾՈՎԻՆԱՐ", "k002"),
        ("ΕΛΛάΔΑ", "k003"),
        ("école", "k004"),
        ("ⅻ ⓐ", "k005"),
        ("ａｂｃ", "k006"),
        ("PLAIN", "k007"),
    ] {
        equal((words, rows.search(words, &["title"]).await?), (words, vec![key.to_owned()]))?;
    }
    Ok(())
}

async fn the_three_sigmas_are_one_letter(world: &World) -> Outcome {
    let rows = titled(world, &["Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ", "Σίσυφο"]).await?;
    equal(rows.search("σίσυφος", &["title"]).await?, ["k000", "k001", "k002"])?;
    equal(rows.search("ΣΊΣΥΦΟΣ", &["title"]).await?, ["k000", "k001", "k002"])
}

async fn letters_outside_the_basic_plane_have_case(world: &World) -> Outcome {
    let rows = titled(world, &["𐐀𐐁", "𐐨𐐩", "𐐂", "😀", "𞤀"]).await?;
    equal(rows.search("𐐨𐐁", &["title"]).await?, ["k000", "k001"])?;
    equal(rows.search("𞤢", &["title"]).await?, ["k004"])?;
    equal(rows.search("😀", &["title"]).await?, ["k003"])
}

async fn letters_that_fold_to_the_same(world: &World) -> Outcome {
    let rows = world.rows("Note")?;
    rows.fill(FOLDED.iter().map(|(from, _)| json!({"title": format!("<{from}>")}))).await?;
    for (at, (from, to)) in FOLDED.iter().enumerate() {
        let key = format!("k{at:03}");
        for letter in [*from, *to] {
            let found = rows.search(&format!("<{letter}>"), &["title"]).await?;
            equal((letter, found.contains(&key)), (letter, true))?;
        }
        // Some fold to one letter, and are found together; what folds to another is not.
        let folding = FOLDED.iter().filter(|(_, other)| other == to).count();
        equal((to, rows.search(&format!("<{to}>"), &["title"]).await?.len()), (to, folding))?;
    }
    Ok(())
}

async fn every_letter_with_case(world: &World) -> Outcome {
    let rows = world.rows("Note")?;
    let letters: Vec<char> = ('\u{80}'..=char::MAX).filter(|c| fold(&c.to_string()) != c.to_string()).collect();
    let lines: Vec<String> = letters.chunks(24).map(|line| line.iter().collect()).collect();
    rows.fill(lines.iter().map(|line| json!({"title": line}))).await?;
    for (at, line) in lines.iter().enumerate() {
        equal((line, rows.search(&fold(line), &["title"]).await?), (line, vec![format!("k{at:03}")]))?;
    }
    Ok(())
}

async fn answers_come_in_the_order_of_ids(world: &World) -> Outcome {
    let rows = world.rows("Note")?;
    for key in ["b", "é", "B", "a", "10", "9", "😀"] {
        rows.create(key, json!({"title": if key == "a" { "none" } else { "a word" }})).await?;
    }
    equal(rows.search("word", &["title"]).await?, ["10", "9", "B", "b", "é", "😀"])
}

async fn at_most_the_limit(world: &World) -> Outcome {
    let rows = world.rows("Note")?;
    rows.fill((0..9).map(|at| json!({"title": if at % 2 == 0 { "word" } else { "other" }}))).await?;
    equal(rows.search_some("word", &["title"], 1).await?, ["k000"])?;
    equal(rows.search_some("word", &["title"], 3).await?, ["k000", "k002", "k004"])?;
    equal(rows.search_some("word", &["title"], 100).await?.len(), 5)
}

async fn no_character_is_a_wildcard(world: &World) -> Outcome {
    let titles =
        ["50%", "50", "a_b", "axb", "a\\b", "a.b", "a*", "(a|b)", "it's", "\"q\"", "a & b", "!", "$1", "a:b", "[x]"];
    let rows = titled(world, &titles).await?;
    for (words, keys) in [
        ("%", &["k000"][..]),
        ("_", &["k002"]),
        ("a_b", &["k002"]),
        ("\\", &["k004"]),
        (".", &["k005"]),
        ("*", &["k006"]),
        ("(a|b)", &["k007"]),
        ("'", &["k008"]),
        ("\"", &["k009"]),
        ("&", &["k010"]),
        ("!", &["k011"]),
        ("$1", &["k012"]),
        (":", &["k013"]),
        ("[x]", &["k014"]),
    ] {
        equal((words, rows.search(words, &["title"]).await?), (words, keys.iter().map(ToString::to_string).collect()))?;
    }
    Ok(())
}

async fn accents_count(world: &World) -> Outcome {
    let rows = titled(world, &["café", "cafe", "cafe\u{301}", "CAFÉ", "cafè"]).await?;
    equal(rows.search("café", &["title"]).await?, ["k000", "k003"])?;
    // The decomposed accent is a letter of its own behind the plain one.
    equal(rows.search("cafe", &["title"]).await?, ["k001", "k002"])?;
    equal(rows.search("cafe\u{301}", &["title"]).await?, ["k002"])
}

async fn letters_that_only_look_alike_differ(world: &World) -> Outcome {
    let rows = titled(world, &["straße", "STRASSE", "ﬁn", "fin", "ıx", "ix", "аbc", "abc"]).await?;
    equal(rows.search("strasse", &["title"]).await?, ["k001"])?;
    equal(rows.search("fin", &["title"]).await?, ["k003"])?;
    equal(rows.search("IX", &["title"]).await?, ["k005"])?;
    equal(rows.search("ABC", &["title"]).await?, ["k007"])
}

//! What the checks read in Markdown: code spans, links and list items, outside fenced blocks.

/// A piece of a page and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The piece.
    pub(crate) text: String,
}

/// The lines that are not in a fenced block, with their numbers.
pub(crate) fn prose(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    page.lines().enumerate().filter_map(move |(at, line)| {
        let is_fence = line.trim_start().starts_with("```");
        let outside = !fenced && !is_fence;
        fenced ^= is_fence;
        outside.then_some((at + 1, line))
    })
}

/// What stands between backticks.
pub(crate) fn code_spans(page: &str) -> Vec<Piece> {
    let spans = |(line, text)| spans_of_line(text).into_iter().map(move |text| Piece { line, text });
    prose(page).flat_map(spans).collect()
}

/// The code spans of one line; a span opens and closes with the same number of backticks.
pub(crate) fn spans_of_line(line: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let opened = rest.get(at..).unwrap_or_default();
        let ticks = opened.len() - opened.trim_start_matches('`').len();
        let inside = opened.get(ticks..).unwrap_or_default();
        let Some(end) = inside.find(&"`".repeat(ticks)) else { break };
        spans.push(inside.get(..end).unwrap_or_default().trim().to_owned());
        rest = inside.get(end + ticks..).unwrap_or_default();
    }
    spans
}

/// The targets of `[text](target)`.
pub(crate) fn links(page: &str) -> Vec<Piece> {
    let target = |part: &str| part.split_once(')').map(|(target, _)| target.trim().to_owned());
    let of_line = |(line, text): (usize, &str)| -> Vec<Piece> {
        text.split("](").skip(1).filter_map(target).map(|text| Piece { line, text }).collect()
    };
    prose(page).flat_map(of_line).collect()
}

/// Paragraphs and list items, each on one line, at the number of its first line.
pub(crate) fn paragraphs(page: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut open = false;
    for (line, text) in prose(page) {
        let trimmed = text.trim();
        let starts = ["- ", "* ", "| ", "# ", "## ", "### "].iter().any(|mark| trimmed.starts_with(mark));
        match pieces.last_mut().filter(|_| open && !starts) {
            _ if trimmed.is_empty() => open = false,
            Some(last) => {
                last.text.push(' ');
                last.text.push_str(trimmed);
            }
            None => {
                pieces.push(Piece { line, text: trimmed.to_owned() });
                open = true;
            }
        }
    }
    pieces
}

/// The rows of the table whose header reads `header`, as cells; the line is the row's.
pub(crate) fn table(page: &str, header: &[&str]) -> Option<Vec<(usize, Vec<String>)>> {
    let mut lines = prose(page).map(|(line, text)| (line, cells(text)));
    lines.find(|(_, cells)| cells == header)?;
    Some(lines.skip(1).take_while(|(_, cells)| cells.len() == header.len()).collect())
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().strip_prefix('|').and_then(|rest| rest.strip_suffix('|'));
    inner.map_or_else(Vec::new, |inner| inner.split('|').map(|cell| cell.trim().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Title\n\nSee `a/b` and ``c`d``\nand [this](x.md#part).\n\n```\n`not` [this](one)\n```\n- one\n  more\n- two\n\n\
                        | k | v |\n| --- | --- |\n| `a` | b |\n\n| other |\n";

    #[test]
    fn spans_and_links_outside_fences() {
        let texts = |pieces: Vec<Piece>| pieces.into_iter().map(|piece| (piece.line, piece.text)).collect::<Vec<_>>();
        assert_eq!(texts(code_spans(PAGE)), [(3, "a/b".into()), (3, "c`d".into()), (15, "a".into())]);
        assert_eq!(texts(links(PAGE)), [(4, "x.md#part".into())]);
    }

    #[test]
    fn list_items_are_paragraphs_of_their_own() {
        let pieces = paragraphs(PAGE);
        assert!(pieces.contains(&Piece { line: 9, text: "- one more".into() }), "{pieces:?}");
        assert!(pieces.contains(&Piece { line: 11, text: "- two".into() }), "{pieces:?}");
    }

    #[test]
    fn a_table_ends_with_its_last_row() {
        assert_eq!(table(PAGE, &["k", "v"]), Some(vec![(15, vec!["`a`".into(), "b".into()])]));
        assert_eq!(table(PAGE, &["k", "w"]), None);
    }
}

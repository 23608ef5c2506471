//! The items of a batch until all have come: in memory while they are few, then in a file without a name.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::SeekFrom;

use futures_util::Stream;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncSeekExt, AsyncWriteExt, BufReader, Lines};
use tokio::sync::Mutex;
use udal_core::contract::CHUNK_BYTES;
use udal_core::{Error, ErrorKind, Result};

/// The items of a batch: a document a line.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    held: String,
    file: Option<Mutex<File>>,
    /// The place in the caller's input of each line.
    pub(crate) indexes: Vec<u64>,
    /// A hash of each item's id.
    pub(crate) ids: HashSet<u128>,
}

/// A hash of an id that no other id of a batch has.
pub(crate) fn hash_of(id: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, id).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    (half(1) << 64) | half(2)
}

fn disk(error: std::io::Error) -> Error {
    let kind =
        if error.kind() == std::io::ErrorKind::StorageFull { ErrorKind::StorageFull } else { ErrorKind::Internal };
    Error::new(kind, "a batch cannot be kept until it is complete").cause(error)
}

impl Spool {
    /// Adds an item; answers whether its id is another's too.
    pub(crate) async fn add(&mut self, index: u64, id: &str, document: &str) -> Result<bool> {
        self.indexes.push(index);
        self.held.push_str(document);
        self.held.push('\n');
        if self.held.len() > CHUNK_BYTES {
            self.flush().await?;
        }
        Ok(!self.ids.insert(hash_of(id)))
    }

    async fn flush(&mut self) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(Mutex::new(File::from_std(tempfile::tempfile().map_err(disk)?))),
        };
        let file = file.get_mut();
        file.write_all(self.held.as_bytes()).await.map_err(disk)?;
        file.flush().await.map_err(disk)?;
        self.held.clear();
        Ok(())
    }

    /// Ends the adding.
    pub(crate) async fn finish(&mut self) -> Result<()> {
        if self.file.is_some() { self.flush().await } else { Ok(()) }
    }

    /// Every item as one text, where they are few.
    pub(crate) fn text(&self) -> Option<&str> {
        self.file.is_none().then_some(self.held.as_str())
    }

    /// Reads the items from the first on.
    pub(crate) async fn read(&self) -> Result<Reader> {
        let Some(file) = &self.file else {
            let lines = self.held.lines().map(str::to_owned).collect::<Vec<_>>();
            return Ok(Reader::Held(lines.into_iter()));
        };
        let mut file = file.lock().await.try_clone().await.map_err(disk)?;
        file.seek(SeekFrom::Start(0)).await.map_err(disk)?;
        Ok(Reader::File(BufReader::new(file).lines()))
    }
}

/// Reads the items of a batch, one after the other.
#[derive(Debug)]
pub(crate) enum Reader {
    Held(std::vec::IntoIter<String>),
    File(Lines<BufReader<File>>),
}

impl Reader {
    pub(crate) async fn next(&mut self) -> Result<Option<String>> {
        match self {
            Reader::Held(lines) => Ok(lines.next()),
            Reader::File(lines) => lines.next_line().await.map_err(disk),
        }
    }

    /// The items but those at these places, as pieces of a request's body, each with that end in the place of its last brace.
    pub(crate) fn without(
        self,
        left_out: HashSet<usize>,
        end: String,
    ) -> impl Stream<Item = Result<String>> + Send + 'static {
        let start = (self, 0_usize, left_out, end);
        futures_util::stream::unfold(start, |(mut reader, mut at, left_out, end)| async move {
            let mut piece = String::new();
            loop {
                match reader.next().await {
                    Ok(Some(line)) => {
                        if !left_out.contains(&at) {
                            piece.push_str(line.strip_suffix('}').unwrap_or(&line));
                            piece.push_str(&end);
                        }
                        at += 1;
                        if piece.len() > 64 << 10 {
                            return Some((Ok(piece), (reader, at, left_out, end)));
                        }
                    }
                    Ok(None) if piece.is_empty() => return None,
                    Ok(None) => return Some((Ok(piece), (reader, at, left_out, end))),
                    Err(error) => return Some((Err(error), (reader, at, left_out, end))),
                }
            }
        })
    }
}

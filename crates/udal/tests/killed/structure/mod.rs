//! Databases, tables, indexes and partitions: a child makes, changes and drops them, everything is killed, and what is found
//! is whole, or becomes whole when the same is done again.

pub(crate) mod child;
mod site;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;

use udal_embedded::{Server, Settings};

use crate::journal::{Line, Op, Structure};
use crate::random::Random;
use crate::rounds::{live, until_nobody_is_connected};

/// What was begun: whether it was acknowledged.
pub(crate) type Begun = BTreeMap<Structure, bool>;

/// Lets the child live once, and looks at what it leaves; answers what it had begun.
pub(crate) async fn round(data_dir: &Path, number: u64, random: &mut Random) -> Begun {
    let life = format!("life{number}");
    let (lines, end) = live("child_changes_structures_until_it_is_killed", data_dir, &life, random).await;
    let begun = begun(lines);
    let server = Server::start(Settings::new(data_dir)).await.unwrap();
    until_nobody_is_connected(&server).await;
    verify::verify(&server, &begun).await;
    let acknowledged = begun.values().filter(|done| **done).count();
    println!("round {number}: {end}; {} begun, {acknowledged} acknowledged", begun.len());
    server.stop().await.unwrap();
    begun
}

fn begun(lines: Vec<Line>) -> Begun {
    let mut open = BTreeMap::new();
    let mut begun = Begun::new();
    for line in lines {
        match line {
            Line::Begin(number, Op::Structure(structure)) => {
                begun.insert(structure.clone(), false);
                open.insert(number, structure);
            }
            Line::Done(number, _) => {
                begun.insert(open.remove(&number).unwrap(), true);
            }
            Line::Refused(number, code, text) => panic!("{:?} is refused as {code}: {text}", open[&number]),
            Line::Begin(_, op) => panic!("{op:?} is of the other child"),
            Line::Ready | Line::NotStarted(_) | Line::Failed(..) => {}
        }
    }
    begun
}

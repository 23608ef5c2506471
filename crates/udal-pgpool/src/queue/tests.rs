use super::*;

const LIMITS: Limits =
    Limits { total: 4, per_server: 4, opening_per_server: 4, per_place: 3, waiting: 2_000, waiting_per_place: 1_500 };

fn place(name: &str) -> Place {
    let (server, database) = name.split_once('/').unwrap_or(("default", name));
    Place::new(ServerName::new(server).unwrap(), database)
}

type Receiver = oneshot::Receiver<Grant<u64>>;

/// A queue whose connections are their numbers, which open at once and end when they are dropped.
struct Bench {
    queue: Queue<u64>,
    /// What each place has in use.
    used: Vec<(Place, u64)>,
    waiting: Vec<(Place, u64, Receiver)>,
    /// Who was served, in order.
    served: Vec<Place>,
    places: HashMap<u64, Place>,
    opened: usize,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let (used, waiting, served) = (Vec::new(), Vec::new(), Vec::new());
        Bench { queue: Queue::new(limits), used, waiting, served, places: HashMap::new(), opened: 0 }
    }

    fn ask(&mut self, name: &str) {
        let place = place(name);
        match self.queue.take(&place) {
            Taken::Granted(grant) => self.use_it(place, grant),
            Taken::Waits(number, receiver) => self.waiting.push((place, number, receiver)),
            Taken::Full => panic!("too many wait"),
        }
        self.settle();
    }

    fn use_it(&mut self, place: Place, grant: Grant<u64>) {
        let id = match grant {
            Grant::Connection(id) => id,
            Grant::MayOpen(id) => {
                self.opened += 1;
                self.places.insert(id, place.clone());
                self.queue.opened(&place, id);
                id
            }
            Grant::Refused(error) => panic!("{error}"),
        };
        self.served.push(place.clone());
        self.used.push((place, id));
        assert!(self.queue.held() <= self.queue.limits.total, "more connections than there may be");
    }

    /// Ends what was closed, and lets those go on who were served.
    fn settle(&mut self) {
        loop {
            let dropped = self.queue.take_dropped();
            for id in &dropped {
                let place = self.places.remove(id).unwrap();
                self.queue.ended(&place, *id);
            }
            let mut is_idle = dropped.is_empty();
            for (place, number, mut receiver) in std::mem::take(&mut self.waiting) {
                match receiver.try_recv() {
                    Ok(grant) => {
                        is_idle = false;
                        self.use_it(place, grant);
                    }
                    Err(_) => self.waiting.push((place, number, receiver)),
                }
            }
            if is_idle {
                return;
            }
        }
    }

    /// Gives back what was taken first, of this place or of any.
    fn give_back(&mut self, name: Option<&str>) {
        let wanted = name.map(place);
        let at = self.used.iter().position(|(place, _)| wanted.as_ref().is_none_or(|wanted| wanted == place)).unwrap();
        let (place, id) = self.used.remove(at);
        self.queue.give_back(&place, id, id);
        self.settle();
    }

    fn finish(mut self) {
        while !self.used.is_empty() {
            self.give_back(None);
        }
        assert_eq!((self.queue.waiting(), self.waiting.len()), (0, 0));
        self.queue.reap(Duration::ZERO);
        self.settle();
        assert_eq!((self.queue.held(), self.queue.idle(), self.queue.places()), (0, 0, 0), "something is left");
        assert!(self.queue.servers.values().all(|load| load.held + load.opening + load.closing == 0));
    }
}

#[test]
fn a_noisy_place_does_not_starve_others() {
    let mut bench = Bench::new(LIMITS);
    for _ in 0..1_000 {
        bench.ask("noisy");
    }
    for other in 0..20 {
        bench.ask(&format!("quiet{other}"));
    }
    // One connection was left by the noisy one's cap; a quiet one has it.
    assert_eq!(bench.served.len(), 4);
    for _ in 0..45 {
        bench.give_back(None);
    }
    for other in 0..20 {
        let quiet = place(&format!("quiet{other}"));
        let at = bench.served.iter().position(|served| *served == quiet).expect("it is served");
        let noisy = bench.served.iter().take(at).filter(|served| **served == place("noisy")).count();
        assert!(noisy <= 3 + 2, "quiet{other} waited for {noisy} of the noisy one's");
    }
    bench.finish();
}

#[test]
fn within_a_place_who_came_first_is_first() {
    let mut bench = Bench::new(LIMITS);
    for _ in 0..6 {
        bench.ask("a");
    }
    let waiting: Vec<u64> = bench.waiting.iter().map(|(_, number, _)| *number).collect();
    assert_eq!(waiting.len(), 3);
    bench.give_back(None);
    let left: Vec<u64> = bench.waiting.iter().map(|(_, number, _)| *number).collect();
    assert_eq!(left, waiting.into_iter().skip(1).collect::<Vec<_>>());
    assert_eq!(bench.opened, 3, "a connection goes from one to the next");
    bench.finish();
}

#[test]
fn idle_connections_make_way_for_who_waits() {
    let mut bench = Bench::new(LIMITS);
    for name in ["a", "b", "c", "d"] {
        bench.ask(name);
    }
    for _ in 0..4 {
        bench.give_back(None);
    }
    assert_eq!((bench.queue.held(), bench.queue.idle()), (4, 4));
    bench.ask("e");
    assert_eq!(bench.used, [(place("e"), bench.used[0].1)]);
    // The longest idle went: `a`.
    bench.ask("b");
    assert_eq!(bench.opened, 5);
    bench.ask("a");
    assert_eq!(bench.opened, 6);
    bench.finish();
}

#[test]
fn one_server_leaves_the_others_some() {
    let mut bench = Bench::new(Limits { per_server: 3, per_place: 2, ..LIMITS });
    for name in ["east/a", "east/b", "east/c", "east/d", "west/a"] {
        bench.ask(name);
    }
    let on = |bench: &Bench, server: &str| bench.used.iter().filter(|(p, _)| p.server().as_str() == server).count();
    assert_eq!((on(&bench, "east"), on(&bench, "west")), (3, 1));
    // What is idle on the full server makes way there.
    bench.give_back(Some("east/a"));
    assert_eq!(bench.used.last().unwrap().0, place("east/d"));
    bench.finish();
}

#[test]
fn who_goes_away_leaves_nothing_behind() {
    let mut bench = Bench::new(LIMITS);
    for _ in 0..10 {
        bench.ask("a");
        bench.ask("b");
    }
    for (place, number, receiver) in std::mem::take(&mut bench.waiting) {
        assert!(bench.queue.leave(&place, number));
        drop(receiver);
        assert!(!bench.queue.leave(&place, number));
    }
    assert_eq!(bench.queue.turns.len(), 0);
    bench.finish();
}

#[test]
fn a_bounded_number_waits() {
    let mut bench = Bench::new(Limits { waiting: 5, waiting_per_place: 3, ..LIMITS });
    for _ in 0..6 {
        bench.ask("a");
    }
    assert!(matches!(bench.queue.take(&place("a")), Taken::Full));
    bench.ask("b");
    bench.ask("b");
    bench.ask("c");
    assert!(matches!(bench.queue.take(&place("d")), Taken::Full));
    assert_eq!(bench.queue.waiting(), 5);
    bench.finish();
}

#[test]
fn a_closed_place_keeps_no_connection() {
    let mut bench = Bench::new(LIMITS);
    bench.ask("a");
    bench.ask("a");
    bench.give_back(None);
    bench.queue.close_all(&place("a"));
    bench.settle();
    assert_eq!(bench.queue.held(), 1, "the idle one is closed, the other is in use");
    bench.give_back(None);
    assert_eq!((bench.queue.held(), bench.queue.places()), (0, 0));
    bench.ask("a");
    assert_eq!(bench.opened, 3);
    bench.finish();
}

#[test]
fn what_a_server_closes_is_forgotten() {
    let mut bench = Bench::new(LIMITS);
    bench.ask("a");
    bench.ask("a");
    bench.give_back(None);
    for id in bench.places.keys().copied().collect::<Vec<_>>() {
        bench.queue.ended(&place("a"), id);
    }
    let ended: Vec<u64> = bench.queue.take_dropped();
    assert_eq!(ended.len(), 1);
    assert_eq!((bench.queue.held(), bench.queue.idle()), (0, 0));
    bench.finish();
}

#[test]
fn who_waits_for_a_server_that_is_gone_is_told() {
    let mut bench = Bench::new(LIMITS);
    for _ in 0..5 {
        bench.ask("east/a");
        bench.ask("west/a");
    }
    let waiting = bench.queue.waiting();
    bench.queue.refuse(&ServerName::new("east").unwrap(), || Error::internal("gone"));
    let mut refused = 0;
    bench.waiting.retain_mut(|(_, _, receiver)| match receiver.try_recv() {
        Ok(Grant::Refused(_)) => {
            refused += 1;
            false
        }
        _ => true,
    });
    assert_eq!((refused, bench.queue.waiting()), (3, waiting - 3));
    assert!(bench.waiting.iter().all(|(place, ..)| place.server().as_str() == "west"));
    bench.finish();
}

#[test]
fn any_course_of_events_stays_within_the_limits() {
    let mut chance = 1_u64;
    let mut next = |below: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % below
    };
    for round in 0..40 {
        let several = round % 2 == 0;
        let limits = if several { Limits { per_server: 3, opening_per_server: 1, ..LIMITS } } else { LIMITS };
        let mut bench = Bench::new(limits);
        for _ in 0..500 {
            match next(10) {
                0..6 => {
                    let server = if several && next(2) == 0 { "east" } else { "west" };
                    bench.ask(&format!("{server}/{}", next(7)));
                }
                6..8 if !bench.used.is_empty() => bench.give_back(None),
                8 if !bench.waiting.is_empty() => {
                    let at = next(bench.waiting.len() as u64);
                    let (place, number, _receiver) = bench.waiting.swap_remove(usize::try_from(at).unwrap());
                    assert!(bench.queue.leave(&place, number));
                }
                _ => {
                    bench.queue.reap(Duration::ZERO);
                    bench.settle();
                }
            }
            // Nobody waits who could be served.
            let spare = bench.queue.held() < 4 || bench.queue.idle() > 0;
            let stuck = bench.waiting.iter().find(|(place, ..)| {
                let used = bench.used.iter().filter(|(used, _)| used == place).count();
                let full = bench.queue.held_on(place.server()) >= limits.per_server
                    && bench.queue.idle.values().all(|idle| idle.server() != place.server());
                spare && used < limits.per_place && !full
            });
            assert!(stuck.is_none(), "round {round}: {:?} waits for nothing", stuck.map(|(place, ..)| place));
        }
        bench.finish();
    }
}

use super::*;

fn breakers(names: &[&str]) -> (Breakers<ServerName>, Vec<ServerName>) {
    let names: Vec<ServerName> = names.iter().map(|name| ServerName::new(name).unwrap()).collect();
    (Breakers::new(BreakerSettings::default()), names)
}

fn pause(breakers: &Breakers<ServerName>, server: &ServerName, now: Instant) -> Duration {
    match breakers.state(server, now) {
        BreakerState::Open { retry_in } => retry_in,
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_opens_after_some_failures_in_a_row() {
    let (breakers, names) = breakers(&["east", "west"]);
    let (east, west) = (&names[0], &names[1]);
    let now = Instant::now();
    for _ in 0..5 {
        assert!(breakers.admit(east, now).unwrap().failed(now).is_none());
        assert!(breakers.admit(east, now).unwrap().failed(now).is_none());
        breakers.admit(east, now).unwrap().answered();
    }
    for failure in 1..=3 {
        assert_eq!(breakers.admit(east, now).unwrap().failed(now).is_some(), failure == 3);
    }
    let error = breakers.admit(east, now).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.message(), "the server `east` cannot be reached; it is tried again in 1 s");
    assert!(breakers.admit(west, now).is_ok(), "other servers feel nothing");
}

#[test]
fn one_at_a_time_tries_again_and_each_failure_doubles_the_pause() {
    let (breakers, names) = breakers(&["east"]);
    let east = &names[0];
    let mut now = Instant::now();
    for _ in 0..3 {
        let _ = breakers.failed(east, now);
    }
    let mut longest = Duration::from_millis(500);
    for _ in 0..10 {
        let found = pause(&breakers, east, now);
        assert!(found <= longest && found >= longest * 3 / 4, "{found:?} of {longest:?}");
        now += found;
        let probe = breakers.admit(east, now).unwrap();
        assert_eq!(breakers.state(east, now), BreakerState::Probing);
        assert!(breakers.admit(east, now).unwrap_err().message().contains("tried again now"));
        assert!(probe.failed(now).is_some());
        longest = (longest * 2).min(Duration::from_secs(30));
    }
    now += pause(&breakers, east, now);
    // One whose caller goes away leaves the turn to another.
    drop(breakers.admit(east, now).unwrap());
    breakers.admit(east, Instant::now().max(now)).unwrap().answered();
    assert_eq!(breakers.state(east, now), BreakerState::Closed);
    assert!(breakers.admit(east, now).unwrap().failed(now).is_none(), "it counts from the beginning");
}

use super::*;

const A: Uuid = Uuid::from_u128(1);
const B: Uuid = Uuid::from_u128(2);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

/// Returns a lease of A that is in this state at second 100.
fn in_state(state: LeaseState) -> Lease {
    let fixed = Lease::None.acquire(Some(A), Length::Seconds(30), at(90)).unwrap();
    let lease = match state {
        LeaseState::Available => Lease::None,
        LeaseState::Leased => fixed,
        LeaseState::Expired => Lease::None.acquire(Some(A), Length::Seconds(30), at(0)).unwrap(),
        LeaseState::Breaking => fixed.end(None, at(100)).unwrap(),
        LeaseState::Broken => fixed.end(Some(0), at(100)).unwrap(),
    };
    assert_eq!(lease.state(at(100)), state);
    lease
}

#[test]
fn each_action_has_the_documented_outcome_in_each_state() {
    use LeaseRefusal::*;
    use LeaseState::*;
    type Outcome = Result<LeaseState, LeaseRefusal>;
    let table: [(LeaseState, [Outcome; 7]); 5] = [
        // acquire A, acquire B, renew A, change A to B, release A, release B, break
        (
            Available,
            [
                Ok(Leased),
                Ok(Leased),
                Err(IdMismatch),
                Err(NotPresent),
                Err(IdMismatch),
                Err(IdMismatch),
                Err(NotPresent),
            ],
        ),
        (
            Leased,
            [Ok(Leased), Err(AlreadyPresent), Ok(Leased), Ok(Leased), Ok(Available), Err(IdMismatch), Ok(Breaking)],
        ),
        (Expired, [Ok(Leased), Ok(Leased), Ok(Leased), Err(NotPresent), Ok(Available), Err(IdMismatch), Ok(Broken)]),
        (
            Breaking,
            [
                Err(BreakingCannotBeAcquired),
                Err(AlreadyPresent),
                Err(BrokenCannotBeRenewed),
                Err(BreakingCannotBeChanged),
                Ok(Available),
                Err(IdMismatch),
                Ok(Breaking),
            ],
        ),
        (
            Broken,
            [
                Ok(Leased),
                Ok(Leased),
                Err(BrokenCannotBeRenewed),
                Err(NotPresent),
                Ok(Available),
                Err(IdMismatch),
                Ok(Broken),
            ],
        ),
    ];
    for (state, expected) in table {
        let lease = in_state(state);
        let now = at(100);
        let outcomes = [
            lease.acquire(Some(A), Length::Infinite, now),
            lease.acquire(Some(B), Length::Infinite, now),
            lease.renew(A, now),
            lease.change(A, B, now),
            lease.release(A),
            lease.release(B),
            lease.end(None, now),
        ];
        assert_eq!(outcomes.map(|outcome| outcome.map(|lease| lease.state(now))), expected, "{state:?}");
    }
}

#[test]
fn each_use_has_the_documented_outcome_in_each_state() {
    use UseRefusal::*;
    for (state, write, write_a, read_a) in [
        (LeaseState::Available, Ok(()), Err(NotPresent), Err(NotPresent)),
        (LeaseState::Leased, Err(Missing), Ok(()), Ok(())),
        (LeaseState::Expired, Ok(()), Err(Lost), Err(Lost)),
        (LeaseState::Breaking, Err(Missing), Ok(()), Ok(())),
        (LeaseState::Broken, Ok(()), Err(Lost), Err(Lost)),
    ] {
        let (lease, now) = (in_state(state), at(100));
        assert_eq!(lease.check_write(None, now), write, "{state:?}");
        assert_eq!(lease.check_write(Some(A), now), write_a, "{state:?}");
        assert_eq!(lease.check_read(Some(A), now), read_a, "{state:?}");
        assert_eq!(lease.check_read(None, now), Ok(()), "{state:?}");
        let other = if lease.is_locked(now) { Err(Mismatch) } else { Err(NotPresent) };
        assert_eq!(lease.check_write(Some(B), now), other, "{state:?}");
    }
}

#[test]
fn a_break_takes_what_is_left_of_the_lease_at_most() {
    let lease = in_state(LeaseState::Leased);
    for (asked, left) in [(None, 20), (Some(5), 5), (Some(60), 20), (Some(0), 0)] {
        assert_eq!(lease.end(asked, at(100)).unwrap().seconds_left(at(100)), left, "{asked:?}");
    }
    let endless = Lease::None.acquire(Some(A), Length::Infinite, at(0)).unwrap();
    for (asked, left) in [(None, 0), (Some(5), 5)] {
        assert_eq!(endless.end(asked, at(100)).unwrap().seconds_left(at(100)), left, "{asked:?}");
    }
    let breaking = endless.end(Some(50), at(100)).unwrap();
    assert_eq!(breaking.end(Some(10), at(100)).unwrap().seconds_left(at(100)), 10);
    assert_eq!(breaking.end(Some(60), at(100)).unwrap().seconds_left(at(100)), 50);
}

#[test]
fn a_write_after_its_end_makes_a_lease_nobodys() {
    assert_eq!(in_state(LeaseState::Expired).after_write(at(100)), Lease::None);
    assert_eq!(in_state(LeaseState::Leased).after_write(at(100)), in_state(LeaseState::Leased));
}

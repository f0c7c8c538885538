use super::*;
use crate::default_world::{world, world_where};

fn faults() -> Faults {
    Faults::new(world().seed.clone())
}

fn request(path: &str) -> Struck<'_> {
    Struck { path, has_token: true }
}

fn fault(spec: &str) -> Fault {
    spec.parse().unwrap()
}

fn refusal(spec: &str) -> String {
    spec.parse::<Fault>().and_then(|fault| faults().set(fault)).unwrap_err().to_string()
}

/// Tells for each of this many requests whether a fault strikes.
fn struck(faults: &Faults, service: FaultService, requests: usize) -> Vec<bool> {
    (0..requests).map(|_| !faults.strike(service, &request("/a/b")).is_empty()).collect()
}

#[test]
fn a_spec_says_what_the_seed_says() {
    let spec = fault("key-vault:throttled,retry-after=3,count=2");
    let seed: Fault = toml::from_str("service = 'key-vault'\nkind = 'throttled'\nretry_after = 3\ncount = 2").unwrap();
    assert_eq!(spec, seed);
    let spoilt = fault("identity-endpoint:expired,tokens_for=orders-api,rate=1,seed=7");
    let seed: Fault = toml::from_str("tokens_for = 'orders-api'\nkind = 'expired'\nrate = 1.0\nseed = 7").unwrap();
    assert_eq!(spoilt, seed);
    assert_eq!(fault("blob-storage:clock-skew,seconds=-90").seconds, Some(-90));
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    for (spec, why) in [
        ("vault", "it has no colon"),
        ("vault:error", "unknown variant `vault`"),
        ("key-vault:eror", "unknown variant `eror`"),
        ("key-vault:error,often", "\"often\" is not NAME=VALUE"),
        ("key-vault:error,times=2", "unknown field `times`"),
        ("key-vault:error,count=2,count=3", "count is there twice"),
        ("key-vault:error,count=-1", "invalid value"),
        ("key-vault:error,rate=1.01", "rate is a share from 0 to 1, not 1.01"),
        ("key-vault:error,rate=2", "rate is a share from 0 to 1, not 2"),
        ("key-vault:error,rate=-0.1", "rate is a share from 0 to 1, not -0.1"),
        ("key-vault:error,rate=nan", "rate is a share from 0 to 1, not NaN"),
        ("key-vault:error,seed=2", "seed is for a rate"),
        ("key-vault:error,retry-after=2", "retry_after means nothing to error"),
        ("key-vault:lease-held", "key-vault cannot have the fault lease-held"),
        ("blob-storage:secret-deleted,secret=a", "blob-storage cannot have the fault secret-deleted"),
        ("key-vault:secret-deleted", "secret-deleted needs secret"),
        ("key-vault:secret-deleted,secret=none", "no secret \"none\""),
        ("key-vault:error,container=snapshots", "container means nothing to error"),
        ("identity-endpoint:expired,tokens-for=none", "no app registration \"none\""),
        ("identity-endpoint:not-ready", "not-ready needs count or for_seconds"),
        ("blob-storage:role-not-propagated", "role-not-propagated needs count or for_seconds"),
    ] {
        let refusal = refusal(spec);
        assert!(refusal.contains(why), "{spec}: {refusal}");
    }
    let empty = Faults::new(Arc::new(Seed::default()));
    for service in ["key-vault", "blob-storage", "api-management", "backend"] {
        let refused = empty.set(fault(&format!("{service}:error"))).unwrap_err();
        assert_eq!(refused.to_string(), format!("the fault is refused: the seed has no {service}"));
    }
    assert!(empty.set(fault("identity-endpoint:error")).is_ok());
}

#[test]
fn every_kind_can_be_set_on_some_service_and_only_where_it_is_of() {
    use clap::ValueEnum as _;
    assert_eq!(FaultKind::value_variants(), FaultKind::ALL);
    for kind in FaultKind::ALL {
        for service in FaultService::value_variants() {
            let mut spec = format!("{service}:{kind},count=1");
            if fault(&spec).problems(&world().seed).iter().any(|problem| problem.ends_with("needs secret")) {
                spec.push_str(",secret=orders-subscription-key");
            }
            assert_eq!(faults().set(fault(&spec)).is_ok(), kind.is_of(*service), "{spec}");
        }
    }
}

#[test]
fn a_count_strikes_the_first_requests_and_a_rate_the_same_ones_each_time() {
    let service = FaultService::KeyVault;
    let counted = faults();
    counted.set(fault("key-vault:error,count=2")).unwrap();
    assert_eq!(struck(&counted, service, 4), [true, true, false, false]);
    assert_eq!(struck(&counted, FaultService::BlobStorage, 1), [false]);
    let set = counted.all();
    assert_eq!((set.len(), set[0].requests, set[0].strikes), (1, 4, 2));
    let rated = |spec: &str| {
        let faults = faults();
        faults.set(fault(spec)).unwrap();
        struck(&faults, service, 4_000)
    };
    let one = rated("key-vault:error,rate=0.05,seed=1");
    assert_eq!(one, rated("key-vault:error,rate=0.05,seed=1"));
    assert_ne!(one, rated("key-vault:error,rate=0.05,seed=2"));
    let strikes = one.iter().filter(|struck| **struck).count();
    assert!((150..250).contains(&strikes), "{strikes} of 4,000 at 5 %");
    assert!(!rated("key-vault:error,rate=0").contains(&true) && !rated("key-vault:error,rate=1").contains(&false));
    assert!(!rated("key-vault:error,for-seconds=0").contains(&true));
    assert!(!rated("key-vault:error,for-seconds=3600").contains(&false));
}

#[test]
fn a_fault_of_one_secret_or_container_leaves_the_others_alone() {
    let faults = faults();
    faults.set(fault("key-vault:secret-disabled,secret=orders-subscription-key")).unwrap();
    faults.set(fault("blob-storage:error,container=snapshots")).unwrap();
    let strikes = |service, path: &str| faults.strike(service, &request(path)).len();
    assert_eq!(strikes(FaultService::KeyVault, "/secrets/orders-subscription-key"), 1);
    assert_eq!(strikes(FaultService::KeyVault, "/secrets/orders-subscription-key/0123"), 1);
    assert_eq!(strikes(FaultService::KeyVault, "/secrets/other"), 0);
    assert_eq!(strikes(FaultService::BlobStorage, "/snapshots/a"), 1);
    assert_eq!(strikes(FaultService::BlobStorage, "/snapshots-2/a"), 0);
    // The challenge comes first, before the request for the secret. The fault does not strike it.
    let asks = Struck { path: "/secrets/orders-subscription-key", has_token: false };
    assert!(faults.strike(FaultService::KeyVault, &asks).is_empty());
    faults.clear();
    assert_eq!(strikes(FaultService::BlobStorage, "/snapshots/a"), 0);
    assert!(faults.all().is_empty());
}

#[test]
fn faults_of_the_seed_are_set_from_the_start() {
    let world = world_where(|seed| seed.faults.push(Fault::new(FaultService::Backend, FaultKind::Error).count(1)));
    assert_eq!(struck(world.faults(), FaultService::Backend, 2), [true, false]);
}

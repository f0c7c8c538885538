use clap::ValueEnum as _;

use super::*;
use crate::default_world::world_where;

const SWITCHES: [Link; 7] = [
    Link::AppRole,
    Link::Expired,
    Link::Signature,
    Link::SubscriptionKey,
    Link::VaultRole,
    Link::BlobRole,
    Link::ModelDown,
];

/// Returns the state that breaking a link may change.
fn state(world: &World) -> (Vec<String>, Vec<(uuid::Uuid, uuid::Uuid)>, Vec<bool>) {
    let faults = world.faults.all().into_iter().map(|set| format!("{:?}", set.fault)).collect();
    let roles = world.directory().assignments().iter().map(|one| (one.principal_id, one.app_role_id)).collect();
    let hosts = world.seed.model_accounts.iter().flat_map(ModelAccount::hosts);
    (faults, roles, hosts.map(|host| world.network.is_cut_off(&host)).collect())
}

#[test]
fn each_link_that_can_be_switched_changes_the_world_and_is_mended_again() {
    let (world, switches) = (world_where(|_| {}), Switches::default());
    for link in Link::value_variants() {
        let is_switch = SWITCHES.contains(link);
        assert_eq!(link.how_to_break() == HowToBreak::Switch, is_switch, "{link}");
        let before = state(&world);
        assert_eq!(switches.spoil(*link, &world).is_ok(), is_switch, "{link}");
        assert_eq!(state(&world) != before, is_switch && *link != Link::SubscriptionKey, "{link}");
        let again = switches.spoil(*link, &world).unwrap_err().to_string();
        assert_eq!(again.contains("broken already"), is_switch, "{again}");
        assert_eq!(switches.mend(*link, &world), is_switch);
        assert_eq!(state(&world), before, "{link}");
    }
}

#[test]
fn what_another_has_broken_is_not_mended() {
    let (world, switches) = (world_where(|_| {}), Switches::default());
    let host = world.seed.model_accounts.iter().flat_map(ModelAccount::hosts).next().unwrap();
    world.network.cut_off(&host);
    world.faults.set(Fault::new(FaultService::KeyVault, FaultKind::Throttled)).unwrap();
    for link in SWITCHES {
        switches.spoil(link, &world).unwrap();
    }
    switches.mend_all(&world);
    assert!(switches.spoilt().is_empty());
    assert!(world.network.is_cut_off(&host));
    assert_eq!(world.faults.all().len(), 1);
}

#[test]
fn a_world_without_the_part_says_that_there_is_nothing_to_break() {
    let world = World::new(crate::seed::Seed::default()).unwrap();
    let switches = Switches::default();
    for link in SWITCHES {
        let refused = switches.spoil(link, &world).unwrap_err().to_string();
        assert!(refused.contains("the seed has no"), "{link}: {refused}");
    }
}

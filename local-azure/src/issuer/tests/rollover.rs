//! A new signing key: it is published at once, together with the earlier keys.

use super::*;

async fn published(world: &std::sync::Arc<World>) -> Vec<String> {
    let (_, keys) = get(world.clone(), &format!("/{TENANT}/discovery/v2.0/keys")).await;
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn token(world: &World) -> Token {
    issue(&world.entra, identity(world, "id-keyless-caller"), "api://orders", Timestamp::now()).ok().unwrap()
}

#[tokio::test]
async fn a_new_key_signs_and_the_old_ones_still_verify() {
    const AUDIENCE: &str = "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c";
    let world = world_where(|_| {});
    let before = published(&world).await;
    let old = token(&world);
    let rolled_over = world.roll_over_signing_keys().unwrap();

    let new = token(&world);
    let new_id = header_of(&new)["kid"].as_str().unwrap().to_owned();
    assert_eq!(new_id, rolled_over);
    assert!(!before.contains(&new_id));
    let after = published(&world).await;
    assert!(after.contains(&new_id) && before.iter().all(|id| after.contains(id)), "{after:?}");
    let (_, keys) = get(world.clone(), &format!("/{TENANT}/discovery/v2.0/keys")).await;
    for token in [&old, &new] {
        assert_eq!(verify(token, keys.clone(), AUDIENCE), Ok(()));
    }
    let entries = world.journal.entries();
    assert_eq!((entries.len(), entries[0].method.as_str()), (1, "ROLLOVER"));
}

#[tokio::test]
async fn a_key_is_withdrawn_after_two_more_have_come() {
    let world = world_where(|_| {});
    world.roll_over_signing_keys().unwrap();
    let old = header_of(&token(&world))["kid"].as_str().unwrap().to_owned();
    for published_still in [true, true, false] {
        world.roll_over_signing_keys().unwrap();
        assert_eq!(published(&world).await.contains(&old), published_still);
        assert_eq!(world.entra.signing_keys.decoding_key(&old).is_some(), published_still);
    }
}

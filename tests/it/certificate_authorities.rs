//! The certificate authorities that the handler trusts.

use crate::rig::Rig;

/// Makes a rig in which only the variables of this list name other authorities than the system's. In Azure, no variable
/// does.
async fn rig_with(kept: &[&str]) -> Rig {
    const NAMES: [&str; 2] = ["SSL_CERT_FILE", "EXTRA_CA_CERTS"];
    let change = async |environment: &mut Vec<(String, String)>| {
        environment.retain(|(name, _)| !NAMES.contains(&name.as_str()) || kept.contains(&name.as_str()));
    };
    Rig::in_environment(|_| {}, change).await
}

#[tokio::test]
async fn those_of_extra_ca_certs_are_trusted_beside_the_systems() {
    let rig = rig_with(&["EXTRA_CA_CERTS"]).await;
    let invocation = rig.host.invoke("snapshot", None).await.unwrap();
    assert!(invocation.succeeded(), "{invocation:?}");
}

#[tokio::test]
async fn those_of_ssl_cert_file_are_trusted_in_place_of_the_systems() {
    let rig = rig_with(&["SSL_CERT_FILE"]).await;
    let invocation = rig.host.invoke("snapshot", None).await.unwrap();
    assert!(invocation.succeeded(), "{invocation:?}");
}

#[tokio::test]
async fn one_that_nothing_names_is_not_trusted() {
    let rig = rig_with(&[]).await;
    let invocation = rig.host.invoke("snapshot", None).await.unwrap();
    assert!(!invocation.succeeded(), "{invocation:?}");
    rig.until_logged("certificate").await;
    assert_eq!(rig.blob_count(), 0);
}

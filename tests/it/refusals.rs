//! Every link of the chain, broken: the service that refuses, its status and its reason. Nothing is written.

use local_azure::{broken_link::Link, journal::Service};

use crate::rig::Rig;

/// Runs the main job with one link broken. The last refusal must be the given one.
async fn refused(link: Link, service: Service, status: u16, reason: &str) {
    let rig = Rig::with(|seed| link.spoil(seed)).await;
    let invocation = rig.host.invoke("snapshot", None).await.unwrap();
    assert!(!invocation.succeeded(), "{link:?} must fail the job");
    let answers = rig.answers();
    let last = answers.iter().rfind(|entry| entry.status >= 400).unwrap();
    assert_eq!((last.service, last.status), (service, status), "{link:?}");
    let given = last.decision.reason.as_deref().unwrap_or_default();
    assert!(given.contains(reason), "{link:?} was refused with: {given}");
    assert_eq!(rig.blob_count(), 0, "{link:?} must write nothing");
}

#[tokio::test]
async fn gateway_refuses_a_caller_without_the_app_role() {
    refused(Link::AppRole, Service::ApiManagement, 401, "JWT is missing the following claims: roles").await;
}

#[tokio::test]
async fn gateway_refuses_a_token_for_another_audience() {
    refused(Link::Audience, Service::ApiManagement, 401, "TokenAudienceNotAllowed").await;
}

#[tokio::test]
async fn gateway_refuses_a_token_of_the_other_version_by_its_issuer() {
    refused(Link::Issuer, Service::ApiManagement, 401, "https://sts.windows.net/").await;
}

#[tokio::test]
async fn gateway_refuses_an_expired_token() {
    refused(Link::Expired, Service::ApiManagement, 401, "TokenExpired").await;
}

#[tokio::test]
async fn gateway_refuses_a_token_signed_by_an_unpublished_key() {
    refused(Link::Signature, Service::ApiManagement, 401, "TokenInvalidSignature").await;
}

#[tokio::test]
async fn gateway_refuses_an_unknown_subscription_key() {
    let reason = "Access denied due to invalid subscription key";
    refused(Link::SubscriptionKey, Service::ApiManagement, 401, reason).await;
}

#[tokio::test]
async fn vault_refuses_an_identity_without_a_role() {
    let reason = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
    refused(Link::VaultRole, Service::KeyVault, 403, reason).await;
}

#[tokio::test]
async fn storage_refuses_an_identity_without_a_role() {
    refused(Link::BlobRole, Service::BlobStorage, 403, "AuthorizationPermissionMismatch").await;
}

#[tokio::test]
async fn identity_endpoint_refuses_an_identity_the_app_does_not_carry() {
    let reason = "No User Assigned or Delegated Managed Identity found";
    refused(Link::Identity, Service::IdentityEndpoint, 400, reason).await;
}

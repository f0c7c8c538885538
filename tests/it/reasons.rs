//! A refused token: the log names the one of lifetime, role, audience or issuer that does not fit. It never shows the
//! token.

use local_azure::broken_link::Link;

use crate::rig::Rig;

async fn reason(link: Link, expected: &str) {
    let rig = Rig::with(|seed| link.spoil(seed)).await;
    assert!(!rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    rig.until_logged(expected).await;
    assert!(!rig.log().contains("eyJ"), "a token was logged");
}

#[tokio::test]
async fn a_token_without_a_role() {
    reason(Link::AppRole, "of our token, the role does not fit: it has none").await;
}

#[tokio::test]
async fn a_token_for_another_api_has_no_role_there() {
    reason(Link::Audience, "is another API, mend <NAME>__audience").await;
}

#[tokio::test]
async fn a_token_whose_life_is_over() {
    reason(Link::Expired, "of our token, the lifetime does not fit: it is over").await;
}

#[tokio::test]
async fn a_token_of_the_other_version() {
    reason(Link::Issuer, "of our token, the issuer may not fit: it is https://sts.windows.net/").await;
}

#[tokio::test]
async fn a_token_in_which_all_looks_right() {
    reason(Link::Signature, "of our token, issuer, audience, role and lifetime look right").await;
}

#[tokio::test]
async fn a_refused_key_is_not_taken_for_a_refused_token() {
    reason(Link::SubscriptionKey, "Access denied due to invalid subscription key").await;
}

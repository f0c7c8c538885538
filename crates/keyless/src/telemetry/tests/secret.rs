//! A planted secret is in no byte that leaves the process.

use tracing::{error, info_span};

use super::rig::{PARENT, Rig, service};
use crate::{
    api::Api,
    error::Service,
    settings::{Audience, SettingType as _},
    time_limits::TimeLimits,
};

const SECRET: &str = "S3CRETS3CRET";

#[tokio::test]
async fn a_secret_in_a_url_an_error_and_a_field_is_not_sent() {
    let rig = Rig::with_identity().await;
    let address = service(|_| {
        let body = format!("bad token Bearer {SECRET}, see https://h/?sig={SECRET}");
        http::Response::builder().status(400).header("x-ms-request-id", format!("?code={SECRET}")).body(body).unwrap()
    })
    .await;
    let audience = Audience::parse("api://orders").unwrap();
    let api = Api::within(TimeLimits::new(Service::Api), Service::Api, rig.connection(&address), audience, None);
    rig.invoke(Some(PARENT), async move {
        let path = format!("/x?sig={SECRET}&code={SECRET}&name=shown");
        let refused = api.get(path).header("x-key", SECRET).send().await.unwrap_err();
        let mut text = refused.to_string();
        let mut source = std::error::Error::source(&refused);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        let token = format!("eyJhbGciOiJub25lIn0.{SECRET}.{SECRET}");
        let _entered = info_span!("own", url = format!("https://h/?sig={SECRET}"), %token).entered();
        error!(error = text, header = format!("Authorization: Bearer {SECRET}"), "failed with {token}");
    })
    .await;
    rig.telemetry.flush().await;
    let got = rig.collector.got();
    for got in &got {
        let text = String::from_utf8_lossy(&got.body);
        assert!(!text.contains(SECRET), "{}: {text}", got.path);
    }
    // The rest of the logged text is there.
    let text: String = got.iter().map(|got| String::from_utf8_lossy(&got.body).into_owned()).collect();
    assert!(text.contains("name=shown") && text.contains("failed with REDACTED") && text.contains("sig=REDACTED"));
}

use std::future::pending;

use azure_core::http::{Method, StatusCode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::Instant,
};

use super::*;
use crate::trace::with_traceparent;

const SERVICES: [Service; 6] =
    [Service::Identity, Service::KeyVault, Service::Storage, Service::ApiManagement, Service::OpenAi, Service::Api];

#[test]
fn a_file_without_certificates_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "not PEM").unwrap();
    assert_eq!(read_certificates(file.path()).unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(read_certificates(Path::new("/nowhere.pem")).unwrap_err().kind(), io::ErrorKind::NotFound);
}

fn answer(headers: &[(&'static str, &'static str)], body: &'static str) -> AsyncRawResponse {
    let mut all = Headers::new();
    for (name, value) in headers {
        all.insert(*name, *value);
    }
    AsyncRawResponse::from_bytes(StatusCode::Ok, all, body)
}

async fn taken(service: Service, given: AsyncRawResponse) -> azure_core::Result<AsyncRawResponse> {
    limited(service, TimeLimits::new(service), async { Ok(given) }).await
}

#[tokio::test]
async fn a_page_of_a_portal_is_not_taken_for_an_answer_of_vault_storage_or_identity() {
    for service in [Service::Identity, Service::KeyVault, Service::Storage] {
        for kind in ["text/html; charset=utf-8", "text/plain"] {
            let error = taken(service, answer(&[("content-type", kind)], "<html>Log in</html>")).await.unwrap_err();
            let text = error.into_inner().unwrap().to_string();
            assert!(text.contains("a portal, proxy or firewall answers") && text.contains(kind), "{text}");
        }
        let own = [("content-type", "application/json; charset=utf-8"), ("x-ms-version", "2025-11-05")];
        assert!(taken(service, answer(&own, "{}")).await.is_ok(), "{service}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_answer_is_left_at_its_limit() {
    for service in SERVICES {
        let (limits, start) = (TimeLimits::new(service), Instant::now());
        let error = limited(service, limits, pending()).await.unwrap_err();
        assert_eq!((start.elapsed(), error.kind()), (limits.answer, &ErrorKind::Io), "{service}");
    }
}

#[test]
fn the_client_itself_does_not_cut_a_request_whose_body_takes_longer() {
    let client = format!("{:?}", Http::default().client().unwrap());
    assert!(!client.contains("read_timeout"), "{client}");
}

/// Makes an answer whose body arrives byte by byte, a second apart.
fn dribbling(bytes: usize, headers: &[(&'static str, &'static str)]) -> AsyncRawResponse {
    let (status, headers, _) = answer(headers, "").deconstruct();
    let pieces = stream::iter(0..bytes).then(async |_| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(azure_core::Bytes::from_static(b" "))
    });
    AsyncRawResponse::new(status, headers, Box::pin(pieces))
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_dribbles_is_left_at_its_limit() {
    let start = Instant::now();
    let error = taken(Service::KeyVault, dribbling(300, &[("content-type", "application/json")])).await.unwrap_err();
    assert_eq!((start.elapsed(), error.kind()), (Duration::from_secs(5), &ErrorKind::Io));
}

#[tokio::test(start_paused = true)]
async fn a_blob_that_flows_has_no_limit_and_one_that_stops_has() {
    let own = [("x-ms-version", "2025-11-05")];
    let flowing = taken(Service::Storage, dribbling(300, &own)).await.unwrap();
    assert_eq!(flowing.into_body().collect().await.unwrap().len(), 300);
    let (status, headers, _) = answer(&own, "").deconstruct();
    let stopped = AsyncRawResponse::new(status, headers, Box::pin(stream::pending()));
    let start = Instant::now();
    let body = taken(Service::Storage, stopped).await.unwrap().into_body();
    assert!(body.collect().await.is_err());
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_call_of_any_sdk_client_that_gets_no_place_ends_after_the_time_of_a_whole_call() {
    for service in SERVICES {
        let (calls, limits) = (InFlight::default(), TimeLimits::new(service));
        let options = Http::default().options_among(service, calls.clone());
        let pipeline = azure_core::http::Pipeline::new(None, None, options, Vec::new(), Vec::new(), None);
        let _all = calls.all();
        let (context, start) = (Context::new(), Instant::now());
        let mut request = Request::new("https://example.net/".parse().unwrap(), Method::Get);
        let error = pipeline.send(&context, &mut request, None).await.unwrap_err();
        assert_eq!(start.elapsed(), limits.whole, "{service}: once, and not once a retry");
        let error = crate::failure::failure(service, error);
        assert!(matches!(error, Error::Unavailable { .. }) && format!("{error:?}").contains("512 calls"), "{error:?}");
    }
}

#[tokio::test]
async fn a_call_carries_the_trace_context_of_its_invocation_and_the_apps_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = socket.read(&mut request).await.unwrap();
        socket
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
            .await
            .unwrap();
        String::from_utf8_lossy(&request[..length]).to_lowercase()
    });
    let http = Http::default();
    http.set_user_agent("orders/1.2.3".to_owned());
    let pipeline =
        azure_core::http::Pipeline::new(None, None, http.options(Service::Api), Vec::new(), Vec::new(), None);
    let value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut request = Request::new(url.parse().unwrap(), Method::Get);
    let context = Context::new();
    let sent = pipeline.send(&context, &mut request, None);
    with_traceparent(Some(value.parse().unwrap()), sent).await.unwrap();
    let seen = served.await.unwrap();
    assert!(seen.contains(&format!("traceparent: {value}")), "{seen}");
    assert!(seen.contains("orders/1.2.3"), "{seen}");
}

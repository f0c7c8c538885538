//! The SDK's own credentials below the cache, with a scripted wire: their reading of an answer, and the parts of the
//! answer that they keep.

use std::{io::Write, sync::Mutex};

use azure_core::{
    error::ErrorKind,
    http::{AsyncRawResponse, ClientOptions, HttpClient, Request, StatusCode, Transport, headers::Headers},
};
use azure_identity::{
    ClientAssertionCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::*;

/// Gives these answers one after the other, and then repeats the last one. Without answers there is no endpoint.
#[derive(Debug)]
struct Wire {
    answers: Vec<(u16, String)>,
    hosts: Mutex<Vec<String>>,
    /// The identity and the audience of each request.
    asked: Mutex<Vec<(String, String)>>,
}

impl Wire {
    fn new(answers: &[(u16, &str)]) -> Arc<Self> {
        let answers = answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        Arc::new(Self { answers, hosts: Mutex::default(), asked: Mutex::default() })
    }

    fn requests(&self) -> usize {
        self.hosts.lock().unwrap().len()
    }

    fn options(self: &Arc<Self>) -> ClientOptions {
        ClientOptions {
            transport: Some(Transport::new(self.clone())),
            per_try_policies: vec![Arc::new(RecordAnswers)],
            ..Default::default()
        }
    }

    fn managed_identity(self: &Arc<Self>) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let options = ManagedIdentityCredentialOptions { client_options: self.options(), ..Default::default() };
        Ok(ManagedIdentityCredential::new(Some(options))?)
    }

    fn user_assigned(self: &Arc<Self>, id: &str) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: Some(UserAssignedId::ClientId(id.to_owned())),
            client_options: self.options(),
        };
        Ok(ManagedIdentityCredential::new(Some(options))?)
    }

    fn cache(self: &Arc<Self>) -> Arc<TokenCache> {
        let wire = self.clone();
        TokenCache::new(Arc::new(Uncached(move || wire.managed_identity())), WAIT)
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let before = self.requests();
        self.hosts.lock().unwrap().extend(request.url().host_str().map(str::to_owned));
        let value = |name: &str| {
            let found = request.url().query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        self.asked.lock().unwrap().push((value("client_id"), value("resource")));
        match self.answers.get(before).or(self.answers.last()) {
            Some((status, body)) => {
                Ok(AsyncRawResponse::from_bytes(StatusCode::from(*status), Headers::new(), body.clone()))
            }
            None => Err(azure_core::Error::with_message(ErrorKind::Connection, "connection refused")),
        }
    }
}

fn token() -> String {
    let end = (SystemTime::now() + DAY).duration_since(UNIX_EPOCH).unwrap().as_secs();
    format!(r#"{{"access_token":"S3CRET","expires_on":"{end}","resource":"r","token_type":"Bearer"}}"#)
}

/// Finds the status as the rest of the app does.
fn status(error: &azure_core::Error) -> Option<StatusCode> {
    let mut layers = successors(Some(error as &dyn StdError), |&error| error.source());
    layers.find_map(|layer| layer.downcast_ref::<azure_core::Error>()?.http_status())
}

async fn error(wire: &Arc<Wire>) -> azure_core::Error {
    wire.cache().get_token(&[VAULT], None).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn an_sdk_credential_keeps_its_token_unless_it_is_made_anew() {
    let wire = Wire::new(&[(200, &token())]);
    let refused = Secret::new("S3CRET");
    let cache = TokenCache::new(wire.managed_identity().unwrap(), WAIT);
    cache.get_token(&[VAULT], None).await.unwrap();
    assert!(cache.invalidate(&refused));
    cache.get_token(&[VAULT], None).await.unwrap();
    assert_eq!(wire.requests(), 1, "the SDK's cache gave the refused token again");
    let cache = wire.cache();
    cache.get_token(&[VAULT], None).await.unwrap();
    assert!(cache.invalidate(&refused));
    cache.get_token(&[VAULT], None).await.unwrap();
    assert_eq!(wire.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_400_says_what_the_endpoint_said() {
    let message = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";
    let wire = Wire::new(&[(400, &format!(r#"{{"statusCode":400,"message":"{message}"}}"#))]);
    let error = error(&wire).await;
    assert_eq!(IdentityProblem::from_credential_error(&error), IdentityProblem::NoSuchIdentity);
    let text = chain(&error);
    assert!(text.contains("clientId") && text.contains(&format!("(the answer was 400: {message})")), "{text}");
    assert_eq!(wire.requests(), 1, "a refusal is not retried");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_is_cut_off_amid_retries_still_says_why() {
    let body = r#"{"statusCode":500,"message":"An unexpected error occured while fetching the AAD Token."}"#;
    let wire = Wire::new(&[(500, body)]);
    let before = Instant::now();
    let error = error(&wire).await;
    assert_eq!(before.elapsed(), WAIT);
    assert!(wire.requests() > 1, "the SDK retries a 500");
    assert_eq!(IdentityProblem::from_credential_error(&error), IdentityProblem::UnknownResource);
    assert_eq!(status(&error), Some(StatusCode::InternalServerError));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_not_there_is_told_from_one_that_is_slow() {
    let error = error(&Wire::new(&[])).await;
    assert_eq!(IdentityProblem::from_credential_error(&error), IdentityProblem::EndpointUnreachable);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_token_is_not_quoted_nor_taken_for_an_earlier_refusal() {
    let numeric = r#"{"access_token":"S3CRET","expires_on":1800000000,"resource":"r","token_type":"Bearer"}"#;
    let error = error(&Wire::new(&[(429, r#"{"message":"slow down"}"#), (200, numeric)])).await;
    assert_eq!(IdentityProblem::from_credential_error(&error), IdentityProblem::Other);
    assert!(!chain(&error).contains("slow down"));
    assert!(!chain(&error).contains("S3CRET") && !format!("{error:?}").contains("S3CRET"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn what_entra_says_survives_the_sdk() {
    let body = r#"{"error":"unauthorized_client","error_description":"AADSTS700016: Application with identifier 'x' was not found.\r\nTrace ID: y","error_codes":[700016]}"#;
    let wire = Wire::new(&[(400, body)]);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"assertion").unwrap();
    let options = WorkloadIdentityCredentialOptions {
        tenant_id: Some("tenant".to_owned()),
        client_id: Some("client".to_owned()),
        token_file_path: Some(file.path().to_owned()),
        credential_options: ClientAssertionCredentialOptions { client_options: wire.options() },
    };
    let cache = TokenCache::new(WorkloadIdentityCredential::new(Some(options)).unwrap(), WAIT);
    let error = cache.get_token(&[VAULT], None).await.unwrap_err();
    assert_eq!(IdentityProblem::from_credential_error(&error), IdentityProblem::NoSuchIdentity);
    let text = chain(&error);
    assert!(text.contains("the answer was 400: unauthorized_client: AADSTS700016"), "{text}");
    assert!(text.contains("expected a borrowed string"), "the SDK still loses it, or this wrapping can go: {text}");
    assert_eq!(status(&error), Some(StatusCode::BadRequest), "the SDK loses it, the chain has it");
    assert_eq!(*wire.hosts.lock().unwrap(), ["login.microsoftonline.com"]);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_first_calls_over_three_identities_and_four_audiences_are_twelve_requests() {
    let wire = Wire::new(&[(200, &token())]);
    let identities = ["reader", "writer", "caller"];
    let caches = identities.map(|id| {
        let wire = wire.clone();
        TokenCache::new(Arc::new(Uncached(move || wire.user_assigned(id))), WAIT)
    });
    let mut calls = JoinSet::new();
    for call in 0..10_000 {
        let (cache, scope) = (caches[call % 3].clone(), SCOPES[call / 3 % 4]);
        calls.spawn(async move { cache.get_token(&[scope], None).await.is_ok() });
    }
    assert!(calls.join_all().await.into_iter().all(|served| served));
    let mut asked = wire.asked.lock().unwrap().clone();
    asked.sort();
    let resources = SCOPES.map(|scope| scope.trim_end_matches("/.default").to_owned());
    let each = identities.map(|id| resources.clone().map(|resource| (id.to_owned(), resource)));
    let mut expected = each.concat();
    expected.sort();
    assert_eq!(asked, expected);
}

//! Every error of App Service's endpoint: exact status and body, except for the correlation ID.

use super::*;

const VAULT: &str = "api-version=2019-08-01&resource=https://vault.azure.net";

struct Row {
    what: &'static str,
    query: String,
    status: u16,
    message: &'static str,
}

fn row(what: &'static str, query: impl Into<String>, status: u16, message: &'static str) -> Row {
    Row { what, query: query.into(), status, message }
}

fn rows() -> Vec<Row> {
    let reader = format!("&client_id={READER}");
    let unknown = "11111111-0001-4a6b-8c1d-5f2e3d4c5b6a";
    let vague = "An unexpected error occured while fetching the AAD Token.";
    vec![
        row("unknown client ID", format!("{VAULT}&client_id={unknown}"), 400, UNKNOWN_IDENTITY),
        row("unknown object ID", format!("{VAULT}&object_id={unknown}"), 400, UNKNOWN_IDENTITY),
        row("unknown principal ID", format!("{VAULT}&principal_id={unknown}"), 400, UNKNOWN_IDENTITY),
        row("unknown resource ID", format!("{VAULT}&mi_res_id=/subscriptions/x"), 400, UNKNOWN_IDENTITY),
        row("no ID and no system-assigned identity", VAULT, 400, "Unable to load the proper Managed Identity."),
        row("unknown resource", format!("api-version=2019-08-01&resource=https://x.example{reader}"), 500, vague),
        row("unknown API", format!("api-version=2019-08-01&resource=api://nobody{reader}"), 500, vague),
        row("assignment required", format!("api-version=2019-08-01&resource=api://billing{reader}"), 500, vague),
        row("no resource", format!("api-version=2019-08-01{reader}"), 400, "resource is missing"),
        row(
            "no version",
            format!("resource=https://vault.azure.net{reader}"),
            400,
            "api-version is missing; it is 2017-09-01 or 2019-08-01",
        ),
        row(
            "wrong version",
            format!("api-version=2025-01-01&resource=https://vault.azure.net{reader}"),
            400,
            "api-version 2025-01-01 is not supported; it is 2017-09-01 or 2019-08-01",
        ),
        row(
            "two IDs",
            format!("{VAULT}{reader}&mi_res_id=x"),
            400,
            "mi_res_id is one name too many: a request names one identity at most",
        ),
    ]
}

#[tokio::test]
async fn each_error_has_its_status_and_body() {
    let world = world_where(|seed| {
        seed.app_registrations.iter_mut().for_each(|app| app.assignment_required = app.name == "billing-api");
    });
    for Row { what, query, status, message } in rows() {
        let answer = get(world.clone(), &query).await;
        assert_eq!(answer.status.as_u16(), status, "{what}");
        let correlation = answer.headers["x-correlation-id"].to_str().unwrap();
        assert!(Uuid::parse_str(correlation).is_ok(), "{what}");
        let expected = json!({ "statusCode": status, "message": message, "correlationId": correlation });
        assert_eq!(answer.json(), expected, "{what}");
        assert_eq!(answer.headers["server"], "Kestrel", "{what}");
        assert_eq!(answer.headers["content-type"], "application/json", "{what}");
        assert_eq!(answer.decision.reason.as_deref(), Some(message), "{what}");
    }
}

#[tokio::test]
async fn a_wrong_or_missing_header_is_a_403_without_json() {
    let path = format!("/msi/token?{VAULT}&client_id={READER}");
    for shown in [None, Some("another")] {
        let mut request = http::Request::get(&path);
        if let Some(value) = shown {
            request = request.header("x-identity-header", value);
        }
        let answer = send(world(), request).await;
        assert_eq!((answer.status.as_u16(), &answer.headers["server"]), (403, &"Kestrel".parse().unwrap()));
        assert_eq!(answer.body, "the header X-IDENTITY-HEADER is missing or is not the value of IDENTITY_HEADER");
        assert_eq!(demanded(&answer), ["the value of IDENTITY_HEADER: false"]);
    }
}

#[tokio::test]
async fn a_client_of_the_old_version_gets_a_date_in_words() {
    let path = format!("/msi/token?api-version=2017-09-01&resource=https://vault.azure.net&clientid={READER}");
    let answer = send(world(), http::Request::get(&path).header("secret", "the-header")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let body = answer.json();
    let names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["access_token", "expires_on", "resource", "token_type"]);
    let expires = body["expires_on"].as_str().unwrap();
    assert!(jiff::civil::DateTime::strptime("%m/%d/%Y %H:%M:%S +00:00", expires).is_ok(), "{expires}");
    // Each version has its own header and its own parameter for the client ID.
    let other = send(world(), http::Request::get(&path).header("x-identity-header", "the-header")).await;
    assert_eq!((other.status.as_u16(), other.body.starts_with("the header secret is missing")), (403, true));
    let wrong = send(world(), http::Request::get(&path).header("secret", "another")).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let named = path.replace("clientid", "client_id");
    let named = send(world(), http::Request::get(named).header("secret", "the-header")).await;
    assert_eq!(
        (named.status, &named.json()["message"]),
        (StatusCode::BAD_REQUEST, &"the query parameter client_id is not known".into())
    );
}

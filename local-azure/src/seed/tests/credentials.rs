//! Credential providers, their connections and access policies.

use super::read_with;

const PROVIDERS: &str = r#"
[[identities]]
name = "apim"
kind = "system-assigned"
client_id = "b1a7c0de-0098-4a6b-8c1d-5f2e3d4c5b6a"
principal_id = "c2b8d1ef-0098-4b7c-9d2e-6a3f4e5d6c7b"

[[app_registrations]]
name = "gateway-client"
app_id_uri = "api://gateway-client"
client_id = "d3c9e2f0-0009-4c8d-ae3f-7b4a5f6e7d8c"
token_version = 2
secrets = [{ name = "credential manager", generated = true }]

[[apim.credential_providers]]
id = "orders-provider"
identity_provider = "aad"
grant = "client-credentials"
resource = "api://orders"
connections = [
    { id = "one", client = "gateway-client", secret = "credential manager", access = ["apim", "gateway-client"] },
    { id = "two", client = "gateway-client", secret = "credential manager" },
]

[[apim.credential_providers]]
id = "empty"
identity_provider = "aad"
grant = "client-credentials"
resource = "api://billing"
"#;

#[test]
fn providers_are_read_and_what_is_left_out_is_empty() {
    let seed = read_with(PROVIDERS).unwrap();
    let [orders, empty] = seed.apim.credential_providers.as_slice() else { panic!("{:?}", seed.apim) };
    assert_eq!((orders.resource.as_str(), empty.connections.len()), ("api://orders", 0));
    let [one, two] = orders.connections.as_slice() else { panic!("{orders:?}") };
    assert_eq!((one.access.as_slice(), two.access.len()), (&["apim".to_owned(), "gateway-client".to_owned()][..], 0));
}

#[test]
fn what_does_not_exist_or_is_not_played_is_refused() {
    let place = |rest: &str| format!("apim.credential_providers: the connection \"one\"{rest}");
    for (from, to, part) in [
        (
            "id = \"empty\"",
            "id = \"orders-provider\"",
            "credential provider \"orders-provider\" is defined twice".to_owned(),
        ),
        (
            "{ id = \"two\"",
            "{ id = \"one\"",
            "connection of credential provider \"orders-provider\": \"one\" is defined twice".to_owned(),
        ),
        (
            "{ id = \"one\", client = \"gateway-client\"",
            "{ id = \"one\", client = \"apim\"",
            place(" names no app registration: \"apim\""),
        ),
        (
            "secret = \"credential manager\", access",
            "secret = \"other\", access",
            place(" names no secret of \"gateway-client\": \"other\""),
        ),
        ("[\"apim\", ", "[\"nobody\", ", place(": no identity \"nobody\"")),
        (
            "[\"apim\", ",
            "[\"gateway-client\", ",
            "access policy of connection \"one\": \"gateway-client\" is defined twice".to_owned(),
        ),
        (
            "name = \"apim\"",
            "name = \"gateway-client\"",
            place(": \"gateway-client\" names an identity and an app registration"),
        ),
        (
            "\"aad\"\ngrant = \"client-credentials\"\nresource = \"api://orders\"",
            "\"google\"\ngrant = \"client-credentials\"\nresource = \"\"",
            "unknown variant `google`, expected `aad`".to_owned(),
        ),
        (
            "grant = \"client-credentials\"\nresource = \"api://orders\"",
            "grant = \"authorization-code\"\nresource = \"\"",
            "unknown variant `authorization-code`, expected `client-credentials`".to_owned(),
        ),
        ("resource = \"api://orders\"", "", "missing field `resource`".to_owned()),
        ("resource = \"api://orders\"", "resource = \"\"\nscopes = \"\"", "unknown field `scopes`".to_owned()),
        (
            "client = \"gateway-client\", secret = \"credential manager\" }",
            "client = \"gateway-client\", client_secret = \"x\" }",
            "unknown field `client_secret`".to_owned(),
        ),
    ] {
        assert!(PROVIDERS.contains(from), "{from}");
        let error = read_with(&PROVIDERS.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(&part), "{error}");
    }
}

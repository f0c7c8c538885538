//! Requests of the .NET clients, byte for byte as captured from Azure.Identity 1.21, Azure.Storage.Blobs 12.30 and
//! MSAL.NET 4.92, sent through the edge. Each request once failed here and works in Azure.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use local_azure::{
    LocalAzure,
    seed::{AppRegistration, ClientSecret, Seed, TokenVersion},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

const BLOBS: &str = "stkeyless.blob.core.windows.net";
const VAULT: &str = "kv-keyless.vault.azure.net";
const LOGIN: &str = "login.microsoftonline.com";
const TENANT: &str = "6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10";
const CLIENT: &str = "d3c9e2f0-0009-4c8d-ae3f-7b4a5f6e7d8c";

struct Azure {
    azure: LocalAzure,
    environment: BTreeMap<String, String>,
    blobs: String,
    secrets: String,
}

struct RawAnswer {
    status_line: String,
    headers: BTreeMap<String, String>,
    /// The head, with the names as they were written.
    head: String,
    body: Vec<u8>,
}

impl Azure {
    async fn start() -> Self {
        let mut seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap();
        for assignment in &mut seed.role_assignments {
            if assignment.scope.storage.is_some() {
                assignment.scope.container = None;
                assignment.role = "Storage Blob Data Owner".to_owned();
            } else {
                assignment.role = "Key Vault Secrets Officer".to_owned();
            }
        }
        seed.app_registrations.push(AppRegistration {
            name: "dotnet".to_owned(),
            app_id_uri: "api://dotnet".to_owned(),
            client_id: CLIENT.parse().unwrap(),
            token_version: TokenVersion::V2,
            assignment_required: false,
            app_roles: Vec::new(),
            optional_claims: Vec::new(),
            principal_id: None,
            secrets: vec![ClientSecret {
                name: "local".to_owned(),
                value: Some("secret".to_owned()),
                generated: false,
                expires: None,
            }],
            certificates: Vec::new(),
            federated_credentials: Vec::new(),
        });
        let azure = LocalAzure::start(seed).await.unwrap();
        let token = |identity: &str, resource: &str| azure.world().token(identity, resource).unwrap();
        Self {
            blobs: token("id-keyless-writer", "https://storage.azure.com/"),
            secrets: token("id-keyless-reader", "https://vault.azure.net"),
            environment: azure.environment().into_iter().collect(),
            azure,
        }
    }

    /// Sends the head's lines and a body through the proxy, unchanged.
    async fn send(&self, host: &str, lines: &[&str], body: &[u8]) -> RawAnswer {
        let proxy = self.environment["HTTPS_PROXY"].trim_start_matches("http://");
        let mut stream = TcpStream::connect(proxy).await.unwrap();
        stream.write_all(format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n").as_bytes()).await.unwrap();
        let mut opened = Vec::new();
        while !opened.ends_with(b"\r\n\r\n") {
            opened.push(stream.read_u8().await.unwrap());
        }
        assert!(opened.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&opened));
        let mut roots = RootCertStore::empty();
        let ca = std::fs::read(&self.environment["SSL_CERT_FILE"]).unwrap();
        roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let mut tunnel = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let head = format!("{}\r\nHost: {host}\r\nConnection: close\r\n\r\n", lines.join("\r\n"));
        tunnel.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        let mut bytes = Vec::new();
        // A connection without TLS's closing message gives an error after the last byte.
        let _ = tunnel.read_to_end(&mut bytes).await;
        RawAnswer::read(&bytes)
    }

    async fn blob(&self, line: &str, headers: &[&str], body: &[u8]) -> RawAnswer {
        let authorization = format!("Authorization: Bearer {}", self.blobs);
        let length = format!("Content-Length: {}", body.len());
        let mut lines = vec![line, authorization.as_str(), "x-ms-version: 2026-10-06"];
        if line.starts_with("PUT") {
            lines.push(&length);
        }
        lines.extend(headers);
        self.send(BLOBS, &lines, body).await
    }

    async fn token(&self, form: &str) -> RawAnswer {
        let length = format!("Content-Length: {}", form.len());
        let lines = [
            &format!("POST /{TENANT}/oauth2/v2.0/token HTTP/1.1"),
            "Content-Type: application/x-www-form-urlencoded",
            "x-client-SKU: MSAL.NetCore",
            "x-ms-lib-capability: retry-after, h429",
            "return-client-request-id: true",
            &length,
        ];
        self.send(LOGIN, &lines, form.as_bytes()).await
    }
}

impl RawAnswer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let (status_line, rest) = head.split_once("\r\n").unwrap();
        let headers = rest.split("\r\n").map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let (status_line, headers) = (status_line.to_owned(), headers.collect());
        Self { status_line, headers, head, body: bytes[end + 4..].to_vec() }
    }

    fn status(&self) -> u16 {
        self.status_line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn code(&self) -> &str {
        self.headers.get("x-ms-error-code").map(String::as_str).unwrap_or_default()
    }
}

#[tokio::test]
async fn lists_take_the_words_of_include_in_any_letter_case() {
    let azure = Azure::start().await;
    azure
        .blob(
            "PUT /snapshots/a HTTP/1.1",
            &["x-ms-blob-type: BlockBlob", "x-ms-meta-Capital: letter", "x-ms-meta-UPPER: case"],
            b"x",
        )
        .await;
    for word in [
        "Metadata",
        "Copy",
        "Tags",
        "Uncommittedblobs",
        "Snapshots",
        "Deleted",
        "Versions",
        "DeletedWithVersions",
        "Immutabilitypolicy",
        "Legalhold",
        "Copy%2CDeleted%2CMetadata%2CSnapshots%2CTags%2CUncommittedblobs",
    ] {
        let answer =
            azure.blob(&format!("GET /snapshots?restype=container&comp=list&include={word} HTTP/1.1"), &[], b"").await;
        assert_eq!(answer.status(), 200, "{word}: {}", answer.text());
    }
    let list = azure.blob("GET /snapshots?restype=container&comp=list&include=Metadata HTTP/1.1", &[], b"").await;
    assert!(list.text().contains("<Capital>letter</Capital><UPPER>case</UPPER>"), "{}", list.text());
    for word in ["Metadata", "Deleted", "System"] {
        let answer = azure.blob(&format!("GET /?comp=list&include={word} HTTP/1.1"), &[], b"").await;
        assert_eq!(answer.status(), 200, "{word}: {}", answer.text());
    }
    let unknown = azure.blob("GET /snapshots?restype=container&comp=list&include=Colour HTTP/1.1", &[], b"").await;
    assert_eq!((unknown.status(), unknown.code()), (400, "InvalidQueryParameterValue"));
}

/// Names of metadata keep their letter case in headers, too.
#[tokio::test]
async fn metadata_comes_back_as_it_was_written() {
    let azure = Azure::start().await;
    azure.blob("PUT /snapshots/a HTTP/1.1", &["x-ms-blob-type: BlockBlob", "x-ms-meta-Capital: letter"], b"x").await;
    for line in ["HEAD /snapshots/a HTTP/1.1", "GET /snapshots/a?comp=metadata HTTP/1.1", "GET /snapshots/a HTTP/1.1"] {
        let answer = azure.blob(line, &[], b"").await;
        assert!(answer.head.contains("\r\nx-ms-meta-Capital: letter"), "{line}: {}", answer.head);
    }
}

/// If the answer has a type, .NET parses the empty body, and shows an `XmlException` in place of the refusal.
#[tokio::test]
async fn an_error_answer_to_head_has_neither_type_nor_length() {
    let azure = Azure::start().await;
    let answer = azure.blob("HEAD /snapshots/nowhere HTTP/1.1", &["x-ms-client-request-id: mine"], b"").await;
    assert_eq!(answer.status_line, "HTTP/1.1 404 The specified blob does not exist.");
    let names: Vec<_> = answer.headers.keys().map(String::as_str).filter(|name| *name != "connection").collect();
    assert_eq!(
        names,
        ["date", "server", "x-ms-client-request-id", "x-ms-error-code", "x-ms-request-id", "x-ms-version"]
    );
    assert_eq!(answer.code(), "BlobNotFound");
    let get = azure.blob("GET /snapshots/nowhere HTTP/1.1", &[], b"").await;
    assert_eq!(get.headers["content-type"], "application/xml");
    assert_eq!(get.headers["content-length"], get.body.len().to_string());
    assert!(get.body.starts_with(b"\xEF\xBB\xBF<?xml"), "{}", get.text());
}

#[tokio::test]
async fn the_token_endpoint_takes_claims() {
    let azure = Azure::start().await;
    let form = |claims: &str| {
        format!(
            "client_id={CLIENT}&client_info=2&client_secret=secret&scope=https%3A%2F%2Fvault.azure.net%2F.default\
             &grant_type=client_credentials&claims={claims}"
        )
    };
    for claims in [
        "%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22CP1%22%5D%7D%7D%7D",
        "%7B%22access_token%22%3A%7B%22nbf%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%221700000000%22%7D%7D%7D",
    ] {
        let answer = azure.token(&form(claims)).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }
    let answer = azure.token(&form("%7B")).await;
    assert_eq!(answer.status(), 400, "{}", answer.text());
}

/// A managed identity's token for a vault, sent as an assertion. Its issuer is checked before its key.
#[tokio::test]
async fn a_token_of_the_tenant_is_judged_by_its_issuer() {
    let azure = Azure::start().await;
    let form = format!(
        "client_id={CLIENT}&scope=api%3A%2F%2Forders%2F.default&grant_type=client_credentials&client_assertion={}\
         &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
        azure.secrets
    );
    let answer = azure.token(&form).await;
    assert!(answer.text().contains("AADSTS700227: "), "{}", answer.text());
}

/// A body of 5,000,000 bytes in segments of 4 MiB has 5,000,057 bytes, as captured.
#[tokio::test]
async fn structured_bodies_go_both_ways() {
    let azure = Azure::start().await;
    let hello: Vec<u8> = [
        &[1, 44, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0][..],
        &[1, 0, 5, 0, 0, 0, 0, 0, 0, 0],
        b"hello",
        &[0x57, 0x42, 0x52, 0x06, 0x70, 0x85, 0x77, 0x33],
        &[0x57, 0x42, 0x52, 0x06, 0x70, 0x85, 0x77, 0x33],
    ]
    .concat();
    let structured = "x-ms-structured-body: XSM/1.0; properties=crc64";
    let headers = ["x-ms-blob-type: BlockBlob", structured, "x-ms-structured-content-length: 5"];
    let put = azure.blob("PUT /snapshots/a HTTP/1.1", &headers, &hello).await;
    assert_eq!((put.status(), put.headers["x-ms-structured-body"].as_str()), (201, "XSM/1.0; properties=crc64"));
    let get = azure.blob("GET /snapshots/a HTTP/1.1", &[structured], b"").await;
    assert_eq!((get.status(), get.headers["x-ms-structured-content-length"].as_str(), &get.body), (200, "5", &hello));
    let mut wrong = hello.clone();
    wrong[23] ^= 1;
    let put = azure.blob("PUT /snapshots/b HTTP/1.1", &headers, &wrong).await;
    assert_eq!((put.status(), put.code()), (400, "Crc64Mismatch"));

    let large = vec![b'x'; 5_000_000];
    azure.blob("PUT /snapshots/large HTTP/1.1", &["x-ms-blob-type: BlockBlob"], &large).await;
    let get = azure.blob("GET /snapshots/large HTTP/1.1", &[structured, "x-ms-range: bytes=0-4999999"], b"").await;
    assert_eq!((get.status(), get.body.len(), get.headers["content-length"].as_str()), (206, 5_000_057, "5000057"));
}

#[tokio::test]
async fn a_key_is_not_permitted_and_account_information_has_its_own_right() {
    let azure = Azure::start().await;
    let lines = ["GET /snapshots/x HTTP/1.1", "Authorization: SharedKey stkeyless:AAAA", "x-ms-version: 2026-10-06"];
    let answer = azure.send(BLOBS, &lines, b"").await;
    assert_eq!((answer.status(), answer.code()), (403, "KeyBasedAuthenticationNotPermitted"));
    assert!(answer.text().contains("Key based authentication is not permitted on this storage account."));
    for path in [
        "GET /?restype=account&comp=properties",
        "GET /snapshots?restype=account&comp=properties",
        "HEAD /?restype=account&comp=properties",
    ] {
        let answer = azure.blob(&format!("{path} HTTP/1.1"), &[], b"").await;
        assert_eq!((answer.status(), answer.code()), (403, "AuthorizationPermissionMismatch"), "{path}");
    }
}

/// When the refusal came at CONNECT, .NET showed a status and tried again: vaults for 5 s, blobs for 25 s.
#[tokio::test]
async fn a_host_that_is_not_in_the_seed_is_refused_inside_the_tunnel() {
    let azure = Azure::start().await;
    for (host, shape) in [
        (
            "other.vault.azure.net",
            "{\"error\":{\"code\":\"HostNotInSeed\",\"message\":\"other.vault.azure.net is not in the seed",
        ),
        (
            "other.blob.core.windows.net",
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>HostNotInSeed</Code>",
        ),
        ("login.chinacloudapi.cn", "{\"correlation_id\":"),
        ("example.com", "example.com is not in the seed, and local-azure never connects to the internet."),
    ] {
        let answer = azure.send(host, &["GET / HTTP/1.1"], b"").await;
        assert_eq!(answer.status(), 403, "{host}");
        assert!(answer.text().starts_with(shape), "{}", answer.text());
        assert!(answer.text().contains("is not in the seed") && answer.headers.contains_key("x-local-azure-refused"));
    }
    let region = azure
        .send(
            "westeurope.login.microsoft.com",
            &[&format!("GET /{TENANT}/v2.0/.well-known/openid-configuration HTTP/1.1")],
            b"",
        )
        .await;
    assert_eq!(region.status(), 200, "{}", region.text());
    assert!(azure.azure.journal().entries().iter().any(|entry| entry.path.ends_with("openid-configuration")));
}

#[tokio::test]
async fn the_small_differences_are_gone() {
    let azure = Azure::start().await;
    let authorization = format!("Authorization: Bearer {}", azure.secrets);
    let line = "GET /deletedsecrets/nowhere?api-version=7.4 HTTP/1.1";
    let deleted = azure.send(VAULT, &[line, &authorization], b"").await;
    assert!(
        deleted.text().contains("A secret with (name/id) nowhere was not found in this key vault."),
        "{}",
        deleted.text()
    );

    let page = ["x-ms-blob-type: PageBlob", "x-ms-blob-content-length: 511"];
    let page = azure.blob("PUT /snapshots/p HTTP/1.1", &page, b"").await;
    assert_eq!((page.status(), page.code()), (400, "InvalidHeaderValue"));
    assert!(page.text().contains("<HeaderName>x-ms-blob-content-length</HeaderName><HeaderValue>511</HeaderValue>"));
    let marker = azure.blob("GET /?comp=list&marker=garbage HTTP/1.1", &[], b"").await;
    assert_eq!((marker.status(), marker.code()), (400, "OutOfRangeInput"));
    let md5 = ["x-ms-blob-type: BlockBlob", "Content-MD5: AAAAAAAAAAAAAAAAAAAAAA=="];
    let md5 = azure.blob("PUT /snapshots/a HTTP/1.1", &md5, b"hello").await;
    assert!(md5.text().contains(
        "<UserSpecifiedMd5>AAAAAAAAAAAAAAAAAAAAAA==</UserSpecifiedMd5><ServerCalculatedMd5>XUFAKrxLKna5cZ2REBfFkg==<"
    ), "{}", md5.text());
    azure.blob("PUT /snapshots/a HTTP/1.1", &["x-ms-blob-type: BlockBlob"], b"hello").await;
    azure.blob("PUT /snapshots/a?comp=tier HTTP/1.1", &["x-ms-access-tier: Cool"], b"").await;
    let head = azure.blob("HEAD /snapshots/a HTTP/1.1", &[], b"").await;
    assert!(
        head.headers["x-ms-access-tier-change-time"].ends_with(" GMT")
            && !head.headers.contains_key("x-ms-access-tier-inferred")
    );
    let list = azure.blob("GET /snapshots?restype=container&comp=list HTTP/1.1", &[], b"").await;
    assert!(list.text().contains("<AccessTier>Cool</AccessTier><AccessTierChangeTime>"), "{}", list.text());
    // A resource of Azure AI Foundry, which the identity endpoint knows like the token endpoint.
    let claims = azure.azure.world().claims("id-keyless-caller", "https://ai.azure.com").unwrap();
    assert_eq!((&claims["aud"], &claims["ver"]), (&"https://ai.azure.com".into(), &"1.0".into()));
}

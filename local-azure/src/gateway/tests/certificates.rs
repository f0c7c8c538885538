//! Certificates of the service, generated or given as files: the gateway verifies and decrypts tokens with them.

use std::path::Path;

use apim_policies::Certificate;
use aws_lc_rs::{
    cipher::{AES_128, DecryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PrivateDecryptingKey},
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Request;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{GatewayAnswer, Rig, load_error, seed};
use crate::{
    azure::LocalAzure,
    seed::{ApimCertificate, Seed},
};

const AUDIENCES: &str = "<audiences><audience>api://orders</audience></audiences>";

fn made(id: &str) -> ApimCertificate {
    ApimCertificate { id: id.to_owned(), ..ApimCertificate::default() }
}

fn given(id: &str, certificate: &Path, key: Option<&Path>) -> ApimCertificate {
    let (certificate, key) = (Some(certificate.to_owned()), key.map(Path::to_owned));
    ApimCertificate { id: id.to_owned(), certificate, key, ..ApimCertificate::default() }
}

/// Returns a policy folder whose orders API has this policy.
fn folder(policy: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("apis")).unwrap();
    let document = format!(
        "<policies><inbound>\n{policy}</inbound><backend><base /></backend><outbound /><on-error /></policies>"
    );
    std::fs::write(folder.path().join("apis/orders.xml"), document).unwrap();
    folder
}

/// Starts a gateway with these certificates. It checks tokens with these children of `validate-jwt`.
async fn rig(certificates: Vec<ApimCertificate>, children: &str) -> Rig {
    let folder = folder(&format!("<validate-jwt header-name=\"Authorization\">{children}{AUDIENCES}</validate-jwt>"));
    Rig::start(|seed| {
        seed.apim.policies = folder.path().to_owned();
        seed.apim.certificates = certificates;
    })
    .await
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn claims() -> Value {
    json!({ "aud": "api://orders", "exp": jiff::Timestamp::now().as_second() + 600 })
}

/// Returns a token signed with a key in PKCS #8.
fn rs256(private_key: &[u8], header: &Value) -> String {
    let key = KeyPair::from_pkcs8(private_key).unwrap();
    let signed = format!("{}.{}", encode(header), encode(&claims()));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Returns a token encrypted to the public half of a key in PKCS #8: RSA-OAEP and A128CBC-HS256.
fn encrypted_to(private_key: &[u8], token: &str) -> String {
    let content_key = [3_u8; 32];
    let public = PrivateDecryptingKey::from_pkcs8(private_key).unwrap().public_key();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let mut room = vec![0; public.ciphertext_size()];
    let sent_key = public.encrypt(&OAEP_SHA1_MGF1SHA1, &content_key, &mut room, None).unwrap();
    let protected = encode(&json!({ "alg": "RSA-OAEP", "enc": "A128CBC-HS256", "cty": "JWT" }));
    let cipher = UnboundCipherKey::new(&AES_128, &content_key[16..]).unwrap();
    let mut text = token.as_bytes().to_vec();
    let context = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).unwrap().encrypt(&mut text).unwrap();
    let DecryptionContext::Iv128(iv) = context else { panic!("CBC has an IV") };
    let bits = (protected.len() as u64 * 8).to_be_bytes();
    let sealed = [protected.as_bytes(), iv.as_ref(), &text, &bits].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &content_key[..16]), &sealed);
    let [sent_key, iv, text, tag] =
        [&*sent_key, iv.as_ref(), &text, &tag.as_ref()[..16]].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{protected}.{sent_key}.{iv}.{text}.{tag}")
}

async fn send(rig: &Rig, token: &str) -> GatewayAnswer {
    let request = Request::get("/orders")
        .header("Ocp-Apim-Subscription-Key", rig.key())
        .header("Authorization", format!("Bearer {token}"));
    rig.send(request.body(String::new()).unwrap()).await
}

async fn check_passes(rig: &Rig, token: &str) {
    let answer = send(rig, token).await;
    assert_eq!((answer.status, answer.body.as_str(), answer.decision.reason), (200, "answer", None));
    assert_eq!(rig.received().len(), 1);
}

async fn check_refused(rig: &Rig, token: &str, reason: &str) {
    let answer = send(rig, token).await;
    assert_eq!((answer.status, answer.decision.reason.unwrap().as_str()), (401, reason));
    assert_eq!(answer.body, "{ \"statusCode\": 401, \"message\": \"Invalid JWT.\" }");
    let headers: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(headers, [("content-type", "application/json"), ("content-length", "48")]);
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn a_token_of_the_certificates_key_passes_and_another_does_not() {
    let keys = "<issuer-signing-keys><key certificate-id=\"issuer\" /></issuer-signing-keys>";
    let rig = rig(vec![made("issuer"), made("other")], keys).await;
    let [issuer, other] = ["issuer", "other"].map(|id| &rig.world.api_management.certificates[id]);
    let thumbprint = Certificate::new(issuer.certificate(), None).unwrap().thumbprint();
    let nameless = json!({ "alg": "RS256" });
    let named = json!({ "alg": "RS256", "kid": thumbprint });
    let unknown = json!({ "alg": "RS256", "kid": "k" });
    for header in [&nameless, &named, &unknown] {
        check_passes(&rig, &rs256(issuer.private_key(), header)).await;
    }
    let other = |header: &Value| rs256(other.private_key(), header);
    check_refused(
        &rig,
        &other(&nameless),
        "TokenSignatureKeyNotFound: IDX10517: Signature validation failed. The token's kid is missing. Access denied.",
    )
    .await;
    check_refused(
        &rig,
        &other(&named),
        &format!("TokenInvalidSignature: IDX10511: Signature validation failed. kid: '{thumbprint}'. Access denied."),
    )
    .await;
    check_refused(
        &rig,
        &other(&unknown),
        "TokenSignatureKeyNotFound: IDX10503: Signature validation failed. The token's kid is: 'k', but did not match \
         any keys in TokenValidationParameters or Configuration. Access denied.",
    )
    .await;
}

/// Signs a token, like policies that call an API with a client assertion.
const SIGN: &str = r#"<set-variable name="token" value='@{
    var header = Convert.ToBase64String(Encoding.UTF8.GetBytes("{\"alg\":\"RS256\"}"));
    var expires = (long)(DateTime.UtcNow - new DateTime(1970, 1, 1)).TotalSeconds + 600;
    var claims = JsonConvert.SerializeObject(new { aud = "api://orders", exp = expires });
    var message = (header + "." + Convert.ToBase64String(Encoding.UTF8.GetBytes(claims))).Replace("=", "");
    using (RSA rsa = context.Deployment.Certificates["{{thumbprint}}"].GetRSAPrivateKey())
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        var signature = rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return message + "." + Convert.ToBase64String(signature).Split((char)61)[0].Replace("+", "-").Replace("/", "_");
    }
}' />"#;

#[tokio::test]
async fn an_expression_signs_what_the_certificate_verifies() {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("mine.pem");
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    std::fs::write(&file, certificate.pem() + &key.serialize_pem()).unwrap();
    let thumbprint = Certificate::new(certificate.der(), None).unwrap().thumbprint();
    for (verifier, status) in [("mine", 200), ("other", 401)] {
        let check = format!(
            "<validate-jwt token-value='@((string)context.Variables[\"token\"])'><issuer-signing-keys>\
             <key certificate-id=\"{verifier}\" /></issuer-signing-keys>{AUDIENCES}</validate-jwt>"
        );
        let folder = folder(&format!("{SIGN}{check}"));
        let rig = Rig::start(|seed| {
            seed.apim.policies = folder.path().to_owned();
            seed.apim.named_values.insert("thumbprint".to_owned(), thumbprint.clone());
            seed.apim.certificates = vec![given("mine", &file, Some(&file)), made("other")];
        })
        .await;
        let answer = send(&rig, "").await;
        assert_eq!(answer.status, status, "{:?}", answer.decision.reason);
    }
}

#[tokio::test]
async fn an_encrypted_token_passes_with_the_key_and_not_without() {
    let signing = "<issuer-signing-keys><key certificate-id=\"issuer\" /></issuer-signing-keys>";
    let with_key = format!("{signing}<decryption-keys><key certificate-id=\"mine\" /></decryption-keys>");
    let rig_with = rig(vec![made("issuer"), made("mine"), made("other")], &with_key).await;
    let [issuer, mine, other] =
        ["issuer", "mine", "other"].map(|id| rig_with.world.api_management.certificates[id].private_key());
    let token = rs256(issuer, &json!({ "alg": "RS256" }));
    check_passes(&rig_with, &encrypted_to(mine, &token)).await;
    check_passes(&rig_with, &token).await;
    let failed = "JwtInvalid: IDX10603: Decryption failed. Access denied.";
    check_refused(&rig_with, &encrypted_to(other, &token), failed).await;
    let good = encrypted_to(mine, &token);
    let (before, tag) = good.rsplit_once('.').unwrap();
    let first = if tag.starts_with('A') { 'B' } else { 'A' };
    check_refused(&rig_with, &format!("{before}.{first}{}", &tag[1..]), failed).await;
    let unsigned = format!("{}.{}.", encode(&json!({ "alg": "none" })), encode(&claims()));
    check_refused(
        &rig_with,
        &encrypted_to(mine, &unsigned),
        "TokenInvalidSignature: IDX10504: Unable to validate signature, token does not have a signature. Access denied.",
    )
    .await;

    let without = rig(vec![made("issuer")], signing).await;
    check_refused(&without, &good, "JwtInvalid: IDX10609: Decryption failed. No Keys tried. Access denied.").await;
}

#[tokio::test]
async fn certificates_are_read_from_pem_files() {
    let files = tempfile::tempdir().unwrap();
    let path = |name: &str| files.path().join(name);
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let stranger = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let nameless = json!({ "alg": "RS256" });
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    std::fs::write(path("both.pem"), format!("notes\n{}{}", key.serialize_pem(), certificate.pem())).unwrap();
    std::fs::write(path("certificate.pem"), certificate.pem()).unwrap();
    let token = rs256(key.serialized_der(), &nameless);
    for written in
        [given("mine", &path("both.pem"), Some(&path("both.pem"))), given("mine", &path("certificate.pem"), None)]
    {
        let keys = "<issuer-signing-keys><key certificate-id=\"mine\" /></issuer-signing-keys>";
        let rig = rig(vec![written], keys).await;
        assert!(rig.world.api_management.certificates.is_empty());
        check_passes(&rig, &token).await;
        check_refused(
            &rig,
            &rs256(stranger.serialized_der(), &nameless),
            "TokenSignatureKeyNotFound: IDX10517: Signature validation failed. The token's kid is missing. Access denied.",
        )
        .await;
    }
}

#[test]
fn files_that_are_of_no_use_keep_the_gateway_from_starting() {
    let files = tempfile::tempdir().unwrap();
    let path = |name: &str| files.path().join(name);
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let certificate = |key| rcgen::CertificateParams::default().self_signed(key).unwrap().pem();
    std::fs::write(path("good.pem"), certificate(&key)).unwrap();
    std::fs::write(path("p384.pem"), certificate(&other)).unwrap();
    std::fs::write(path("key.pem"), other.serialize_pem()).unwrap();
    std::fs::write(path("old.pem"), "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n").unwrap();
    std::fs::write(path("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let folder = folder(
        "<validate-jwt header-name=\"a\"><decryption-keys><key certificate-id=\"p384\" />\n<key certificate-id=\"mine\" /></decryption-keys></validate-jwt>",
    );
    let mut seed = seed();
    seed.apim.policies = folder.path().to_owned();
    seed.apim.certificates = vec![
        given("none", &path("none.pem"), None),
        given("key", &path("key.pem"), None),
        given("p384", &path("p384.pem"), None),
        given("broken", &path("broken.pem"), None),
        given("other", &path("good.pem"), Some(&path("key.pem"))),
        given("old", &path("good.pem"), Some(&path("old.pem"))),
        made("mine"),
    ];
    let prefixes = [folder.path(), files.path()].map(|path| format!("{}{}", path.display(), std::path::MAIN_SEPARATOR));
    let text = prefixes.iter().fold(load_error(seed).to_string(), |text, prefix| text.replace(prefix, ""));
    let text = text.replace('\\', "/");
    const UNREADABLE: &str = "cannot be read: ";
    // The rest of the line is the operating system's error.
    let mut lines: Vec<_> =
        text.lines().map(|line| line.find(UNREADABLE).map_or(line, |at| &line[..at + UNREADABLE.len()])).collect();
    lines.sort_unstable();
    let no_use = "holds a certificate of no use here: ";
    let expected = [
        "apis/orders.xml:2:53: Azure refuses this: the attribute \"certificate-id\" of <key> must be a certificate of the service".to_owned(),
        format!("broken.pem: {no_use}it is not understood as an X.509 certificate of version 3: TrailingData(SignedData)"),
        format!("good.pem: {no_use}its private key is not the certificate's own, in PKCS #8, of RSA from 2048 bits or of the curve P-256"),
        "key.pem: holds no certificate in PEM".to_owned(),
        "none.pem: cannot be read: ".to_owned(),
        "old.pem: holds no private key in PKCS #8 without a password (BEGIN PRIVATE KEY); openssl pkcs8 -topk8 -nocrypt \
         makes it so"
            .to_owned(),
        format!("p384.pem: {no_use}its key is neither RSA of 1024 to 8192 bits nor of the curve P-256"),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_certificate_that_was_made_is_a_file_of_the_run() {
    let start = |change: fn(&mut Seed)| {
        let mut seed = seed();
        change(&mut seed);
        LocalAzure::start(seed)
    };
    let azure = start(|seed| seed.apim.certificates = vec![made("mine")]).await.unwrap();
    let files = azure.certificate_files().clone();
    let pem = std::fs::read_to_string(&files["mine"]).unwrap();
    let parts = ["BEGIN CERTIFICATE", "BEGIN PRIVATE KEY"];
    assert!(parts.iter().all(|part| pem.contains(part)) && files.len() == 1, "{files:?}");
    // A later run may read the certificate as its own file.
    let again = given("mine", &files["mine"], Some(&files["mine"]));
    let mut troubles = Vec::new();
    let mut seed = seed();
    seed.apim.certificates = vec![again];
    let read = crate::gateway::certificates::read(&seed, &Default::default(), &mut troubles);
    assert_eq!((read.len(), troubles), (1, Vec::new()));
    drop(azure);
    assert!(!files["mine"].exists());
    assert!(start(|_| {}).await.unwrap().certificate_files().is_empty());
}

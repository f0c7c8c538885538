//! Authenticates a client: by secret, certificate, or a token of an issuer that the app registration trusts.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use url::form_urlencoded;
use uuid::Uuid;

use super::{
    AUTHORITY,
    assertion::Assertion,
    certificate::ClientCertificate,
    client::{Client, ClientKind, Proof},
    federation,
    form::Form,
    refusal::EntraRefusal,
    v2_issuer,
};
use crate::{
    issuer::Entra,
    seed::{AppRegistration, ClientSecret},
};

/// The only kind of assertion that Entra accepts from clients.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Returns the client of a token request after it is authenticated.
pub(super) fn authenticate<'w>(entra: &'w Entra, form: &Form, now: Timestamp) -> Result<Client<'w>, EntraRefusal> {
    let id = form.required("client_id")?;
    let kind = find(entra, id)?;
    let proof = match (form.get("client_secret"), form.get("client_assertion")) {
        (Some(_), Some(_)) => {
            return Err(EntraRefusal::not_understood("the request has a client_secret and a client_assertion"));
        }
        (Some(secret), None) => {
            check_secret(entra, kind, secret, now)?;
            Proof::Secret
        }
        (None, Some(assertion)) => {
            check_assertion(entra, kind, form, assertion, now)?;
            Proof::Assertion
        }
        (None, None) => {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(EntraRefusal::invalid_client(7_000_218, text));
        }
    };
    Ok(Client { kind, proof })
}

/// Returns client ID and secret of an `Authorization: Basic` header. Both are form-encoded before they are joined.
pub(super) fn basic_credentials(headers: &HeaderMap) -> Result<Option<(String, String)>, EntraRefusal> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let credentials = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        scheme.eq_ignore_ascii_case("basic").then(|| (form_decoded(id), form_decoded(secret)))
    };
    let refusal =
        || EntraRefusal::not_understood("the Authorization header is not Basic with a client ID and a secret");
    credentials().map(Some).ok_or_else(refusal)
}

fn form_decoded(text: &str) -> String {
    // An equals sign would end the form field's name, and this text is parsed as such a name.
    form_urlencoded::parse(text.replace('=', "%3D").as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

fn find<'w>(entra: &'w Entra, id: &str) -> Result<ClientKind<'w>, EntraRefusal> {
    let unknown = || {
        let text = format!(
            "Application with identifier '{id}' was not found in the directory '{}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
            entra.seed.tenant.id
        );
        EntraRefusal::new(StatusCode::BAD_REQUEST, "unauthorized_client", 700_016, text)
    };
    let id = Uuid::parse_str(id).map_err(|_| unknown())?;
    if id.is_nil() {
        let text = format!("'{id}' is not a valid application identifier.");
        return Err(EntraRefusal::new(StatusCode::BAD_REQUEST, "unauthorized_client", 700_038, text));
    }
    let app = entra.seed.app_registrations.iter().find(|app| app.client_id == id).map(ClientKind::App);
    let identity = || entra.seed.identities.iter().find(|one| one.client_id == id).map(ClientKind::ManagedIdentity);
    app.or_else(identity).ok_or_else(unknown)
}

fn check_secret(entra: &Entra, kind: ClientKind<'_>, shown: &str, now: Timestamp) -> Result<(), EntraRefusal> {
    let secrets: &[ClientSecret] = match kind {
        ClientKind::App(app) => &app.secrets,
        ClientKind::ManagedIdentity(_) => &[],
    };
    let matches = |app: &AppRegistration, secret: &ClientSecret| {
        let own = entra.directory.client_secret(&app.name, &secret.name);
        own.is_some_and(|own| verify_slices_are_equal(own.as_bytes(), shown.as_bytes()).is_ok())
    };
    let found = secrets.iter().find(|secret| matches!(kind, ClientKind::App(app) if matches(app, secret)));
    match found {
        None => Err(EntraRefusal::invalid_client(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.",
                kind.client_id()
            ),
        )),
        Some(ClientSecret { expires: Some(end), .. }) if *end <= now => Err(EntraRefusal::invalid_client(
            7_000_222,
            format!("The provided client secret keys for app '{}' are expired.", kind.client_id()),
        )),
        Some(_) => Ok(()),
    }
}

fn check_assertion(
    entra: &Entra,
    kind: ClientKind<'_>,
    form: &Form,
    token: &str,
    now: Timestamp,
) -> Result<(), EntraRefusal> {
    let assertion_type = form.required("client_assertion_type")?;
    if assertion_type != JWT_BEARER {
        return Err(EntraRefusal::not_understood(format!(
            "client_assertion_type is {JWT_BEARER}, not {assertion_type}"
        )));
    }
    let assertion = Assertion::read(token).ok_or_else(|| {
        EntraRefusal::invalid_client(50_027, "The client assertion is not a JWT with iss, sub, aud and exp.")
    })?;
    if let Some(name) = assertion.critical_header() {
        // RFC 7515, 4.1.11: critical header parameters must be understood.
        let text = format!("The client assertion has the critical header parameter {name}, which is not understood.");
        return Err(EntraRefusal::invalid_client(50_027, text));
    }
    // The issuer decides, regardless of the key that the header names. An application issues its own assertions under
    // its client ID. All other assertions come from an issuer that the client trusts.
    if Uuid::parse_str(assertion.issuer()).is_ok() {
        check_own_assertion(entra, kind, &assertion, now)
    } else {
        federation::check(entra, kind, &assertion, now)
    }
}

/// Checks an assertion signed with the client's certificate
/// (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).
fn check_own_assertion(
    entra: &Entra,
    kind: ClientKind<'_>,
    assertion: &Assertion<'_>,
    now: Timestamp,
) -> Result<(), EntraRefusal> {
    let id = kind.client_id();
    let certificates = match kind {
        ClientKind::App(app) => app.certificates.as_slice(),
        ClientKind::ManagedIdentity(_) => &[],
    };
    let certificates = certificates.iter().filter_map(|pem| ClientCertificate::from_pem(pem).ok());
    let refusal = |why: &str| {
        EntraRefusal::invalid_client(
            700_027,
            format!("Client assertion of app '{id}' failed signature validation. Reason - {why}."),
        )
    };
    let certificate = certificates
        .into_iter()
        .find(|certificate| assertion.is_signed_with(certificate))
        .ok_or_else(|| refusal("The key was not found"))?;
    if !assertion.verify_with(&certificate) {
        return Err(refusal("The signature is wrong"));
    }
    if !is(id, assertion.issuer()) || !is(id, assertion.subject()) {
        let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
        return Err(EntraRefusal::invalid_client(700_021, text));
    }
    let tenant = entra.seed.tenant.id;
    let ours = [
        format!("{AUTHORITY}/{tenant}/oauth2/v2.0/token"),
        format!("{AUTHORITY}/{tenant}/oauth2/token"),
        v2_issuer(tenant),
    ];
    if !ours.iter().any(|audience| assertion.is_for(audience)) {
        return Err(EntraRefusal::invalid_client(
            700_023,
            "Client assertion audience claim does not match Realm issuer.",
        ));
    }
    assertion.check_lifetime(now)
}

fn is(id: Uuid, text: &str) -> bool {
    Uuid::parse_str(text).is_ok_and(|text| text == id)
}

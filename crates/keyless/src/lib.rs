//! Azure services with managed identities: no key, no password, no connection string.
//!
//! An app declares its connections, and gets clients that share one HTTP client and one token cache for each identity:
//!
//! ```
//! # #[cfg(all(feature = "secrets", feature = "blobs", feature = "api-management"))]
//! # fn main() -> Result<(), keyless::settings::SettingsError> {
//! use keyless::{Api, Container, Secrets, settings::Reader};
//!
//! struct App { orders: Api, vault: Secrets, archive: Container }
//!
//! impl App {
//!     fn read(env: &mut Reader) -> Option<Self> {
//!         let (orders, vault, archive) = (env.api("APIM"), env.secrets("KEYVAULT"), env.container("STORAGE", "archive"));
//!         Some(Self { orders: orders?, vault: vault?, archive: archive? })
//!     }
//! }
//!
//! # let lookup = |name: &str| match name {
//! #     "APIM__baseUrl" => Some("https://a.azure-api.net".to_owned()),
//! #     "APIM__audience" => Some("api://orders".to_owned()),
//! #     "KEYVAULT__vaultUri" => Some("https://a.vault.azure.net".to_owned()),
//! #     "STORAGE__blobServiceUri" => Some("https://a.blob.core.windows.net".to_owned()),
//! #     _ => None,
//! # };
//! # let from_env = |read| keyless::from_lookup(lookup, read);
//! let app = from_env(App::read)?; // keyless::from_env
//! # let _ = (app.orders, app.vault, app.archive); Ok(()) }
//! # #[cfg(not(all(feature = "secrets", feature = "blobs", feature = "api-management")))]
//! # fn main() {}
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`settings`] | settings, declared once; connections by prefix |
//! | [`trace`] | the trace context of the invocation, for every outbound call |
//! | [`Connection`] | the address of a service and the identity that calls it; for any client of the Azure SDK |
//! | `Secrets` | secrets of a vault, kept in memory (feature `secrets`) |
//! | `Container` | blobs of a container, of any length (feature `blobs`) |
//! | [`Api`] | an API that takes tokens; with a subscription key behind API Management (feature `api-management`) |
//! | `openai` | a model of Azure `OpenAI`, buffered and streamed (feature `openai`) |
//! | [`Error`] | errors by who must act; an axum response (feature `axum`) |
//! | `telemetry` | traces, logs and metrics over OTLP, with the app's identity or to any collector (feature `telemetry`) |
//! | [`Check`] | whether a service accepts this app now |
//!
//! A client sends nothing before its first call, and loads no certificate authority before that call or
//! [`Connection::prepare`].

mod api;
#[cfg(feature = "blobs")]
mod blobs;
mod body;
mod connection;
mod context;
mod error;
mod failure;
mod identity;
mod in_flight;
mod kept;
#[cfg(feature = "openai")]
pub mod openai;
mod readiness;
#[cfg(feature = "secrets")]
mod secrets;
pub mod settings;
#[cfg(feature = "telemetry")]
mod signals;
#[cfg(not(feature = "telemetry"))]
#[path = "signals/off.rs"]
mod signals;
#[cfg(feature = "telemetry")]
pub mod telemetry;
#[cfg(test)]
mod test_support;
mod time_limits;
pub mod trace;
mod transport;

#[cfg(feature = "blobs")]
pub use self::blobs::{
    Blob, Condition, Container, ContainerName, Content, Creation, Marker, Metadata, NewBlob, Page, Tier,
};
#[cfg(feature = "secrets")]
pub use self::secrets::{SecretDates, SecretName, SecretValue, Secrets};
pub use self::{
    api::{Api, ApiPath, ApiResponse, Call},
    body::Body,
    connection::Connection,
    error::{Cause, Conflict, Error, ModelProblem, ModelRefusal, Service},
    identity::{ClientId, Credential, Developer, IdentityProblem, ObjectId, Tenant, TokenError, Tool, UserAssigned},
    readiness::Check,
    settings::{from_env, from_lookup},
};

/// The examples of the README compile.
#[cfg(all(doctest, feature = "api-management", feature = "axum", feature = "blobs", feature = "openai"))]
#[doc = include_str!("../README.md")]
struct Readme;

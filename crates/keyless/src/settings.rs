//! Settings: declared once, read once, every problem in one error.
//!
//! A setting is a [`Setting`]: name, type, the meaning of its absence, one sentence, an example. From this row come the
//! reader, the message for a missing or wrong setting, a table for a README ([`markdown`]), and the values of a
//! `local.settings.json.example` ([`example`]).
//!
//! ```
//! use keyless::settings::{Reader, Setting};
//!
//! const CONTAINER: Setting<String> = Setting::with_default("REPORTS", "reports", "Where reports are written.");
//!
//! struct App { container: String }
//!
//! impl App {
//!     fn read(env: &mut Reader) -> Option<Self> {
//!         let container = env.read(&CONTAINER);
//!         Some(Self { container: container? })
//!     }
//! }
//!
//! let app = keyless::from_lookup(|_| None, App::read).unwrap();
//! assert_eq!(app.container, "reports");
//! let rows = keyless::settings::rows(App::read);
//! assert!(keyless::settings::markdown(&rows).contains("| `REPORTS` | Where reports are written."));
//! ```
//!
//! A connection is a group of settings with one prefix, as in the Functions convention for identity-based connections.
//! An app may read any number of connections of each kind. It needs only the settings of those connections:
//!
//! | setting | is | absent |
//! |---|---|---|
//! | `<NAME>__vaultUri`, `<NAME>__blobServiceUri`, `<NAME>__baseUrl` | https URL of the service | an error |
//! | `<NAME>__credential` | `managedidentity`, `workloadidentity` or `developer` | `managedidentity` |
//! | `<NAME>__clientId` | client ID of a user-assigned identity; `developer` does not use it | `AZURE_CLIENT_ID`, else the system-assigned identity |
//! | `<NAME>__objectId` | its object ID (principal ID), in place of the client ID | |
//! | `<NAME>__identity` | `RunAs=App;AppId=…`, `RunAs=App` or `RunAs=Developer;DeveloperTool=AzureCli`, in place of the three above | |
//! | `<NAME>__audience` | of an API: its App ID URI or client ID | an error |
//! | `<NAME>__subscriptionKeySecret` | of API Management: name of the secret that holds the subscription key | no key is sent |
//! | `<NAME>__subscriptionKeyHeader` | header that carries the key | `Ocp-Apim-Subscription-Key` |
//! | `EXTRA_CA_CERTS` | PEM file of further certificate authorities, such as a corporate proxy's | only the system's |
//!
//! An empty setting counts as absent, because `local.settings.json` cannot unset a name.
//! `<NAME>__managedIdentityResourceId` is refused: App Service's endpoint expects the resource ID under a name that the
//! SDK does not send.

mod connection;
mod problem;
mod reader;
mod row;
mod run_as;
mod value;

pub use self::{
    problem::SettingsError,
    reader::{Reader, from_env, from_lookup, rows},
    row::{Absent, Row, Setting, example, markdown},
    value::{Audience, SettingType},
};

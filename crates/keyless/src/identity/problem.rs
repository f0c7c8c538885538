//! The reasons why an identity gets no token, and the required corrections.

use std::{error::Error as StdError, fmt, io};

use azure_core::error::ErrorKind;

use super::answer::{EndpointAnswer, layers};

/// The reason why an identity gets no token. Its `Display` names the setting or the role to correct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityProblem {
    /// The client ID is not one of the app's identities, or not one of the tenant's.
    NoSuchIdentity,
    /// No client ID was given, and the app has no system-assigned identity.
    NoIdentityOnApp,
    /// The tenant does not know the audience, or the audience requires an assignment. App Service answers the same in
    /// both cases.
    UnknownResource,
    /// The audience admits assigned applications only, and this identity has no assignment.
    NotAssigned,
    /// The identity endpoint cannot be reached.
    EndpointUnreachable,
    /// The identity endpoint does not answer in time.
    EndpointTimeout,
    /// No developer's tool is installed.
    NoTool,
    /// A developer's tool is installed, without a login.
    NotLoggedIn,
    /// Any other problem.
    Other,
}

impl IdentityProblem {
    /// Reads the error of a credential.
    pub(super) fn from_error(error: &(dyn StdError + 'static)) -> Self {
        match EndpointAnswer::within(error) {
            Some(answer) => Self::from_answer(&answer),
            None => Self::from_silence(error),
        }
    }

    /// Decides by the text, because one status has many causes. The texts are those of App Service, of the virtual
    /// machines' endpoint and of Entra. They were reported by users, or are in the tests of Microsoft's own libraries.
    pub(super) fn from_answer(answer: &EndpointAnswer) -> Self {
        let said = answer.said.as_deref().unwrap_or_default();
        let has = |text| said.contains(text);
        match entra_code(said) {
            Some("700016") => Self::NoSuchIdentity,
            Some("50001" | "500011") => Self::UnknownResource,
            Some("501051") => Self::NotAssigned,
            _ if has("No User Assigned or Delegated Managed Identity found") => Self::NoSuchIdentity,
            _ if has("Identity not found") => Self::NoSuchIdentity,
            _ if has("Unable to load the proper Managed Identity") => Self::NoIdentityOnApp,
            _ if has("while fetching the AAD Token") => Self::UnknownResource,
            _ if has("invalid_resource") => Self::UnknownResource,
            _ => Self::Other,
        }
    }

    fn from_silence(error: &(dyn StdError + 'static)) -> Self {
        let kinds = || layers(error).filter_map(|layer| layer.downcast_ref::<azure_core::Error>()).map(|e| e.kind());
        match () {
            // A timeout before the connection exists means that there is no endpoint.
            () if kinds().any(|kind| *kind == ErrorKind::Connection) => Self::EndpointUnreachable,
            () if layers(error).any(ran_out_of_time) => Self::EndpointTimeout,
            () if kinds().any(|kind| *kind == ErrorKind::Io) => Self::EndpointUnreachable,
            () => Self::from_tool_output(&layers(error).map(ToString::to_string).collect::<String>()),
        }
    }

    /// Reads the texts of the SDK's developer credentials and of the tools that they run. A missing login is a more
    /// useful finding than a missing tool.
    fn from_tool_output(said: &str) -> Self {
        let has = |text| said.contains(text);
        match () {
            () if has("az login") || has("azd auth login") => Self::NotLoggedIn,
            () if has("az not found on PATH") || has("azd not found on PATH") => Self::NoTool,
            () => Self::Other,
        }
    }
}

fn ran_out_of_time(layer: &(dyn StdError + 'static)) -> bool {
    let by_http = layer.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout);
    by_http || layer.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

/// Returns the number after the first `AADSTS`
/// (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).
fn entra_code(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("AADSTS")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()
}

impl fmt::Display for IdentityProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchIdentity => {
                "the app has no identity with this client ID: check <NAME>__clientId or AZURE_CLIENT_ID (the client \
                 ID, not the principal ID), and assign that user-assigned identity to the app"
            }
            Self::NoIdentityOnApp => {
                "the app has no system-assigned identity: name a user-assigned one in <NAME>__clientId or \
                 AZURE_CLIENT_ID, or turn the system-assigned one on"
            }
            Self::UnknownResource => {
                "the identity endpoint gets no token for this audience: for an API, check that <NAME>__audience is its \
                 App ID URI in this tenant and, if it requires assignment, that the identity has one of its app roles"
            }
            Self::NotAssigned => {
                "the API admits assigned applications only: give the identity one of the API's app roles"
            }
            Self::EndpointUnreachable => {
                "the identity endpoint is not reached: check that the app has an identity, which makes the platform \
                 set IDENTITY_ENDPOINT, and that no proxy stands before it (NO_PROXY)"
            }
            Self::EndpointTimeout => {
                "the identity endpoint does not answer in time: it may be starting; if it stays so, restart the app, \
                 and check that no proxy stands before it (NO_PROXY)"
            }
            Self::NoTool => {
                "no developer tool that could give it is on PATH: install the Azure CLI (az) or the Azure \
                 Developer CLI (azd) and log in, or set <NAME>__credential to managedidentity"
            }
            Self::NotLoggedIn => "there is no login: run `az login` or, for azd alone, `azd auth login`",
            Self::Other => "the token request failed unexpectedly",
        })
    }
}

#[cfg(test)]
mod tests {
    use azure_core::http::StatusCode;

    use super::*;

    fn said(status: u16, said: &str) -> IdentityProblem {
        IdentityProblem::from_answer(&EndpointAnswer { status: StatusCode::from(status), said: Some(said.to_owned()) })
    }

    #[test]
    fn problems_are_told_apart_by_what_was_said() {
        use IdentityProblem::{NoIdentityOnApp, NoSuchIdentity, NotAssigned, Other, UnknownResource};
        assert_eq!(said(400, "No User Assigned or Delegated Managed Identity found for …"), NoSuchIdentity);
        assert_eq!(said(400, "invalid_request: Identity not found"), NoSuchIdentity);
        assert_eq!(said(400, "unauthorized_client: AADSTS700016: Application … was not found"), NoSuchIdentity);
        assert_eq!(said(400, "Unable to load the proper Managed Identity."), NoIdentityOnApp);
        assert_eq!(said(500, "An unexpected error occured while fetching the AAD Token."), UnknownResource);
        assert_eq!(said(400, "invalid_resource: AADSTS500011: The resource principal …"), UnknownResource);
        assert_eq!(said(400, "invalid_grant: AADSTS501051: Application … is not assigned"), NotAssigned);
        assert_eq!(said(400, "AADSTS5010519"), Other);
        assert_eq!(said(403, ""), Other);
    }

    #[test]
    fn a_tool_that_is_missing_and_one_without_a_login_are_told_apart() {
        let said = |text: &str| {
            let tool = azure_core::Error::with_message(ErrorKind::Credential, text.to_owned());
            IdentityProblem::from_error(&azure_core::Error::new(ErrorKind::Credential, tool))
        };
        assert_eq!(said("az not found on PATH"), IdentityProblem::NoTool);
        assert_eq!(said("azd not found on PATH"), IdentityProblem::NoTool);
        let both = "Multiple errors were encountered:\naz not found on PATH\nazd not found on PATH";
        assert_eq!(said(both), IdentityProblem::NoTool);
        assert_eq!(said("Please run 'az login' to setup account."), IdentityProblem::NotLoggedIn);
        let one = "az not found on PATH\nERROR: not logged in, run `azd auth login` to login";
        assert_eq!(said(one), IdentityProblem::NotLoggedIn);
        assert_eq!(said("something else"), IdentityProblem::Other);
    }

    #[test]
    fn silence_before_and_after_a_connection_are_told_apart() {
        let late = || io::Error::new(io::ErrorKind::TimedOut, "late");
        let layered = |kind, error| azure_core::Error::new(ErrorKind::Credential, azure_core::Error::new(kind, error));
        let of = |kind, error| IdentityProblem::from_error(&layered(kind, error));
        assert_eq!(of(ErrorKind::Connection, late()), IdentityProblem::EndpointUnreachable);
        assert_eq!(of(ErrorKind::Io, late()), IdentityProblem::EndpointTimeout);
        assert_eq!(of(ErrorKind::Io, io::Error::other("reset")), IdentityProblem::EndpointUnreachable);
        assert_eq!(of(ErrorKind::Other, io::Error::other("?")), IdentityProblem::Other);
    }
}

//! The connection string of the former App Authentication library, `RunAs=…`, which is still in use.
//!
//! Parts are `name=value`, separated by semicolons, in any order and letter case; spaces around them and empty parts
//! are ignored. A part with a key or a certificate is refused by name.
//!
//! <https://learn.microsoft.com/dotnet/api/overview/azure/app-auth-migration>

use super::{reader::Reader, value::SettingType};
use crate::identity::{ClientId, Credential, Developer, Tenant, Tool, UserAssigned};

/// A connection string that names an identity: the type of its row.
pub(super) struct RunAs;

impl SettingType for RunAs {
    const EXPECTED: &'static str = "RunAs=App;AppId=CLIENT-ID, RunAs=App (system-assigned) or \
        RunAs=Developer;DeveloperTool=AzureCli (or AzureDeveloperCli), each with TenantId=… if you like";

    fn parse(text: &str) -> Option<Self> {
        parse(text).ok().map(|_| Self)
    }
}

/// Reads the connection string in this setting, if it is set. The problem names the wrong part.
pub(super) fn read(settings: &mut Reader, name: &str) -> Option<Credential> {
    let text = settings.text(name)?;
    let refuse = |problem| settings.refuse(name.to_owned(), format!("{}; {problem}", RunAs::EXPECTED));
    parse(&text).map_err(refuse).ok()
}

/// Parses the connection string. The error names the wrong part, and shows no value.
fn parse(text: &str) -> Result<Credential, String> {
    let mut parts = Parts::default();
    for (at, part) in text.split(';').map(str::trim).filter(|part| !part.is_empty()).enumerate() {
        parts.take(at + 1, part)?;
    }
    let run_as = parts.run_as.take().ok_or("RunAs is missing")?;
    match run_as.to_ascii_lowercase().as_str() {
        "app" => parts.app(),
        "developer" => parts.developer(),
        "currentuser" => Err("RunAs=CurrentUser (Windows authentication) is not supported".to_owned()),
        _ => Err("RunAs is neither App nor Developer".to_owned()),
    }
}

#[derive(Default)]
struct Parts {
    run_as: Option<String>,
    app_id: Option<String>,
    tenant_id: Option<String>,
    developer_tool: Option<String>,
}

impl Parts {
    fn take(&mut self, number: usize, part: &str) -> Result<(), String> {
        let nameless = || format!("its part {number} is not NAME=VALUE");
        let (name, value) = part.split_once('=').ok_or_else(nameless)?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return Err(nameless());
        }
        let (name, place) = match name.to_ascii_lowercase().as_str() {
            "runas" => ("RunAs", &mut self.run_as),
            "appid" => ("AppId", &mut self.app_id),
            "tenantid" => ("TenantId", &mut self.tenant_id),
            "developertool" => ("DeveloperTool", &mut self.developer_tool),
            "appkey" => return Err("AppKey is a key, and this app holds none".to_owned()),
            "certificatethumbprint"
            | "certificatesubjectname"
            | "certificatestorelocation"
            | "keyvaultcertificatesecretidentifier" => return Err(format!("{name}: certificates are not supported")),
            _ => return Err(unknown(number, name, value)),
        };
        if value.is_empty() {
            return Err(format!("{name} has no value"));
        }
        match place.replace(value.to_owned()) {
            None => Ok(()),
            Some(_) => Err(format!("{name} is given twice")),
        }
    }

    fn app(self) -> Result<Credential, String> {
        // A managed identity belongs to one tenant. The tenant is named only for people.
        self.tenant()?;
        if self.developer_tool.is_some() {
            return Err("DeveloperTool does not go with RunAs=App".to_owned());
        }
        let app_id = self.app_id.as_deref().map(|id| ClientId::parse(id).ok_or("AppId is not a client ID (a GUID)"));
        Ok(Credential::ManagedIdentity(app_id.transpose()?.map(UserAssigned::ClientId)))
    }

    fn developer(self) -> Result<Credential, String> {
        let tenant = self.tenant()?;
        if self.app_id.is_some() {
            return Err("AppId does not go with RunAs=Developer".to_owned());
        }
        let tool = match self.developer_tool.ok_or("DeveloperTool is missing")?.to_ascii_lowercase().as_str() {
            "azurecli" => Tool::AzureCli,
            "azuredevelopercli" => Tool::AzureDeveloperCli,
            "visualstudio" => return Err("DeveloperTool=VisualStudio is not supported".to_owned()),
            _ => return Err("DeveloperTool is neither AzureCli nor AzureDeveloperCli".to_owned()),
        };
        Ok(Credential::Developer(Developer { tool, tenant }))
    }

    fn tenant(&self) -> Result<Option<Tenant>, String> {
        let tenant = self.tenant_id.as_deref().map(|text| Tenant::parse(text).ok_or("TenantId is no tenant"));
        Ok(tenant.transpose()?)
    }
}

/// Describes an unknown part. A key without its name may end in `=`, so a part is only shown if it looks like a name
/// and has a value.
fn unknown(number: usize, name: &str, value: &str) -> String {
    let looks_like_a_name = name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphabetic());
    if looks_like_a_name && value.chars().any(|c| c != '=') {
        format!("its part {name} is not known")
    } else {
        format!("its part {number} is not known")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "b1a7c0de-0001-4a6b-8c1d-5f2e3d4c5b6a";

    fn managed(id: Option<&str>) -> Result<Credential, String> {
        let id = id.map(|id| UserAssigned::ClientId(ClientId::parse(id).unwrap()));
        Ok(Credential::ManagedIdentity(id))
    }

    fn developer(tool: Tool, tenant: Option<&str>) -> Result<Credential, String> {
        let tenant = tenant.map(|tenant| Tenant::parse(tenant).unwrap());
        Ok(Credential::Developer(Developer { tool, tenant }))
    }

    #[test]
    fn every_form_names_an_identity_in_any_case_order_and_spacing() {
        let upper = ID.to_uppercase();
        for (text, expected) in [
            ("RunAs=App", managed(None)),
            ("RunAs=App;", managed(None)),
            ("RunAs=App; TenantId=contoso.onmicrosoft.com", managed(None)),
            (&format!("RunAs=App;AppId={ID}"), managed(Some(ID))),
            (&format!("runas=APP;appid={upper}"), managed(Some(ID))),
            (&format!(" ; AppId = {ID} ;; RUNAS = app ; "), managed(Some(ID))),
            (&format!("RunAs=App;AppId={ID};TenantId={ID}"), managed(Some(ID))),
            ("RunAs=Developer; DeveloperTool=AzureCli", developer(Tool::AzureCli, None)),
            ("DeveloperTool=azurecli;RunAs=developer", developer(Tool::AzureCli, None)),
            ("RunAs=Developer;DeveloperTool=AzureDeveloperCli", developer(Tool::AzureDeveloperCli, None)),
            (
                "RunAs=Developer;TenantId=contoso.com;DeveloperTool=AzureCli",
                developer(Tool::AzureCli, Some("contoso.com")),
            ),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_no_value_is_shown() {
        for (text, named) in [
            ("", "RunAs is missing"),
            ("AppId=x-s3cret", "RunAs is missing"),
            ("RunAs=s3cret", "RunAs is neither"),
            ("RunAs=", "RunAs has no value"),
            ("RunAs=App;RunAs=App", "RunAs is given twice"),
            ("RunAs=App;AppId=s3cret", "AppId is not a client ID"),
            (&format!("RunAs=App;AppId={ID};appid={ID}"), "AppId is given twice"),
            (&format!("RunAs=App;AppId={ID};TenantId=a;AppKey=s3cret"), "AppKey is a key"),
            ("RunAs=App;CertificateThumbprint=s3cret", "CertificateThumbprint: certificates"),
            ("RunAs=App;CertificateSubjectName=CN=s3cret", "CertificateSubjectName: certificates"),
            ("RunAs=App;KeyVaultCertificateSecretIdentifier=s3cret", "KeyVaultCertificateSecretIdentifier: "),
            ("RunAs=App;TenantId=s3cret/x", "TenantId is no tenant"),
            ("RunAs=App;DeveloperTool=AzureCli", "DeveloperTool does not go with RunAs=App"),
            ("RunAs=Developer", "DeveloperTool is missing"),
            (&format!("RunAs=Developer;DeveloperTool=AzureCli;AppId={ID}"), "AppId does not go with"),
            ("RunAs=Developer;DeveloperTool=VisualStudio", "DeveloperTool=VisualStudio is not supported"),
            ("RunAs=Developer;DeveloperTool=s3cret", "DeveloperTool is neither"),
            ("RunAs=CurrentUser", "RunAs=CurrentUser"),
            ("AccountKey=s3cret", "its part AccountKey is not known"),
            ("RunAs=App;MsiRetryTimeout=60", "its part MsiRetryTimeout is not known"),
            ("RunAs=App;czNjcmV0==", "its part 2 is not known"),
            ("RunAs=App;s3cret=x", "its part 2 is not known"),
            ("s3cret", "its part 1 is not NAME=VALUE"),
            ("=s3cret", "its part 1 is not NAME=VALUE"),
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.starts_with(named), "{text}: {problem}");
            assert!(!problem.contains("s3cret") && !problem.contains("czNj"), "{problem}");
        }
    }
}

//! `configurationProfile`: the values of a profile. `host.json` overrides them.
//!
//! Source: `HostConfigurationProfile.cs` of `Azure/azure-functions-host`.

use serde_json::{Value, json};

use super::{Settings, configuration::merge};

const MCP: &str = "mcp-custom-handler";
const WEB_APP: &str = "web-app-custom-handler";
/// An app setting for Azure. The documentation of the profile for MCP servers asks for it.
const MCP_FLAG: &str = "EnableMcpCustomHandlerPreview";

/// Merges the document over its profile. Fails for a profile that does not exist and names it.
pub(super) fn apply(document: Value) -> Result<Value, String> {
    let name = document.get("configurationProfile").and_then(Value::as_str).unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "" | "default" => Ok(document),
        MCP | WEB_APP => {
            let mut whole = json!({
                "customHandler": { "enableProxyingHttpRequest": "true", "http": { "routes": [{ "route": "{*route}" }] } },
                "extensions": { "http": { "routePrefix": "" } },
            });
            merge(&mut whole, document);
            Ok(whole)
        }
        _ => Err(format!(
            "configurationProfile \"{name}\" is not supported: \"\", \"default\", \"{MCP}\" and \"{WEB_APP}\" are"
        )),
    }
}

/// Returns a warning if Azure may also need an app setting.
pub(super) fn warning(document: &Value, settings: &Settings) -> Option<String> {
    let name = document.get("configurationProfile").and_then(Value::as_str).unwrap_or_default();
    let flags = settings.get("AzureWebJobsFeatureFlags").unwrap_or_default();
    let flagged = flags.split(',').any(|flag| flag.trim().eq_ignore_ascii_case(MCP_FLAG));
    (name.eq_ignore_ascii_case(MCP) && !flagged).then(|| {
        format!(
            "host.json: configurationProfile \"{MCP}\": the documentation asks for the app setting \
             AzureWebJobsFeatureFlags={MCP_FLAG} in Azure"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::apply;

    #[test]
    fn section_1_3_a_profile_lies_below_host_json() {
        let document = json!({ "configurationProfile": "Web-App-Custom-Handler", "extensions": { "http": { "routePrefix": "v1" } },
                               "customHandler": { "http": { "routes": [{ "authorizationLevel": "anonymous" }] } } });
        let whole = apply(document).unwrap();
        assert_eq!(whole["extensions"]["http"]["routePrefix"], "v1");
        assert_eq!(whole["customHandler"]["enableProxyingHttpRequest"], "true");
        let route = json!({ "route": "{*route}", "authorizationLevel": "anonymous" });
        assert_eq!(whole["customHandler"]["http"]["routes"], json!([route]));
        let plain = json!({ "configurationProfile": "DEFAULT" });
        assert_eq!(apply(plain.clone()), Ok(plain));
        assert!(apply(json!({ "configurationProfile": "mcp" })).unwrap_err().contains("\"mcp\" is not supported"));
    }
}

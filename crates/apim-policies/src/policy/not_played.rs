//! Policies of Microsoft's reference that API Management runs and this crate does not, each with the reason.

/// Why the policy is refused; `None` when the reference does not have it.
pub(super) fn reason(name: &str) -> Option<&'static str> {
    Some(match name {
        "authentication-oauth2" => "no page documents it",
        "cosmosdb-data-source" | "http-data-source" | "sql-data-source" | "publish-event" => {
            "it belongs to resolvers of GraphQL APIs"
        }
        "invoke-request" => "no page documents it",
        "publish-to-dapr" | "invoke-dapr-binding" => "it needs a Dapr sidecar",
        "validate-graphql-request" => "it belongs to GraphQL APIs",
        "validate-odata-request" => "it belongs to OData APIs",
        "xsl-transform" => "no XSLT engine is built in",
        "cross-domain"
        | "json-to-xml"
        | "xml-to-json"
        | "proxy"
        | "redirect-content-urls"
        | "send-service-bus-message"
        | "validate-client-certificate"
        | "validate-content"
        | "validate-headers"
        | "validate-parameters"
        | "validate-status-code"
        | "llm-content-safety"
        | "llm-semantic-cache-lookup"
        | "llm-semantic-cache-store"
        | "azure-openai-semantic-cache-lookup"
        | "azure-openai-semantic-cache-store"
        | "authentication-certificate" => "it is not built in yet",
        _ => return None,
    })
}

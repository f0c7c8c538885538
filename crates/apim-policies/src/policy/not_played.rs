//! Policies of Microsoft's reference that API Management runs and this crate does not, each with the reason.

use super::{B, I, IO, IOE, O, OE, Played, PolicyGroup, PolicyRow};
use crate::scope::Section;

const fn refused(
    name: &'static str,
    sections: &'static [Section],
    group: PolicyGroup,
    reason: &'static str,
) -> PolicyRow {
    PolicyRow { name, sections, group, played: Played::Refused(reason) }
}

const NOT_YET: &str = "it is not built in yet";

pub(super) const ROWS: &[PolicyRow] = &[
    refused("authentication-oauth2", I, PolicyGroup::Authentication, "no page documents it"),
    refused("invoke-request", B, PolicyGroup::Integration, "no page documents it"),
    refused("cosmosdb-data-source", B, PolicyGroup::Integration, "it belongs to resolvers of GraphQL APIs"),
    refused("http-data-source", B, PolicyGroup::Integration, "it belongs to resolvers of GraphQL APIs"),
    refused("sql-data-source", B, PolicyGroup::Integration, "it belongs to resolvers of GraphQL APIs"),
    refused("publish-event", B, PolicyGroup::Integration, "it belongs to resolvers of GraphQL APIs"),
    refused("publish-to-dapr", I, PolicyGroup::Integration, "it needs a Dapr sidecar"),
    refused("invoke-dapr-binding", IOE, PolicyGroup::Integration, "it needs a Dapr sidecar"),
    refused("validate-graphql-request", I, PolicyGroup::Validation, "it belongs to GraphQL APIs"),
    refused("validate-odata-request", I, PolicyGroup::Validation, "it belongs to OData APIs"),
    refused("xsl-transform", IO, PolicyGroup::Transformation, "no XSLT engine is built in"),
    refused("authentication-certificate", I, PolicyGroup::Authentication, NOT_YET),
    refused("validate-client-certificate", I, PolicyGroup::Authentication, NOT_YET),
    refused("validate-content", IOE, PolicyGroup::Validation, NOT_YET),
    refused("validate-parameters", I, PolicyGroup::Validation, NOT_YET),
    refused("validate-headers", OE, PolicyGroup::Validation, NOT_YET),
    refused("validate-status-code", OE, PolicyGroup::Validation, NOT_YET),
    refused("redirect-content-urls", IO, PolicyGroup::Transformation, NOT_YET),
    refused("cross-domain", I, PolicyGroup::CrossDomain, NOT_YET),
    refused("proxy", I, PolicyGroup::Routing, NOT_YET),
    refused("llm-content-safety", IO, PolicyGroup::Models, NOT_YET),
    refused("llm-semantic-cache-lookup", I, PolicyGroup::Models, NOT_YET),
    refused("llm-semantic-cache-store", O, PolicyGroup::Models, NOT_YET),
    refused("azure-openai-semantic-cache-lookup", I, PolicyGroup::Models, NOT_YET),
    refused("azure-openai-semantic-cache-store", O, PolicyGroup::Models, NOT_YET),
    refused("send-service-bus-message", IOE, PolicyGroup::Integration, NOT_YET),
];

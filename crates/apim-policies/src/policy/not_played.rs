//! Policies of Microsoft's reference that API Management runs and this crate does not. Each has its reason.

use super::row::{B, I, IO, IOE, Played, PolicyGroup, PolicyRow};
use crate::scope::Section;

const fn refused(
    name: &'static str,
    sections: &'static [Section],
    group: PolicyGroup,
    reason: &'static str,
) -> PolicyRow {
    PolicyRow { name, sections, group, played: Played::Refused(reason) }
}

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
    refused("proxy", I, PolicyGroup::Routing, "no request leaves this machine through a proxy"),
];

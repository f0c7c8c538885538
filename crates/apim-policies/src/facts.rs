//! The facts about a request that the gateway knows before any policy runs.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    expression::{Api, Certificate, Deployment, Operation, Product, Subscription, Url, User},
    schema::Schema,
};

/// The members of `context` that no policy changes, and the default target of the request.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The API; requests go to its `service_url`.
    pub api: Api,
    /// The operation.
    pub operation: Operation,
    /// The documented requests and responses of the operation, for `mock-response` and the validating policies.
    pub contract: Arc<Contract>,
    /// `None` unless the subscription is for a product, or an open product serves the request.
    pub product: Option<Product>,
    /// `None` for a request without a key.
    pub subscription: Option<Subscription>,
    /// Owner of the subscription.
    pub user: Option<User>,
    /// The gateway.
    pub deployment: Deployment,
    /// The client's address; `None` when the gateway cannot tell.
    pub ip_address: Option<String>,
    /// The client's certificate; `None` if it was not asked for one, or has none.
    pub client_certificate: Option<Arc<Certificate>>,
    /// Values of the parameters in the operation's URL template.
    pub matched_parameters: BTreeMap<String, String>,
    /// The URL as the client sent it.
    pub original_url: Url,
    /// The part of the path after the API's own path: empty, or beginning with `/`.
    pub path: String,
}

/// The documented requests and responses of an operation.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// Parameters of its requests.
    pub parameters: Vec<OperationParameter>,
    /// Bodies of its requests.
    pub requests: Vec<OperationContent>,
    /// Its responses.
    pub responses: Vec<OperationResponse>,
}

/// The place of a parameter in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterPlace {
    /// In a header.
    Header,
    /// In the query.
    Query,
    /// In the path.
    Path,
}

/// A parameter of a request, or a header of a response.
#[derive(Clone, Debug)]
pub struct OperationParameter {
    /// Its place.
    pub place: ParameterPlace,
    /// Its name.
    pub name: String,
    /// Whether it is required.
    pub is_required: bool,
    /// The schema of its value.
    pub schema: Arc<Schema>,
}

/// A body of a request, in one media type.
#[derive(Clone, Debug)]
pub struct OperationContent {
    /// Its media type.
    pub content_type: String,
    /// Its schema.
    pub schema: Option<Arc<Schema>>,
}

/// A response that an operation documents, in one media type.
#[derive(Clone, Debug, Default)]
pub struct OperationResponse {
    /// HTTP status.
    pub status: u16,
    /// Its media type.
    pub content_type: String,
    /// A body.
    pub example: Option<String>,
    /// The schema of a body.
    pub schema: Option<Arc<Schema>>,
    /// Its headers.
    pub headers: Vec<OperationParameter>,
}

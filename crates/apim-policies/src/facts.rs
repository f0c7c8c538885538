//! The facts about a request that the gateway knows before any policy runs.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    expression::{Api, Certificate, Deployment, Operation, Product, Subscription, Url, User},
    schema::Schema,
};

/// The members of `context` that no policy changes, and the default target of the request.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The API. Requests go to its `service_url`.
    pub api: Api,
    /// The operation.
    pub operation: Operation,
    /// The documented requests and responses of the operation, for `mock-response` and the validating policies.
    pub contract: Arc<Contract>,
    /// The subscription's product, or the open product that serves the request. `None` if there is neither.
    pub product: Option<Product>,
    /// The subscription; `None` for a request without a key.
    pub subscription: Option<Subscription>,
    /// The owner of the subscription.
    pub user: Option<User>,
    /// The gateway.
    pub deployment: Deployment,
    /// The client's address; `None` if the gateway does not know it.
    pub ip_address: Option<String>,
    /// The client's certificate; `None` if the gateway did not ask for one, or the client has none.
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
    /// The parameters of the operation's requests.
    pub parameters: Vec<OperationParameter>,
    /// The bodies of the operation's requests.
    pub requests: Vec<OperationContent>,
    /// The responses of the operation.
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
    /// The place of the parameter.
    pub place: ParameterPlace,
    /// The name of the parameter.
    pub name: String,
    /// Whether the parameter is required.
    pub is_required: bool,
    /// The schema of the parameter's value.
    pub schema: Arc<Schema>,
}

/// A body of a request, in one media type.
#[derive(Clone, Debug)]
pub struct OperationContent {
    /// The media type of the body.
    pub content_type: String,
    /// The schema of the body.
    pub schema: Option<Arc<Schema>>,
}

/// A response that an operation documents, in one media type.
#[derive(Clone, Debug, Default)]
pub struct OperationResponse {
    /// HTTP status.
    pub status: u16,
    /// The media type of the response.
    pub content_type: String,
    /// An example of the body.
    pub example: Option<String>,
    /// The schema of the body.
    pub schema: Option<Arc<Schema>>,
    /// The headers of the response.
    pub headers: Vec<OperationParameter>,
}

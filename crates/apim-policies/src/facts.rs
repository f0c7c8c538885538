//! What the gateway knows of a request before any policy runs.

use std::{collections::BTreeMap, sync::Arc};

use crate::expression::{Api, Deployment, Operation, Product, Subscription, Url, User};

/// The members of `context` that no policy changes, and where the request goes unless a policy says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The API; its `service_url` is where requests go.
    pub api: Api,
    /// The operation.
    pub operation: Operation,
    /// The responses that the operation documents, for `mock-response`.
    pub responses: Arc<[OperationResponse]>,
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
    /// Values of the parameters in the operation's URL template.
    pub matched_parameters: BTreeMap<String, String>,
    /// The URL as the client sent it.
    pub original_url: Url,
    /// What follows the API's path in it: empty, or beginning with `/`.
    pub path: String,
}

/// A response that an operation documents, in one media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationResponse {
    /// HTTP status.
    pub status: u16,
    /// Its media type.
    pub content_type: String,
    /// A body.
    pub example: Option<String>,
}

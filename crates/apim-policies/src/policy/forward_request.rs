//! `forward-request`: sends the request to the backend
//! (learn.microsoft.com/azure/api-management/forward-request-policy). No attribute is honoured yet, so none is taken.

use super::{Kind, Policy};
use crate::{execute::Context, failure::Failure, load::Element, outside::Outside, problem::Problems, scope::Section};

const NAME: &str = "forward-request";

pub(super) const KIND: Kind = Kind { name: NAME, sections: &[Section::Backend], load };

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    element.only_attributes(&["id"], problems);
    element.children(&[], problems);
    Some(Policy::ForwardRequest)
}

pub(super) async fn run<O: Outside>(context: &mut Context<O::Body>, outside: &O) -> Result<(), Failure> {
    // A body streams through once. What a live gateway does with a second forward-request is not documented.
    let Some(request) = context.take_request() else {
        return Err(Failure::internal(NAME, "", "the request has been forwarded already".to_owned()));
    };
    match outside.forward(request).await {
        Ok(response) => {
            context.response = Some(response);
            Ok(())
        }
        Err(unreachable) => Err(Failure::internal(NAME, "BackendConnectionFailure", unreachable.to_string())),
    }
}

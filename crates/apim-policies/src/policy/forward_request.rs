//! `forward-request`: sends the request to the backend
//! (learn.microsoft.com/azure/api-management/forward-request-policy). No attribute is honoured yet, so none is taken.

use std::time::Duration;

use super::{Kind, Policy};
use crate::{
    failure::Failure,
    load::Element,
    outside::{NoReply, Outside},
    problem::Problems,
    run::{Run, seen},
    scope::Section,
};

const NAME: &str = "forward-request";

pub(super) const KIND: Kind = Kind { name: NAME, sections: &[Section::Backend], load };

/// What the documentation gives the backend when the policy does not say.
const TIMEOUT: Duration = Duration::from_secs(300);

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    element.only_attributes(&["id"], problems);
    element.children(&[], problems);
    Some(Policy::ForwardRequest)
}

pub(super) async fn run<O: Outside>(run: &mut Run<'_, O>) -> Result<(), Failure> {
    let request = run.request_to_send(false).await?;
    run.trace(|| format!("sends {} {}", request.method(), request.uri()));
    match run.outside.forward(request, TIMEOUT).await {
        Ok(response) => {
            let (seen, body) = seen(response);
            run.trace(|| format!("the backend answered {}", seen.status_code));
            let body = (!run.outside.is_empty(&body)).then_some(body);
            run.respond(seen, body);
            Ok(())
        }
        Err(NoReply::Unreachable(cause)) => Err(Failure::internal(NAME, "BackendConnectionFailure", cause)),
        Err(timed_out @ NoReply::TimedOut) => Err(Failure::internal(NAME, "Timeout", timed_out.to_string())),
    }
}

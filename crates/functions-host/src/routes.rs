//! Finds the HTTP function for a request. Functions are tried in the order of their names, and the first match wins.
//!
//! Routes are not ordered by specificity: a catch-all in function `a` hides the literal route of `b`. A method that the
//! route does not list is not a match, so the answer is 404, never 405. Source: `WebJobsRouteBuilder.cs` of
//! `Azure/azure-webjobs-sdk-extensions` and `FunctionMetadataManager.cs` of `Azure/azure-functions-host`.

use http::Method;

use super::{
    script::{FunctionDefinition, HttpTrigger, Trigger},
    template::RouteValues,
};

/// The function that matches a request.
pub(super) struct MatchedRoute<'a> {
    pub(super) function: &'a FunctionDefinition,
    pub(super) trigger: &'a HttpTrigger,
    pub(super) values: RouteValues,
}

/// Finds the function for a request. `functions` are sorted by name.
pub(super) fn find<'a>(functions: &'a [FunctionDefinition], method: &Method, path: &str) -> Option<MatchedRoute<'a>> {
    functions.iter().find_map(|function| {
        let Trigger::Http(trigger) = &function.trigger else { return None };
        if trigger
            .methods
            .as_ref()
            .is_some_and(|methods| !methods.iter().any(|known| known.as_str().eq_ignore_ascii_case(method.as_str())))
        {
            return None;
        }
        let values = trigger.template.matches(path)?;
        Some(MatchedRoute { function, trigger, values })
    })
}

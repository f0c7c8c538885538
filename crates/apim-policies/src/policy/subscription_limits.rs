//! Limits for a subscription: of the scope that a policy stands at, and of the APIs and operations it names.

use super::allowance::variable;
use crate::{
    load::{Count, Element},
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::Scope,
};

/// So many calls in so many seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) calls: u64,
    pub(super) period: u32,
}

/// What a policy with nested `<api>` and `<operation>` elements limits.
#[derive(Debug)]
pub(super) struct Limits {
    scope: Scope,
    own: Limit,
    apis: Vec<Named>,
}

/// An API or operation by its identifier, or else its name.
#[derive(Debug)]
struct Named {
    id: Option<String>,
    name: Option<String>,
    limit: Limit,
    operations: Vec<Named>,
}

impl Limits {
    /// `limit` reads the attributes `calls` and `renewal-period`.
    pub(super) fn load(
        element: &Element<'_>,
        limit: fn(&Element<'_>, &mut Problems) -> Option<Limit>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let own = limit(element, problems);
        let apis = named(element, "api", limit, problems);
        Some(Self { scope: element.scope(), own: own?, apis })
    }

    /// The limits that apply to a request, by the key of their counter. None without a subscription.
    pub(super) fn of<O: Outside>(&self, run: &Run<'_, O>) -> Vec<(String, Limit)> {
        let context = &run.context;
        let Some(subscription) = &context.subscription else { return Vec::new() };
        let (api, operation) = (&context.api, &context.operation);
        let place = match self.scope {
            Scope::Global => String::new(),
            Scope::Product => format!("product {}", context.product.as_ref().map_or("", |product| &product.id)),
            Scope::Api => format!("api {}", api.id),
            Scope::Operation => format!("operation {}.{}", api.id, operation.id),
        };
        let key = |part: String| format!("subscription {} {place}{part}", subscription.id);
        let mut limits = vec![(key(String::new()), self.own)];
        for listed in self.apis.iter().filter(|one| one.is(&api.id, &api.name)) {
            limits.push((key(format!(" for {}", api.id)), listed.limit));
            for inner in listed.operations.iter().filter(|one| one.is(&operation.id, &operation.name)) {
                limits.push((key(format!(" for {}.{}", api.id, operation.id)), inner.limit));
            }
        }
        limits
    }
}

fn named(
    element: &Element<'_>,
    kind: &str,
    limit: fn(&Element<'_>, &mut Problems) -> Option<Limit>,
    problems: &mut Problems,
) -> Vec<Named> {
    let mut found = Vec::new();
    for child in element.children(&[(kind, Count::Any)], problems) {
        child.only_attributes(&["id", "name", "calls", "renewal-period"], problems);
        let (id, name) = (variable(&child, "id", problems), variable(&child, "name", problems));
        if !child.has("id") && !child.has("name") {
            child.problem(problems, format!("<{kind}> needs the attribute \"id\" or \"name\""));
        }
        let limit_of_child = limit(&child, problems);
        let operations = if kind == "api" {
            named(&child, "operation", limit, problems)
        } else {
            child.children(&[], problems);
            Vec::new()
        };
        found.extend(limit_of_child.map(|limit| Named { id, name, limit, operations }));
    }
    found
}

impl Named {
    /// The name does not count where there is an identifier.
    fn is(&self, id: &str, name: &str) -> bool {
        match &self.id {
            Some(own) => own == id,
            None => self.name.as_deref() == Some(name),
        }
    }
}

//! Limits of calls and bytes in a period, as written in policies. A subscription's request is under the limits of the
//! policy's scope, and under those of the APIs and operations that the policy names.

use super::allowance::variable;
use super::prelude::*;

/// The calls and bytes that are allowed in a period of seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) calls: Option<u64>,
    pub(super) bytes: Option<u64>,
    pub(super) period: u32,
}

/// The attributes and values that a policy accepts.
#[derive(Debug)]
pub(super) struct Form {
    /// The accepted attributes of `calls`, `bandwidth` and `renewal-period`.
    pub(super) attributes: &'static [&'static str],
    /// Reports whether a period may have this number of seconds.
    pub(super) is_period: fn(u32) -> bool,
    /// The valid periods, as the end of a sentence.
    pub(super) periods: &'static str,
    /// Whether a nested element without a period takes that of its parent element.
    pub(super) inherits_period: bool,
}

/// The limits of a policy with nested `<api>` and `<operation>` elements.
#[derive(Debug)]
pub(super) struct Limits {
    scope: Scope,
    own: Limit,
    apis: Vec<NamedLimit>,
}

/// An API or operation by its identifier, or else its name.
#[derive(Debug)]
struct NamedLimit {
    id: Option<String>,
    name: Option<String>,
    limit: Limit,
    operations: Vec<NamedLimit>,
}

impl Limit {
    /// Reads the attributes `calls`, `bandwidth` and `renewal-period`. `outer` is the period if the element has none.
    pub(super) fn load(
        element: &Element<'_>,
        form: &Form,
        outer: Option<u32>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let has_bandwidth = form.attributes.contains(&"bandwidth");
        if !has_bandwidth {
            element.required("calls", problems);
        } else if !element.has("calls") && !element.has("bandwidth") {
            element.problem(problems, format!("<{}> needs the attribute \"calls\" or \"bandwidth\"", element.name()));
        }
        let calls: Option<u32> = element.parsed("calls", u32::EXPECTED, problems);
        let kilobytes: Option<u32> =
            has_bandwidth.then(|| element.parsed("bandwidth", "a number of kilobytes", problems)).flatten();
        let outer = outer.filter(|_| form.inherits_period && !element.has("renewal-period"));
        if outer.is_none() {
            element.required("renewal-period", problems);
        }
        let period = outer.or_else(|| element.parsed("renewal-period", form.periods, problems))?;
        if !(form.is_period)(period) {
            element.bad_value("renewal-period", form.periods, problems);
        }
        let bytes = kilobytes.map(|kilobytes| u64::from(kilobytes) * 1024);
        Some(Self { calls: calls.map(u64::from), bytes, period })
    }
}

impl Limits {
    pub(super) fn load(element: &Element<'_>, form: &Form, problems: &mut Problems) -> Option<Self> {
        let own = Limit::load(element, form, None, problems);
        let apis = named(element, "api", form, own.map(|own| own.period), problems);
        Some(Self { scope: element.scope(), own: own?, apis })
    }

    /// Returns the limits of a request, with the keys of their counters. A request without a subscription has none.
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
    form: &Form,
    outer: Option<u32>,
    problems: &mut Problems,
) -> Vec<NamedLimit> {
    let mut found = Vec::new();
    for child in element.children(&[(kind, Count::Any)], problems) {
        let attributes: Vec<_> = ["id", "name"].into_iter().chain(form.attributes.iter().copied()).collect();
        child.only_attributes(&attributes, problems);
        let (id, name) = (variable(&child, "id", problems), variable(&child, "name", problems));
        if !child.has("id") && !child.has("name") {
            child.problem(problems, format!("<{kind}> needs the attribute \"id\" or \"name\""));
        }
        let limit = Limit::load(&child, form, outer, problems);
        let operations = if kind == "api" {
            named(&child, "operation", form, limit.map(|limit| limit.period), problems)
        } else {
            child.children(&[], problems);
            Vec::new()
        };
        found.extend(limit.map(|limit| NamedLimit { id, name, limit, operations }));
    }
    found
}

impl NamedLimit {
    /// Compares by the identifier; only an entry without an identifier compares by name.
    fn is(&self, id: &str, name: &str) -> bool {
        match &self.id {
            Some(own) => own == id,
            None => self.name.as_deref() == Some(name),
        }
    }
}

//! The functions of an app, with the routes, methods and names that the host derives for them.

use std::sync::Arc;

use axum::routing::MethodRouter;
use http::Method;

use crate::{
    definition::{Definition, DefinitionError, Methods, TriggerKind},
    function::Function,
    template::{Template, TemplateError},
};

/// A function as the app registered it.
pub(crate) struct Registration<S> {
    pub(crate) function: Function,
    pub(crate) expected: ExpectedTrigger,
    pub(crate) service: MethodRouter<S>,
}

/// The trigger that the app declares for the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExpectedTrigger {
    Http,
    Timer,
    Any,
}

/// A function that can be served.
pub(crate) struct Planned<S> {
    pub(crate) function: Function,
    pub(crate) definition: Arc<Definition>,
    pub(crate) form: Form,
    pub(crate) service: MethodRouter<S>,
}

/// The form of the host's calls of a function.
#[derive(Clone)]
pub(crate) enum Form {
    /// The caller's request, forwarded or inside a payload.
    Request { template: Arc<Template>, methods: Methods },
    /// A payload.
    Payload,
}

/// A function that host and handler would understand differently.
#[derive(Debug, thiserror::Error)]
#[error("function {function}: {problem}")]
pub(crate) struct PlanError {
    function: &'static str,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Definition(DefinitionError),
    #[error("{0}")]
    Template(TemplateError),
    #[error("another function is named {0}, and the host tells names apart by more than case")]
    SameName(&'static str),
    #[error("{0} takes a function with {1}, and its function.json has a {2}")]
    WrongTrigger(&'static str, &'static str, String),
    #[error(
        "its function.json has no output binding of the type http, so nothing would take its response; register it with .function()"
    )]
    NoHttpOutput,
    #[error(
        "its function.json has an output binding of the type http, so its response goes to a caller; register it with .http()"
    )]
    HasHttpOutput,
    #[error("its route is that of the function {0}, for a method that both take")]
    SameRoute(&'static str),
    // Callers of one function could pose as the host to the other function.
    #[error(
        "its route leads to /{0}, where the host calls the function {0}; change the route, or the route prefix in host.json"
    )]
    Reserved(&'static str),
}

/// Returns all functions in the host's order, or every problem with them.
pub(crate) fn plan<S>(registrations: Vec<Registration<S>>, prefix: &str) -> Result<Vec<Planned<S>>, Vec<PlanError>> {
    let (mut planned, mut errors): (Vec<Planned<S>>, Vec<PlanError>) = (Vec::new(), Vec::new());
    for registration in registrations {
        let function = registration.function.name;
        match one(registration, prefix) {
            Ok(one) => planned.push(one),
            Err(problem) => errors.push(PlanError { function, problem }),
        }
    }
    planned.sort_by_key(|function| function.function.name.to_ascii_lowercase());
    for (at, function) in planned.iter().enumerate() {
        let problem = conflict(function, &planned[..at]).or_else(|| reserved(function, &planned));
        errors.extend(problem.map(|problem| PlanError { function: function.function.name, problem }));
    }
    if errors.is_empty() { Ok(planned) } else { Err(errors) }
}

fn one<S>(registration: Registration<S>, prefix: &str) -> Result<Planned<S>, Problem> {
    let Registration { function, expected, service } = registration;
    let definition = Definition::read(function.name, function.definition).map_err(Problem::Definition)?;
    let form = match (&definition.trigger.kind, expected) {
        (TriggerKind::Http { route, methods }, ExpectedTrigger::Http) => {
            if definition.http_output().is_none() {
                return Err(Problem::NoHttpOutput);
            }
            let template = Template::new(prefix, route).map_err(Problem::Template)?;
            Form::Request { template: Arc::new(template), methods: methods.clone() }
        }
        (TriggerKind::Http { .. }, ExpectedTrigger::Any) if definition.http_output().is_some() => {
            return Err(Problem::HasHttpOutput);
        }
        (TriggerKind::Timer, ExpectedTrigger::Timer) | (_, ExpectedTrigger::Any) => Form::Payload,
        (other, ExpectedTrigger::Http) => {
            return Err(Problem::WrongTrigger(".http()", "an httpTrigger", other.shown()));
        }
        (other, ExpectedTrigger::Timer) => {
            return Err(Problem::WrongTrigger(".timer()", "a timerTrigger", other.shown()));
        }
    };
    Ok(Planned { function, definition: Arc::new(definition), form, service })
}

fn conflict<S>(function: &Planned<S>, before: &[Planned<S>]) -> Option<Problem> {
    let name = function.function.name;
    if let Some(same) = before.iter().find(|other| other.function.name.eq_ignore_ascii_case(name)) {
        return Some(Problem::SameName(same.function.name));
    }
    let TriggerKind::Http { route, methods } = &function.definition.trigger.kind else { return None };
    let same_route = before.iter().find(|other| match &other.definition.trigger.kind {
        TriggerKind::Http { route: other, methods: others } => {
            let bare = |route: &str| route.trim_end_matches('/').to_lowercase();
            bare(route) == bare(other) && methods.overlap(others)
        }
        TriggerKind::Timer | TriggerKind::Other(_) => false,
    });
    same_route.map(|other| Problem::SameRoute(other.function.name))
}

fn reserved<S>(function: &Planned<S>, all: &[Planned<S>]) -> Option<Problem> {
    let others = all.iter().map(|other| other.function.name).filter(|name| *name != function.function.name);
    others.into_iter().find(|name| function.form.reaches(name)).map(Problem::Reserved)
}

impl Form {
    /// Reports whether callers of this function can reach the path at which the host calls the function `name`.
    pub(crate) fn reaches(&self, name: &str) -> bool {
        match self {
            Self::Request { template, methods } => {
                methods.take(&Method::POST) && template.matches(&format!("/{name}")).is_some()
            }
            Self::Payload => false,
        }
    }
}

impl TriggerKind {
    fn shown(&self) -> String {
        match self {
            Self::Http { .. } => "httpTrigger".to_owned(),
            Self::Timer => "timerTrigger".to_owned(),
            Self::Other(kind) => kind.clone(),
        }
    }

    /// Returns the `faas.trigger` of the semantic conventions.
    pub(crate) fn faas(&self) -> &'static str {
        let kind = match self {
            Self::Http { .. } => return "http",
            Self::Timer => return "timer",
            Self::Other(kind) => kind.to_ascii_lowercase(),
        };
        match kind.as_str() {
            "queuetrigger" | "servicebustrigger" | "eventhubtrigger" | "eventgridtrigger" | "kafkatrigger"
            | "rabbitmqtrigger" => "pubsub",
            "blobtrigger" | "cosmosdbtrigger" | "sqltrigger" => "datasource",
            _ => "other",
        }
    }
}

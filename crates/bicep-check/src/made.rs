//! The resources of a deployment, for tests that compare them with something else.

use crate::{
    ast::{DeclarationKind, Expression},
    graph::Order,
    plan::{Deployed, Plan},
    program::Program,
    value::Value,
};

/// The resources of a deployment, in the order of the files.
#[derive(Debug)]
pub struct DeployedResources {
    /// The resources.
    pub resources: Vec<MadeResource>,
    /// The name and the text of each output of the main file.
    pub outputs: Vec<(String, String)>,
}

/// A resource that a deployment makes.
#[derive(Debug)]
pub struct MadeResource {
    /// The type, without a version.
    pub of_type: String,
    /// The names from the top, with `/` between them. `‹what›` marks a part that only a deployment knows.
    pub name: String,
    /// The resource's ID: the same text in every property that holds it.
    pub id: String,
    /// The file that declares the resource.
    pub file: String,
    /// The symbol in that file.
    pub symbol: String,
    /// The ID of the resource that `scope` names.
    pub scope: Option<String>,
    /// The positions of the resources that are made before this one.
    pub after: Vec<usize>,
    body: Value,
}

impl DeployedResources {
    pub(crate) fn new(plan: &Plan<'_>) -> Self {
        let order = Order::new(plan);
        let made: Vec<&Deployed> = plan.made().collect();
        let resource = |deployed: &&Deployed| {
            let Deployed { resource, body, .. } = deployed;
            let after = made.iter().enumerate().filter(|(_, earlier)| order.is_after(resource, &earlier.resource));
            MadeResource {
                of_type: resource.type_name().to_owned(),
                name: resource.full_name().shown(),
                id: resource.id().shown(),
                file: plan.evaluator.program.path(resource.place.file).to_owned(),
                symbol: resource.symbol.clone(),
                scope: match body.get("scope") {
                    Some(Value::Resource(scope)) => Some(scope.id().shown()),
                    _ => None,
                },
                after: after.map(|(number, _)| number).collect(),
                body: body.clone(),
            }
        };
        let outputs = plan.outputs.iter().map(|(name, value)| (name.clone(), value.shown()));
        Self { resources: made.iter().map(resource).collect(), outputs: outputs.collect() }
    }

    /// Returns the resources of a type.
    pub fn of_type<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a MadeResource> {
        self.resources.iter().filter(move |resource| resource.of_type == name)
    }
}

impl MadeResource {
    /// Returns the text of a property by path; empty if there is no such property. `‹what›` marks parts that only a
    /// deployment knows.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        self.body.get(path).map(Value::shown).unwrap_or_default()
    }

    /// Returns the texts at a path, through the items of arrays.
    #[must_use]
    pub fn all(&self, path: &str) -> Vec<String> {
        let items = self.body.all(path).into_iter().flat_map(|value| match value {
            Value::Array(items) => items.iter().map(Value::shown).collect(),
            other => vec![other.shown()],
        });
        items.collect()
    }

    /// Returns name and text of each property of an object by path.
    #[must_use]
    pub fn texts(&self, path: &str) -> Vec<(String, String)> {
        let members = self.body.get(path).map(Value::members).unwrap_or_default();
        members.iter().map(|member| (member.name.clone(), member.value.shown())).collect()
    }
}

/// A parameter of a main file.
#[derive(Debug)]
pub struct Parameter {
    /// The parameter's name.
    pub name: String,
    /// The default as written, if it is a text; empty for any other default.
    pub default: Option<String>,
}

impl Program {
    /// Returns the parameters of a file.
    #[must_use]
    pub fn parameters(&self, path: &str) -> Vec<Parameter> {
        let file = self.number(path).map(|number| self.file(number));
        let declared = file.into_iter().flat_map(|file| file.of_kind(DeclarationKind::Param));
        let text = |value: &Expression| value.literal().unwrap_or_default().to_owned();
        declared.map(|param| Parameter { name: param.name.clone(), default: param.value.as_ref().map(text) }).collect()
    }
}

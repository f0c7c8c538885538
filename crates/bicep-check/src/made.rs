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
    /// Each of them.
    pub resources: Vec<MadeResource>,
    /// Name and text of each output of the main file.
    pub outputs: Vec<(String, String)>,
}

/// A resource that a deployment makes.
#[derive(Debug)]
pub struct MadeResource {
    /// The type, without a version.
    pub of_type: String,
    /// The names from the top, with `/` between them and `‹what›` for a part that only a deployment knows.
    pub name: String,
    /// Its ID: the same text in every property that holds it.
    pub id: String,
    /// The file that declares it.
    pub file: String,
    /// The symbol there.
    pub symbol: String,
    /// The resource that it stands on by `scope`, by ID.
    pub scope: Option<String>,
    /// By position: the resources that are made before it.
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

    /// The resources of a type.
    pub fn of_type<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a MadeResource> {
        self.resources.iter().filter(move |resource| resource.of_type == name)
    }
}

impl MadeResource {
    /// The text of a property by path, with `‹what›` for what only a deployment knows; empty without the property.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        self.body.get(path).map(Value::shown).unwrap_or_default()
    }

    /// The texts at a path, through the items of arrays.
    #[must_use]
    pub fn all(&self, path: &str) -> Vec<String> {
        let items = self.body.all(path).into_iter().flat_map(|value| match value {
            Value::Array(items) => items.iter().map(Value::shown).collect(),
            other => vec![other.shown()],
        });
        items.collect()
    }

    /// The properties of an object by path: name and text of each.
    #[must_use]
    pub fn texts(&self, path: &str) -> Vec<(String, String)> {
        let members = self.body.get(path).map(Value::members).unwrap_or_default();
        members.iter().map(|member| (member.name.clone(), member.value.shown())).collect()
    }
}

/// A parameter of a main file.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its default as written, if it is a text; empty for any other default.
    pub default: Option<String>,
}

impl Program {
    /// The parameters of a file.
    #[must_use]
    pub fn parameters(&self, path: &str) -> Vec<Parameter> {
        let file = self.number(path).map(|number| self.file(number));
        let declared = file.into_iter().flat_map(|file| file.of_kind(DeclarationKind::Param));
        let text = |value: &Expression| value.literal().unwrap_or_default().to_owned();
        declared.map(|param| Parameter { name: param.name.clone(), default: param.value.as_ref().map(text) }).collect()
    }
}

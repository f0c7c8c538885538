//! The resources of a deployment with one set of options.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    ast::{DeclarationKind, Form},
    evaluate::{Evaluator, Instance, Resource},
    program::{Program, Report},
    types,
    value::{SourcePlace, Value},
};

/// The parameters of the main file for one way to deploy.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name in messages.
    pub name: String,
    /// The name and the value of each parameter that is set. The other parameters keep their defaults.
    pub parameters: Vec<(String, Setting)>,
}

/// The value of a parameter.
#[derive(Clone, Debug)]
pub enum Setting {
    /// A boolean parameter.
    Bool(bool),
    /// A text parameter.
    Text(String),
}

/// A resource of a plan.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) resource: Rc<Resource>,
    pub(crate) body: Value,
    /// Every text in the body, with its place.
    pub(crate) texts: Vec<(String, SourcePlace)>,
}

impl Deployed {
    /// Returns the IDs in the body.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &(String, SourcePlace)> {
        self.texts.iter().filter(|(text, _)| text.starts_with("‹scope›/providers/"))
    }
}

/// The resources and outputs of a deployment.
pub(crate) struct Plan<'p> {
    pub(crate) evaluator: Evaluator<'p>,
    pub(crate) resources: Vec<Deployed>,
    /// The outputs of the main file.
    pub(crate) outputs: Vec<(String, Value)>,
}

impl Options {
    /// Makes options of this name, with these parameters.
    #[must_use]
    pub fn new(name: &str, parameters: &[(&str, Setting)]) -> Self {
        let parameters = parameters.iter().map(|(name, setting)| ((*name).to_owned(), setting.clone()));
        Self { name: name.to_owned(), parameters: parameters.collect() }
    }
}

impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        match text {
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            text => Self::Text(text.to_owned()),
        }
    }
}

impl<'p> Plan<'p> {
    /// Evaluates the main file and every module that it deploys.
    pub(crate) fn new(program: &'p Program, report: &'p Report<'p>, main: usize, options: Option<&'p Options>) -> Self {
        let evaluator = Evaluator::new(program, report, options.map(|options| options.name.as_str()));
        let parameters = options.iter().flat_map(|options| &options.parameters);
        let parameters: BTreeMap<String, Value> = parameters
            .map(|(name, setting)| {
                let value = match setting {
                    Setting::Bool(value) => Value::Bool(*value),
                    Setting::Text(text) => Value::text(text),
                };
                (name.clone(), value)
            })
            .collect();
        let root = evaluator.deploy(main, None, Some(true), parameters);
        let mut plan = Self { evaluator, resources: Vec::new(), outputs: Vec::new() };
        plan.walk(&root);
        plan
    }

    fn walk(&mut self, instance: &Rc<Instance>) {
        let program = self.evaluator.program;
        let file = program.file(instance.file);
        for declared in &file.declarations {
            let place = SourcePlace { file: instance.file, line: declared.line };
            match declared.kind {
                DeclarationKind::Resource => {
                    let resources = match self.evaluator.symbol(instance, &declared.name, place) {
                        Value::Resource(resource) => vec![resource],
                        Value::Resources(resources) => resources,
                        _ => Vec::new(),
                    };
                    for resource in resources.into_iter().filter(|resource| resource.deployed != Some(false)) {
                        let body = self.evaluator.body(&resource);
                        let mut texts = Vec::new();
                        all_texts(&body, resource.place, &mut texts);
                        self.resources.push(Deployed { resource, body, texts });
                    }
                }
                DeclarationKind::Module => {
                    if let Value::Module { instances, .. } = self.evaluator.symbol(instance, &declared.name, place) {
                        instances.iter().filter(|i| i.deployed != Some(false)).for_each(|inner| self.walk(inner));
                    }
                }
                DeclarationKind::Var | DeclarationKind::Param => {
                    drop(self.evaluator.symbol(instance, &declared.name, place))
                }
                DeclarationKind::Output => self.output(instance, declared),
                DeclarationKind::Type => {}
            }
        }
    }

    fn output(&mut self, instance: &Rc<Instance>, declared: &crate::ast::Declaration) {
        let Some(value) = &declared.value else { return };
        let of = types::declared(self.evaluator.program.file(instance.file), declared);
        let place = SourcePlace { file: instance.file, line: declared.line };
        let value = match value.form {
            Form::Other => return,
            _ => self.evaluator.expression(instance, &Vec::new(), value),
        };
        if instance.within.is_none() {
            self.outputs.push((declared.name.clone(), value.clone()));
        }
        let given = crate::value::Member { name: format!("output {}", declared.name), place, value };
        crate::rules::types::check_parameter(self.evaluator.report, &of, &given, &declared.name);
    }

    /// Returns the name of the options that the plan was made with.
    pub(crate) fn options(&self) -> &str {
        self.evaluator.options.unwrap_or("any options")
    }

    /// Returns the resources that this plan makes, without those that it only refers to.
    pub(crate) fn made(&self) -> impl Iterator<Item = &Deployed> {
        self.resources.iter().filter(|deployed| !deployed.resource.existing)
    }

    /// Returns the resources of a type that this plan makes.
    pub(crate) fn of_type<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Deployed> {
        self.made().filter(move |deployed| deployed.resource.type_name() == name)
    }
}

/// Collects every text in a value, with its place.
fn all_texts(value: &Value, place: SourcePlace, texts: &mut Vec<(String, SourcePlace)>) {
    match value {
        Value::Object(members) => {
            for member in members {
                texts.push((member.name.clone(), member.place));
                // Properties that only set the order hold no texts of interest.
                if member.name != "dependsOn" && member.name != "parent" {
                    all_texts(&member.value, member.place, texts);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| all_texts(item, place, texts)),
        other => texts.push((other.shown(), place)),
    }
}

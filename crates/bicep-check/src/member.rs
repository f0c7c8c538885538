//! Reads of properties: `reader.properties.clientId`, `vault.outputs.uri`.

use std::rc::Rc;

use crate::{
    ast::{DeclarationKind, Form},
    evaluate::{Evaluator, Instance, RULE, Resource, of_type},
    types::{self, ResourceType, Type, TypeKind},
    value::{SourcePlace, Text, Value},
};

impl Evaluator<'_> {
    pub(crate) fn member(
        &self,
        instance: &Rc<Instance>,
        of: &Value,
        name: &str,
        asserted: bool,
        place: SourcePlace,
    ) -> Value {
        match of {
            Value::Object(members) => match members.iter().find(|member| member.name == name) {
                Some(member) => member.value.clone(),
                None => {
                    let known: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
                    self.no_member(place, name, &known.join(", "))
                }
            },
            Value::Property { of, owner, .. } => match self.member_of_type(of, name, place) {
                Some(inner) => Value::Property { name: name.to_owned(), owner: owner.clone(), of: inner },
                None => Value::any(),
            },
            Value::Unknown(of) => self.member_of_type(of, name, place).map_or_else(Value::any, |of| of_type(name, of)),
            Value::Resource(resource) => self.property(resource, name, place),
            Value::Module { symbol, instances, outputs } => {
                self.output(instance, (symbol, instances, *outputs), name, asserted, place)
            }
            Value::OneOf(values) => {
                let each = values.iter().filter(|value| !matches!(value, Value::Null));
                Value::one_of(each.map(|value| self.member(instance, value, name, asserted, place)).collect())
            }
            Value::Text(_) | Value::Bool(_) | Value::Integer(_) | Value::Array(_) | Value::Resources(_) => {
                self.no_member(place, name, "")
            }
            Value::Null => Value::any(),
        }
    }

    fn no_member(&self, place: SourcePlace, name: &str, known: &str) -> Value {
        let known = if known.is_empty() { "no properties".to_owned() } else { known.to_owned() };
        self.report.add(RULE, place, format!("there is no property {name}; there is {known}"));
        Value::any()
    }

    fn member_of_type(&self, of: &Type, name: &str, place: SourcePlace) -> Option<Type> {
        match of.kind {
            TypeKind::Any | TypeKind::Switch => None,
            TypeKind::Object => match of.props.get(name).or(of.others.as_deref()) {
                Some(inner) => Some(inner.clone()),
                None => {
                    self.no_member(place, name, &names(of));
                    None
                }
            },
            TypeKind::Map => of.of.as_ref().map(|inner| inner.as_ref().clone()),
            TypeKind::Bool | TypeKind::Int | TypeKind::String | TypeKind::Enum | TypeKind::Array => {
                self.no_member(place, name, "");
                None
            }
        }
    }

    fn property(&self, resource: &Rc<Resource>, name: &str, place: SourcePlace) -> Value {
        match name {
            "id" => return Value::Text(resource.id()),
            "name" if !resource.is_graph() => return Value::Text(resource.name.clone()),
            "type" => return Value::text(resource.type_name()),
            "apiVersion" => return Value::any(),
            _ => {}
        }
        let Some(known) = types::resource_type(&resource.target) else { return Value::any() };
        let body = known.shape(&known.body);
        if body.kind != TypeKind::Object {
            return Value::any();
        }
        match body.props.get(name) {
            Some(of) => property_value(known, of, name, &resource.owner()),
            None => self.no_member(place, name, &names(body)),
        }
    }

    fn output(
        &self,
        instance: &Rc<Instance>,
        (symbol, instances, outputs): (&str, &[Rc<Instance>], bool),
        name: &str,
        asserted: bool,
        place: SourcePlace,
    ) -> Value {
        if !outputs {
            if name != "outputs" {
                return if name == "name" { Value::any() } else { self.no_member(place, name, "outputs, name") };
            }
            let call = self.program.file(instance.file).find(symbol).and_then(|call| call.value.as_ref());
            if !asserted && call.is_some_and(|call| matches!(call.form, Form::If { .. })) {
                let message = format!("{symbol} is deployed on a condition: write {symbol}!.outputs where it holds");
                self.report.add("conditions", place, message);
            }
            let (symbol, instances) = (symbol.to_owned(), instances.to_vec());
            return Value::Module { symbol, instances, outputs: true };
        }
        let Some(deployed) = instances.first() else { return Value::any() };
        let file = self.program.file(deployed.file);
        let Some(output) = file.of_kind(DeclarationKind::Output).find(|output| output.name == name) else {
            let known: Vec<&str> = file.of_kind(DeclarationKind::Output).map(|output| output.name.as_str()).collect();
            return self.no_member(place, name, &known.join(", "));
        };
        if deployed.deployed == Some(false) {
            let message = format!(
                "{symbol} has no outputs with the options {}, which do not deploy it: ask for its condition first",
                self.options.unwrap_or_default()
            );
            self.report.add("conditions", place, message);
            return of_type(name, types::declared(file, output));
        }
        match &output.value {
            Some(value) => self.expression(deployed, &Vec::new(), value),
            None => Value::any(),
        }
    }
}

impl Resource {
    /// Returns the type without its version.
    pub(crate) fn type_name(&self) -> &str {
        self.target.split('@').next().unwrap_or_default()
    }

    pub(crate) fn is_graph(&self) -> bool {
        self.target.starts_with("Microsoft.Graph/")
    }

    /// Returns the names from the top, with `/` between them.
    pub(crate) fn full_name(&self) -> Text {
        let mut name = self.parent.as_ref().map(|parent| parent.full_name()).unwrap_or_default();
        if !name.0.is_empty() {
            name.push(Text::literal("/"));
        }
        name.push(self.name.clone());
        name
    }

    /// Returns an ID that is the same in each file that names the resource.
    pub(crate) fn id(&self) -> Text {
        if self.is_graph() {
            return Text::hole(format!("id of {}", self.symbol), 36, 36);
        }
        let mut id = Text::id(Text::literal(self.type_name()));
        id.push(Text::literal("/"));
        id.push(self.full_name());
        id
    }

    /// Returns the resource's name as the owner of a property.
    pub(crate) fn owner(&self) -> String {
        if self.is_graph() { self.symbol.clone() } else { self.full_name().shown() }
    }
}

fn property_value(known: &ResourceType, of: &Type, name: &str, owner: &str) -> Value {
    let shape = known.shape(of);
    if shape.is_object() {
        let mut shape = shape.clone();
        for inner in shape.props.values_mut() {
            *inner = known.shape(inner).clone();
        }
        return Value::Property { name: name.to_owned(), owner: owner.to_owned(), of: shape };
    }
    Value::Property { name: name.to_owned(), owner: owner.to_owned(), of: shape.clone() }
}

fn names(of: &Type) -> String {
    of.props.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

//! Azure's types from `data/types.json`, read once, and the types that Bicep files declare, in the same form.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::ast::{Declaration, DeclarationKind, Expression, File, Form};

/// The type of a value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Type {
    pub(crate) kind: TypeKind,
    /// The name of another type, in the table of the resource.
    #[serde(rename = "ref")]
    refers_to: Option<String>,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    /// The texts of an enum.
    pub(crate) values: Vec<String>,
    /// Whether the enum also takes other texts.
    pub(crate) open: bool,
    /// The type of an array's items or of a map's values.
    pub(crate) of: Option<Box<Type>>,
    pub(crate) props: BTreeMap<String, Type>,
    /// The type of properties with any other name.
    pub(crate) others: Option<Box<Type>>,
    /// The least number, or the least number of letters or items.
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) pattern: Option<String>,
    /// The property that picks one of `cases`.
    pub(crate) on: Option<String>,
    pub(crate) cases: BTreeMap<String, Type>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TypeKind {
    #[default]
    Any,
    Bool,
    Int,
    String,
    Enum,
    Array,
    Map,
    Object,
    Switch,
}

/// One resource type in one version.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResourceType {
    pub(crate) scopes: Vec<String>,
    pub(crate) body: Type,
    shapes: BTreeMap<String, Type>,
}

#[derive(Deserialize)]
struct Table {
    versions: BTreeMap<String, Vec<String>>,
    types: BTreeMap<String, ResourceType>,
}

static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| {
    let mut table: Table = serde_json::from_str(include_str!("../data/types.json")).ok()?;
    let added: Table = serde_json::from_str(include_str!("../data/types-added.json")).ok()?;
    table.versions.extend(added.versions);
    table.types.extend(added.types);
    Some(table)
});

/// Returns the existing versions of a resource type; `None` for a type that the table does not have.
pub(crate) fn versions(of_type: &str) -> Option<&'static [String]> {
    TABLE.as_ref()?.versions.get(of_type).map(Vec::as_slice)
}

/// Returns a resource type by `Type@version`.
pub(crate) fn resource_type(target: &str) -> Option<&'static ResourceType> {
    TABLE.as_ref()?.types.get(target)
}

impl ResourceType {
    /// Returns the type itself, or the shape that it refers to.
    pub(crate) fn shape<'a>(&'a self, of: &'a Type) -> &'a Type {
        let mut at = of;
        while let Some(name) = &at.refers_to {
            match self.shapes.get(name) {
                Some(shape) => at = shape,
                None => break,
            }
        }
        at
    }
}

impl Type {
    pub(crate) fn from_kind(kind: TypeKind) -> Self {
        Self { kind, ..Self::default() }
    }

    fn literal(text: &str) -> Self {
        Self { values: vec![text.to_owned()], ..Self::from_kind(TypeKind::Enum) }
    }

    /// Returns the name of the type in messages.
    pub(crate) fn title(&self) -> String {
        match self.kind {
            TypeKind::Any => "any value".to_owned(),
            TypeKind::Bool => "true or false".to_owned(),
            TypeKind::Int => "a number".to_owned(),
            TypeKind::String => "a text".to_owned(),
            TypeKind::Enum => format!("one of {}", self.values.join(", ")),
            TypeKind::Array => "an array".to_owned(),
            TypeKind::Map | TypeKind::Object | TypeKind::Switch => "an object".to_owned(),
        }
    }

    /// Reports whether values of the type can have properties.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self.kind, TypeKind::Map | TypeKind::Object | TypeKind::Switch)
    }
}

/// Returns the type of a parameter or output, with the limits that its decorators set.
pub(crate) fn declared(file: &File, declaration: &Declaration) -> Type {
    let mut of = declaration.declared_type.as_ref().map(|written| from_syntax(file, written)).unwrap_or_default();
    let number = |name: &str| match &declaration.decorator(name)?.arguments.first()?.form {
        Form::Integer(number) => Some(*number),
        _ => None,
    };
    of.min = number("minLength").or(number("minValue")).or(of.min);
    of.max = number("maxLength").or(number("maxValue")).or(of.max);
    if let Some(allowed) = declaration.decorator("allowed")
        && let Some(Form::Array(items)) = allowed.arguments.first().map(|argument| &argument.form)
    {
        of.kind = TypeKind::Enum;
        of.values = items.iter().filter_map(|item| item.literal()).map(str::to_owned).collect();
    }
    of.required = declaration.value.is_none() || declaration.kind == DeclarationKind::Output;
    of
}

fn from_syntax(file: &File, written: &Expression) -> Type {
    match &written.form {
        Form::Name(name) => match name.as_str() {
            "string" | "secureString" => Type::from_kind(TypeKind::String),
            "int" => Type::from_kind(TypeKind::Int),
            "bool" => Type::from_kind(TypeKind::Bool),
            "array" => Type::from_kind(TypeKind::Array),
            "object" | "secureObject" => Type { others: Some(Box::default()), ..Type::from_kind(TypeKind::Object) },
            other => {
                let alias = file.of_kind(DeclarationKind::Type).find(|declared| declared.name == other);
                alias.and_then(|alias| alias.declared_type.as_ref()).map(|of| from_syntax(file, of)).unwrap_or_default()
            }
        },
        Form::Text(_) => written.literal().map(Type::literal).unwrap_or_default(),
        Form::Union(members) => {
            let texts = members.iter().filter_map(|member| member.literal()).map(str::to_owned);
            Type { values: texts.collect(), ..Type::from_kind(TypeKind::Enum) }
        }
        Form::ArrayOf(of) => Type { of: Some(Box::new(from_syntax(file, of))), ..Type::from_kind(TypeKind::Array) },
        Form::Nullable(of) => Type { required: false, ..from_syntax(file, of) },
        Form::Object(properties) => {
            let mut of = Type::from_kind(TypeKind::Object);
            for property in properties {
                let required = !matches!(property.value.form, Form::Nullable(_));
                let inner = Type { required, ..from_syntax(file, &property.value) };
                if property.name == "*" {
                    of.others = Some(Box::new(inner));
                } else {
                    of.props.insert(property.name.clone(), inner);
                }
            }
            of
        }
        _ => Type::default(),
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn the_table_of_types_is_read_whole() {
        let table = TABLE.as_ref().expect("types.json is of the form that this crate reads");
        assert!(table.versions.len() >= 36, "{}", table.versions.len());
        for (target, of) in &table.types {
            let (name, version) = target.split_once('@').expect("a type has a version");
            assert!(table.versions[name].iter().any(|known| known == version), "{target}");
            check_shapes(of, &of.body);
            of.shapes.values().for_each(|shape| check_shapes(of, shape));
        }
    }

    fn check_shapes(resource: &ResourceType, of: &Type) {
        if let Some(name) = &of.refers_to {
            assert!(resource.shapes.contains_key(name), "{name}");
        }
        if let Some(pattern) = &of.pattern {
            Regex::new(pattern).expect("a pattern of the table is a regular expression");
        }
        let boxed = [&of.of, &of.others].into_iter().flatten().map(AsRef::as_ref);
        let inner = of.props.values().chain(of.cases.values()).chain(boxed);
        inner.for_each(|inner| check_shapes(resource, inner));
    }
}

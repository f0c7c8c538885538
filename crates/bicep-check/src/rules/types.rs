//! Rule: a resource has the properties of its type, each of the right kind, and a module gets parameters of the
//! declared types.

use super::hints;
use crate::{
    patterns,
    plan::Deployed,
    program::{Program, Report},
    types::{self, ResourceType, Type, TypeKind},
    value::{Member, SourcePlace, Text, Value},
};

const RULE: &str = "types";

/// Properties of the language, not of a resource.
pub(super) const OF_BICEP: [&str; 4] = ["parent", "dependsOn", "scope", "asserts"];

/// Values that Azure takes, but its types do not list yet: resource, property, value. Where a list is open, the
/// compiler lets any text pass, even typing mistakes; this rule does not.
const NEWER: [(&str, &str, &str); 1] = [("Microsoft.ApiManagement/service", "sku.name", "PremiumV2")];

/// Compares every resource of a plan with its type.
pub(crate) fn check(report: &Report<'_>, program: &Program, resources: &[Deployed]) {
    for Deployed { resource, body, .. } in resources {
        let target = resource.target.as_str();
        let place = resource.place;
        let (name, version) = target.split_once('@').unwrap_or((target, ""));
        let Some(versions) = types::versions(name) else {
            report.add(RULE, place, format!("{name} is not in data/types.json: add it there to have it checked"));
            continue;
        };
        if !versions.iter().any(|known| known == version) {
            let newest = versions.last().map(String::as_str).unwrap_or_default();
            report.add(RULE, place, format!("{name} has no version {version:?}; the newest is {newest}"));
            continue;
        }
        let Some(known) = types::resource_type(target) else {
            report.add(
                RULE,
                place,
                format!("{target} is not in data/types.json: add it there, or use a version that is"),
            );
            continue;
        };
        let file_scope = program.file(place.file).target_scope.as_str();
        if !known.scopes.iter().any(|scope| scope == file_scope) {
            let message =
                format!("{name} is deployed to {}; this file deploys to {file_scope}", known.scopes.join(" or "));
            report.add(RULE, place, message);
        }
        if resource.existing {
            continue;
        }
        if let Some(scope) = body.place_of("scope")
            && !known.scopes.iter().any(|known| known == "extension")
        {
            report.add(RULE, scope, format!("{name} belongs to its parent or its module's scope; it takes no scope"));
        }
        let checker = Checker { report, known, resource: name };
        checker.value(body, &known.body, place, "");
    }
}

/// Compares a parameter with the module's declaration.
pub(crate) fn check_parameter(report: &Report<'_>, of: &Type, given: &Member, module: &str) {
    let nothing = ResourceType::default();
    let checker = Checker { report, known: &nothing, resource: module };
    checker.value(&given.value, of, given.place, &given.name);
}

struct Checker<'a> {
    report: &'a Report<'a>,
    known: &'a ResourceType,
    resource: &'a str,
}

impl Checker<'_> {
    fn add(&self, place: SourcePlace, path: &str, message: &str) {
        let path = if path.is_empty() { self.resource } else { path };
        self.report.add(RULE, place, format!("{path}: {message}"));
    }

    fn value(&self, value: &Value, of: &Type, place: SourcePlace, path: &str) {
        let of = self.known.shape(of);
        let is = |kinds: &[TypeKind]| of.kind == TypeKind::Any || kinds.contains(&of.kind);
        let fits = match value {
            Value::OneOf(values) => {
                // The empty text stands for "not deployed". Another condition keeps it from being used.
                let used = values.iter().filter(|value| !matches!(value, Value::Text(text) if text.0.is_empty()));
                used.for_each(|value| self.value(value, of, place, path));
                true
            }
            Value::Null => !of.required,
            Value::Bool(_) => is(&[TypeKind::Bool]),
            Value::Integer(number) => {
                self.number(*number, of, place, path);
                is(&[TypeKind::Int])
            }
            Value::Text(text) => {
                self.text(text, of, place, path);
                is(&[TypeKind::String, TypeKind::Enum])
            }
            Value::Array(items) => {
                self.array(items, of, place, path);
                is(&[TypeKind::Array])
            }
            Value::Object(members) => {
                self.object(members, of, place, path);
                is(&[TypeKind::Object, TypeKind::Map, TypeKind::Switch])
            }
            Value::Property { of: given, .. } | Value::Unknown(given) => self.kinds_agree(given.kind, of.kind),
            Value::Resource(_) | Value::Resources(_) | Value::Module { .. } => of.kind == TypeKind::Any,
        };
        if !fits {
            self.add(place, path, &format!("it must be {}, not {}", of.title(), title(value)));
        }
    }

    fn kinds_agree(&self, given: TypeKind, wanted: TypeKind) -> bool {
        let group = |kind: TypeKind| match kind {
            TypeKind::Any => 0,
            TypeKind::String | TypeKind::Enum => 1,
            TypeKind::Object | TypeKind::Map | TypeKind::Switch => 2,
            TypeKind::Bool => 3,
            TypeKind::Int => 4,
            TypeKind::Array => 5,
        };
        group(given) == 0 || group(wanted) == 0 || group(given) == group(wanted)
    }

    fn number(&self, number: i64, of: &Type, place: SourcePlace, path: &str) {
        if of.kind == TypeKind::Int
            && (of.min.is_some_and(|min| number < min) || of.max.is_some_and(|max| number > max))
        {
            self.add(place, path, &format!("{number} is outside {}", range(of)));
        }
    }

    fn text(&self, text: &Text, of: &Type, place: SourcePlace, path: &str) {
        match (of.kind, text.known()) {
            (TypeKind::Enum, Some(text)) if !of.values.iter().any(|value| value == text) => {
                let newer = of.open && NEWER.contains(&(self.resource, path, text));
                let near = of.values.iter().find(|value| value.eq_ignore_ascii_case(text));
                let right = near.map_or_else(|| format!("it must be {}", of.title()), |near| format!("write '{near}'"));
                if !newer {
                    self.add(place, path, &format!("'{text}' is not allowed; {right}"));
                }
            }
            (TypeKind::String, known) => {
                let (least, most) = text.length();
                let limit = |limit: Option<i64>| limit.and_then(|limit| usize::try_from(limit).ok());
                let short = limit(of.min).is_some_and(|min| most < min);
                // A part of unlimited length passes, because only a deployment knows its length.
                let long = limit(of.max).is_some_and(|max| least > max || (most > max && most != usize::MAX));
                if short || long {
                    let shown = text.shown();
                    self.add(
                        place,
                        path,
                        &format!("'{shown}' has {} letters; allowed are {}", most.max(least), range(of)),
                    );
                }
                if let (Some(known), Some(pattern)) = (known, &of.pattern)
                    && !patterns::matches(pattern, known)
                {
                    self.add(place, path, &format!("'{known}' does not match {pattern}"));
                }
            }
            _ => {}
        }
    }

    fn array(&self, items: &[Value], of: &Type, place: SourcePlace, path: &str) {
        if of.kind != TypeKind::Array {
            return;
        }
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if of.min.is_some_and(|min| count < min) || of.max.is_some_and(|max| count > max) {
            self.add(place, path, &format!("{count} items; allowed are {}", range(of)));
        }
        if let Some(item_type) = &of.of {
            items.iter().for_each(|item| self.value(item, item_type, place, path));
        }
    }

    fn object(&self, members: &[Member], of: &Type, place: SourcePlace, path: &str) {
        let of = match self.picked(members, of) {
            Some(case) => case,
            None => of,
        };
        match of.kind {
            TypeKind::Map => {
                for member in members {
                    if let Some(value_type) = &of.of {
                        self.value(&member.value, value_type, member.place, &join(path, &member.name));
                    }
                }
            }
            TypeKind::Object => {
                members.iter().for_each(|member| self.member(member, of, path));
                let given = |name: &str| members.iter().any(|member| member.name == name);
                let needed = of.props.iter().filter(|(_, prop)| prop.required && !prop.read_only);
                for (name, prop) in needed.filter(|(name, _)| !given(name)) {
                    self.add(place, path, &format!("{name} is missing; it must be {}", self.known.shape(prop).title()));
                }
            }
            _ => {}
        }
    }

    /// Returns the case of a type that depends on the value of one property.
    fn picked<'t>(&'t self, members: &[Member], of: &'t Type) -> Option<&'t Type> {
        let on = of.on.as_deref()?;
        let value = members.iter().find(|member| member.name == on)?.value.as_text()?;
        of.cases.get(value.known()?).map(|case| self.known.shape(case))
    }

    fn member(&self, member: &Member, of: &Type, path: &str) {
        if path.is_empty() && OF_BICEP.contains(&member.name.as_str()) {
            return;
        }
        let inner = join(path, &member.name);
        match of.props.get(&member.name) {
            Some(prop) if prop.read_only => {
                let right = if member.name == "scope" { "; write scope beside name" } else { "" };
                self.add(member.place, &inner, &format!("Azure sets it, a template cannot{right}"));
            }
            Some(prop) => self.value(&member.value, prop, member.place, &inner),
            None => match &of.others {
                Some(other) => self.value(&member.value, other, member.place, &inner),
                None => self.add(member.place, &inner, &hints::for_unknown(self.known, &member.name, of)),
            },
        }
    }
}

pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn range(of: &Type) -> String {
    match (of.min, of.max) {
        (Some(min), Some(max)) if min == max => min.to_string(),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("{max} or fewer"),
        (None, None) => "any number".to_owned(),
    }
}

fn title(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => format!("the text '{}'", text.shown()),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Property { of, .. } | Value::Unknown(of) => of.title(),
        Value::OneOf(_) => "a choice".to_owned(),
        Value::Resource(_) | Value::Resources(_) => "a resource; write .id or .name after it".to_owned(),
        Value::Module { .. } => "a module; write .outputs. and an output after it".to_owned(),
    }
}

//! Rule: a file is Bicep, every parameter and variable is used, every name is declared once, and every decorator
//! exists.

use std::collections::BTreeSet;

use crate::{
    ast::{DeclarationKind, File, Form},
    program::{Program, Report},
    value::SourcePlace,
};

const RULE: &str = "symbols";

const DECORATORS: [&str; 11] = [
    "allowed",
    "batchSize",
    "description",
    "discriminator",
    "export",
    "maxLength",
    "maxValue",
    "metadata",
    "minLength",
    "minValue",
    "secure",
];

/// The types of the language.
const TYPES: [&str; 7] = ["array", "bool", "int", "object", "secureObject", "secureString", "string"];

/// Checks each file separately. Undeclared names are found where they are evaluated.
pub(crate) fn check(report: &Report<'_>, program: &Program) {
    for (number, _, file) in program.files() {
        for line in &file.errors {
            report.add("syntax", SourcePlace { file: number, line: *line }, "this is no Bicep");
        }
        let used = used(file);
        unknown_types(report, number, file);
        repeated_properties(report, number, file);
        let mut declared_names = BTreeSet::new();
        for declared in &file.declarations {
            let place = SourcePlace { file: number, line: declared.line };
            let name = &declared.name;
            if declared.kind != DeclarationKind::Output && !declared_names.insert(name.as_str()) {
                report.add(RULE, place, format!("{name} is declared twice"));
            }
            if matches!(declared.kind, DeclarationKind::Param | DeclarationKind::Var | DeclarationKind::Type)
                && !used.contains(name.as_str())
            {
                report.add(RULE, place, format!("{name} is not used: remove it"));
            }
            for decorator in &declared.decorators {
                if !DECORATORS.contains(&decorator.name.as_str()) {
                    let message =
                        format!("there is no decorator {}; there is {}", decorator.name, DECORATORS.join(", "));
                    report.add(RULE, SourcePlace { file: number, line: decorator.line }, message);
                }
            }
        }
    }
}

fn used(file: &File) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    for declared in &file.declarations {
        let arguments = declared.decorators.iter().flat_map(|decorator| &decorator.arguments);
        for expression in declared.value.iter().chain(&declared.declared_type).chain(arguments) {
            expression.walk(&mut |inner| {
                if let Form::Name(name) = &inner.form {
                    used.insert(name.as_str());
                }
            });
        }
    }
    used
}

fn unknown_types(report: &Report<'_>, number: usize, file: &File) {
    for written in file.declarations.iter().filter_map(|declared| declared.declared_type.as_ref()) {
        written.walk(&mut |inner| {
            let Form::Name(name) = &inner.form else { return };
            let is_declared = file.of_kind(DeclarationKind::Type).any(|declared| declared.name == *name);
            if !is_declared && !TYPES.contains(&name.as_str()) {
                report.add(RULE, SourcePlace { file: number, line: inner.line }, format!("there is no type {name}"));
            }
        });
    }
}

fn repeated_properties(report: &Report<'_>, number: usize, file: &File) {
    for value in file.declarations.iter().filter_map(|declared| declared.value.as_ref()) {
        value.walk(&mut |inner| {
            let Form::Object(properties) = &inner.form else { return };
            let mut names = BTreeSet::new();
            for property in properties.iter().filter(|property| !names.insert(&property.name)) {
                let place = SourcePlace { file: number, line: property.line };
                report.add(RULE, place, format!("{} is set twice", property.name));
            }
        });
    }
}

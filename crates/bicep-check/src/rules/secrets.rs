//! Rule: no key leaves a template, and no key enters through a parameter that Azure would log.

use crate::{
    ast::{DeclarationKind, Form},
    program::{Program, Report},
    value::SourcePlace,
};

const RULE: &str = "secrets";

/// Properties that hold a key, or that can make one.
const SECRET_PROPERTIES: [&str; 8] = [
    "ConnectionString",
    "InstrumentationKey",
    "connectionString",
    "key1",
    "primaryKey",
    "primarySharedKey",
    "secondaryKey",
    "sharedKey",
];

const SECRET_WORDS: [&str; 4] = ["password", "secretvalue", "apikey", "accountkey"];

/// Checks parameters and outputs of every file. Calls of `listKeys` are found where they are evaluated.
pub(crate) fn check(report: &Report<'_>, program: &Program) {
    for (number, _, file) in program.files() {
        for declared in &file.declarations {
            let place = SourcePlace { file: number, line: declared.line };
            let name = declared.name.to_lowercase();
            let is_secret = SECRET_WORDS.iter().any(|word| name.contains(word));
            match declared.kind {
                DeclarationKind::Param if is_secret && declared.decorator("secure").is_none() => {
                    let message = format!("{} is logged with the deployment: write @secure() above it", declared.name);
                    report.add(RULE, place, message);
                }
                DeclarationKind::Output => {
                    let mut held = None;
                    if let Some(value) = &declared.value {
                        value.walk(&mut |inner| match &inner.form {
                            Form::Member { name, .. } if SECRET_PROPERTIES.contains(&name.as_str()) => {
                                held = Some(name.clone());
                            }
                            _ => {}
                        });
                    }
                    if let Some(held) = held {
                        let message =
                            format!("the output {} shows {held} to every reader of deployments", declared.name);
                        report.add(RULE, place, message);
                    }
                }
                _ => {}
            }
        }
    }
}

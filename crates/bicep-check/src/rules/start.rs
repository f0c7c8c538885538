//! Rule: names, conditions and loops are known when a deployment starts. An output of another module, or a value that
//! Azure sets, comes too late: it has to be the parameter of a module.

use crate::{
    ast::{DeclarationKind, Expression, File, Form},
    program::{Program, Report},
    value::SourcePlace,
};

const RULE: &str = "start";

/// Checks each file separately.
pub(crate) fn check(report: &Report<'_>, program: &Program) {
    for (number, _, file) in program.files() {
        for declared in file
            .declarations
            .iter()
            .filter(|one| matches!(one.kind, DeclarationKind::Resource | DeclarationKind::Module))
        {
            let name = declared.body().and_then(|body| body.property("name")).map(|name| ("its name", &name.value));
            let mut parts: Vec<(&str, &Expression)> = name.into_iter().collect();
            let mut at = declared.value.as_ref();
            while let Some(value) = at {
                at = match &value.form {
                    Form::Loop { over, body, .. } => {
                        parts.push(("its loop", over));
                        Some(body)
                    }
                    Form::If { condition, body } => {
                        parts.push(("its condition", condition));
                        Some(body)
                    }
                    _ => None,
                };
            }
            for (part, expression) in parts {
                if let Some(late) = late(file, expression, 0) {
                    let message = format!(
                        "{} takes {part} from {late}, which is known too late: pass it to a module as a parameter",
                        declared.name
                    );
                    report.add(RULE, SourcePlace { file: number, line: expression.line }, message);
                }
            }
        }
    }
}

/// Returns the first output or property in an expression that only a deployment knows.
fn late(file: &File, expression: &Expression, depth: usize) -> Option<String> {
    let mut found = None;
    expression.walk(&mut |inner| match &inner.form {
        Form::Member { of, name, .. } if found.is_none() => {
            let Form::Name(symbol) = &of.form else { return };
            let kind = file.find(symbol).filter(|declared| !declared.existing).map(|declared| declared.kind);
            let is_late = match kind {
                Some(DeclarationKind::Module) => name == "outputs",
                Some(DeclarationKind::Resource) => !["id", "name", "type", "apiVersion"].contains(&name.as_str()),
                _ => false,
            };
            if is_late {
                found = Some(format!("{symbol}.{name}"));
            }
        }
        Form::Name(symbol) if found.is_none() && depth < 8 => {
            let variable = file.find(symbol).filter(|declared| declared.kind == DeclarationKind::Var);
            found =
                variable.and_then(|variable| variable.value.as_ref()).and_then(|value| late(file, value, depth + 1));
        }
        _ => {}
    });
    found
}

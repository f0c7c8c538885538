//! `switch`: labels are constants, each once, and no section falls into the next.

use std::collections::HashSet;

use super::{Checker, Typed, error, flow};
use crate::{
    problem::ParseError,
    program::{Code, Section, Step},
    syntax::{self, Expr, StatementKind},
    types::Type,
};

impl Checker {
    pub(super) fn switch(&mut self, subject: &Expr, sections: &[syntax::Section]) -> Result<Step, ParseError> {
        let subject_value = self.value(subject)?;
        let class = subject_value.class.clone();
        self.scoped(|checker| checker.sections(subject, subject_value, &class, sections))
    }

    /// The sections of a `switch` have one scope together.
    fn sections(
        &mut self,
        subject: &Expr,
        subject_value: Typed,
        class: &Type,
        sections: &[syntax::Section],
    ) -> Result<Step, ParseError> {
        let mut checked = Vec::new();
        // All labels are of one type, so that equal ones have one text; none is `default`.
        let mut known = HashSet::new();
        for section in sections {
            let mut labels = Vec::new();
            for label in &section.labels {
                let value = match label {
                    None => None,
                    Some(label) => match self.expect(label, class)? {
                        Code::Constant(value) => Some(value),
                        _ => return Err(error(label.at, "A constant value is expected")),
                    },
                };
                if !known.insert(value.as_ref().map(|value| (value.is_null(), value.to_text().ok()))) {
                    let at = label.as_ref().map_or(subject.at, |label| label.at);
                    return Err(error(at, "The switch statement contains multiple cases with the same label value"));
                }
                labels.push(value);
            }
            let ends = flow::always_leaves(&section.body)
                || matches!(
                    section.body.last().map(|last| &last.kind),
                    Some(StatementKind::Break | StatementKind::Continue | StatementKind::Block(_))
                );
            if !ends {
                return Err(error(subject.at, "Control cannot fall through from one case label to another"));
            }
            self.breakable += 1;
            let body = self.statements(&section.body);
            self.breakable -= 1;
            checked.push(Section { labels, body: body? });
        }
        Ok(Step::Switch { subject: subject_value.code, sections: checked })
    }
}

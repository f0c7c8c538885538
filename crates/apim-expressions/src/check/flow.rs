//! Whether control can reach the end of a block: C# wants a `return` on every path.

use crate::syntax::{Block, Expr, ExprKind, Statement, StatementKind};

/// Whether every way through the statements ends in `return`, `throw`, or a loop without end.
pub(super) fn always_leaves(statements: &[Statement]) -> bool {
    statements.iter().any(leaves)
}

fn leaves(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Return(_) | StatementKind::Throw(_) => true,
        StatementKind::Block(body) | StatementKind::Checked(_, body) | StatementKind::Using { body, .. } => {
            always_leaves(body)
        }
        StatementKind::If { branches, otherwise } => {
            let all = branches.iter().all(|(condition, body)| always_leaves(body) || is(condition, false));
            let first_is_always =
                branches.first().is_some_and(|(condition, body)| is(condition, true) && always_leaves(body));
            first_is_always || all && otherwise.as_deref().is_some_and(always_leaves)
        }
        StatementKind::While { condition, body } => is(condition, true) && !body.iter().any(breaks),
        StatementKind::DoWhile { condition, body } => {
            always_leaves(body) || is(condition, true) && !body.iter().any(breaks)
        }
        StatementKind::For { condition, body, .. } => {
            condition.as_ref().is_none_or(|condition| is(condition, true)) && !body.iter().any(breaks)
        }
        StatementKind::Switch { sections, .. } => {
            let default = sections.iter().any(|section| section.labels.iter().any(Option::is_none));
            default && sections.iter().all(|section| always_leaves(&section.body) && !section.body.iter().any(breaks))
        }
        StatementKind::Try { body, catches, finally } => {
            let normal = always_leaves(body) && catches.iter().all(|catch| always_leaves(&catch.body));
            normal || finally.as_deref().is_some_and(always_leaves)
        }
        _ => false,
    }
}

fn is(condition: &Expr, value: bool) -> bool {
    matches!(condition.kind, ExprKind::Bool(constant) if constant == value)
}

/// Whether a `break` in the statement would leave the loop or switch around it.
fn breaks(statement: &Statement) -> bool {
    let any = |body: &Block| body.iter().any(breaks);
    match &statement.kind {
        StatementKind::Break => true,
        StatementKind::Block(body) | StatementKind::Checked(_, body) | StatementKind::Using { body, .. } => any(body),
        StatementKind::If { branches, otherwise } => {
            branches.iter().any(|(_, body)| any(body)) || otherwise.as_ref().is_some_and(any)
        }
        StatementKind::Try { body, catches, finally } => {
            any(body) || catches.iter().any(|catch| any(&catch.body)) || finally.as_ref().is_some_and(any)
        }
        _ => false,
    }
}

//! The line of a seed file that has a problem.

/// Finds the line, from 1, of the last name that the problem quotes. If the problem begins with a table, as
/// `role_assignments: no identity "x"` does, the line is in that table, else anywhere. If a name is defined twice, the
/// last definition counts.
pub(super) fn of(text: &str, problem: &str) -> Option<usize> {
    let quoted = problem.split('"').skip(1).step_by(2).last()?;
    let value = format!("\"{quoted}\"");
    let table = problem.split([':', ' ']).next().unwrap_or_default();
    let mut in_table = false;
    let (mut within, mut anywhere) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.starts_with('[') && line.ends_with(']') && !line.contains('"') {
            let name = line.trim_matches(['[', ']']);
            in_table =
                name == table || name.starts_with(&format!("{table}.")) || table.starts_with(&format!("{name}."));
        }
        if !line.starts_with('#') && line.contains(&value) {
            anywhere.push(number);
            if in_table {
                within.push(number);
            }
        }
    }
    if problem.contains("twice") {
        return anywhere.last().copied();
    }
    within.first().or(anywhere.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_name_is_found_in_the_table_of_the_problem() {
        let text = "[[identities]]\nname = \"a\"\n\n# \"b\"\n[[role_assignments]]\nidentity = \"a\"\n\n[[role_assignments]]\nidentity = \"b\"\n";
        assert_eq!(of(text, "role_assignments: no identity \"b\""), Some(9));
        assert_eq!(of(text, "role_assignments: no identity \"a\""), Some(6));
        assert_eq!(of(text, "identity \"a\" is defined twice"), Some(6));
        assert_eq!(of(text, "role_assignments: a scope is { vault }"), None);
    }
}

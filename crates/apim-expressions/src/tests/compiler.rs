//! Code that the C# compiler refuses, cause by cause. Each line of the table was compiled as C# 7.3.

use crate::Expression;

#[test]
fn what_the_compiler_refuses_is_refused() {
    let taken: Vec<&str> = include_str!("compiler.txt")
        .lines()
        .filter(|line| line.starts_with('@') && Expression::parse(line).is_ok())
        .collect();
    assert!(taken.is_empty(), "{} are taken:\n{}", taken.len(), taken.join("\n"));
}

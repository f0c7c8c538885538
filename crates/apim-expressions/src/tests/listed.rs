//! API Management's list of types: the types that load here, and the types that are left out, by name.

use crate::{
    members,
    types::{
        class::CLASSES,
        names::{class, is_listed},
    },
};

const LIST: &str = include_str!("listed.txt");

#[test]
fn every_listed_type_loads_or_is_refused_by_name() {
    let unknown: Vec<&str> = LIST.lines().filter(|name| !is_listed(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_readme_says_how_much_of_the_list_loads() {
    let all = LIST.lines().count();
    let left_out: Vec<&str> = LIST.lines().filter(|name| class(name).is_none()).collect();
    let rows: usize = CLASSES.iter().map(|description| members::of(description.class).count()).sum();
    let said = format!("{} of the {all} listed types load, with {rows} rows of members", all - left_out.len());
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&said), "{said}");
    for name in left_out {
        let short = name.rsplit('.').next().unwrap_or(name);
        assert!(readme.contains(&format!("`{short}`")), "{name} is left out without a word");
    }
}

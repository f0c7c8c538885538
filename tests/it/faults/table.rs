//! The table of docs/reliability.md.

use local_azure::fault::Fault;

use super::cell::Function;
use crate::rig::project;

const BEGIN: &str = "<!-- the matrix; tests/it/faults reads it -->";
const END: &str = "<!-- the end of the matrix -->";

/// The entry of a function that does not call the service.
const NOT_CALLED: &str = "–";

/// One fault, and the promise for each function that it strikes.
pub(super) struct Row {
    pub(super) spec: String,
    pub(super) fault: Fault,
    pub(super) cells: Vec<(Function, String)>,
}

pub(super) fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(project().join("docs/reliability.md")).unwrap();
    let table = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).unwrap().0;
    let mut lines = table.lines().filter(|line| line.starts_with('|')).map(cells);
    let functions: Vec<Function> = lines.next().unwrap().iter().skip(1).map(|name| function(name)).collect();
    lines.skip(1).map(|line| row(&line, &functions)).collect()
}

fn cells(line: &str) -> Vec<String> {
    line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

fn function(name: &str) -> Function {
    Function::ALL.into_iter().find(|one| one.to_string() == name).unwrap_or_else(|| panic!("no function {name}"))
}

fn row(cells: &[String], functions: &[Function]) -> Row {
    let (spec, promised) = cells.split_first().unwrap();
    assert_eq!(promised.len(), functions.len(), "{spec}");
    let fault = spec.parse().unwrap_or_else(|error| panic!("{error}"));
    let cells = functions.iter().copied().zip(promised.iter().cloned()).filter(|(_, promised)| promised != NOT_CALLED);
    Row { spec: spec.clone(), fault, cells: cells.collect() }
}

//! A graph of nodes and the nodes that they point to.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(crate) struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    pub(crate) fn add(&mut self, from: &str, to: impl IntoIterator<Item = String>) {
        self.0.entry(from.to_owned()).or_default().extend(to);
    }

    fn reachable(&self, from: &str) -> BTreeSet<&str> {
        let (mut found, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(node) = left.pop() {
            for next in self.0.get(node).into_iter().flatten() {
                if found.insert(next.as_str()) {
                    left.push(next);
                }
            }
        }
        found
    }

    /// The sets of two or more nodes that can all reach one another.
    pub(crate) fn circles(&self) -> BTreeSet<Vec<&str>> {
        let reachable: BTreeMap<&str, _> = self.0.keys().map(|node| (node.as_str(), self.reachable(node))).collect();
        let circle = |node: &&str| {
            let others = reachable[node].iter().copied();
            others.filter(|other| reachable.get(other).is_some_and(|back| back.contains(node))).collect::<Vec<_>>()
        };
        reachable.keys().map(circle).filter(|circle| circle.len() > 1).collect()
    }

    /// Returns the same graph between the parts below the root. A part is a file and the folder of its name.
    pub(crate) fn between_parts(&self) -> Self {
        let part = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
        let mut parts = Self::default();
        for (from, to) in self.0.iter().filter(|(from, _)| !["lib", "main"].contains(&from.as_str())) {
            let from = part(from);
            parts.add(&from, to.iter().map(|to| part(to)).filter(|to| *to != from));
        }
        parts
    }

    /// Draws the graph as ARCHITECTURE.md does: a line for each part that imports another.
    pub(crate) fn drawing(&self, name: &str) -> String {
        let mut drawing = format!("```text\n{name}\n");
        for (from, to) in self.0.iter().filter(|(_, to)| !to.is_empty()) {
            let to: Vec<&str> = to.iter().map(String::as_str).collect();
            drawing.push_str(&format!("  {from} → {}\n", to.join(", ")));
        }
        drawing + "```"
    }
}

//! The order in which Azure makes the resources of a plan, by their dependencies.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::{
    ast::{DeclarationKind, Expression, File, Form},
    evaluate::{Instance, Resource},
    plan::Plan,
};

/// The symbols that each declaration of a file refers to.
type References = BTreeMap<String, BTreeSet<String>>;

/// The order of one plan.
pub(crate) struct Order {
    /// For each instance: the symbols of the resources and modules that are made, and which of them each one waits for.
    waits: Vec<References>,
    instances: Vec<Rc<Instance>>,
}

impl Order {
    pub(crate) fn new(plan: &Plan<'_>) -> Self {
        let instances = plan.evaluator.instances.borrow().clone();
        let waits = instances.iter().map(|instance| waits(plan, &instances, instance)).collect();
        Self { waits, instances }
    }

    /// Reports whether a resource is made after another.
    pub(crate) fn is_after(&self, later: &Resource, earlier: &Resource) -> bool {
        let (later, earlier) = (self.path(later), self.path(earlier));
        let Some(((instance, later), (_, earlier))) = later.iter().zip(&earlier).find(|(a, b)| a != b) else {
            return false;
        };
        self.reaches(*instance, later, earlier)
    }

    /// Returns the path from the main file down: each instance, and its symbol that makes the next one.
    fn path(&self, resource: &Resource) -> Vec<(usize, String)> {
        let mut path = vec![(resource.instance, resource.symbol.clone())];
        let mut at = resource.instance;
        while let Some((outer, symbol)) = &self.instances[at].within {
            path.insert(0, (*outer, symbol.clone()));
            at = *outer;
        }
        path
    }

    fn reaches(&self, instance: usize, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![from.to_owned()];
        while let Some(symbol) = next.pop() {
            for wanted in self.waits[instance].get(&symbol).into_iter().flatten() {
                if wanted == to {
                    return true;
                }
                if seen.insert(wanted.clone()) {
                    next.push(wanted.clone());
                }
            }
        }
        false
    }
}

/// Returns the resources and modules that each one waits for. Azure drops undeployed resources from the order, so an
/// edge over them does not count.
fn waits(plan: &Plan<'_>, instances: &[Rc<Instance>], instance: &Instance) -> References {
    let file = plan.evaluator.program.file(instance.file);
    let made = |symbol: &str| {
        let resource = plan.resources.iter().any(|one| {
            one.resource.instance == instance.number && one.resource.symbol == symbol && !one.resource.existing
        });
        let module = instances.iter().any(|inner| {
            inner.deployed != Some(false)
                && inner.within.as_ref().is_some_and(|(outer, call)| *outer == instance.number && call == symbol)
        });
        resource || module
    };
    let references = references(file);
    let mut waits = References::new();
    for symbol in references.keys().filter(|symbol| made(symbol)) {
        let wanted = references[symbol].iter().filter(|wanted| made(wanted) && *wanted != symbol);
        waits.insert(symbol.clone(), wanted.cloned().collect());
    }
    waits
}

/// Returns the resources and modules that each resource and module of a file refers to. The references are direct, or
/// go through variables and existing resources.
pub(crate) fn references(file: &File) -> References {
    let symbols =
        file.declarations.iter().filter(|one| matches!(one.kind, DeclarationKind::Resource | DeclarationKind::Module));
    symbols
        .map(|declared| {
            let mut found = BTreeSet::new();
            let mut seen = BTreeSet::new();
            if let Some(value) = &declared.value {
                gather(file, value, &mut found, &mut seen);
            }
            (declared.name.clone(), found)
        })
        .collect()
}

fn gather(file: &File, value: &Expression, found: &mut BTreeSet<String>, seen: &mut BTreeSet<String>) {
    let mut names = Vec::new();
    value.walk(&mut |inner| {
        if let Form::Name(name) = &inner.form {
            names.push(name.clone());
        }
    });
    for name in names {
        if !seen.insert(name.clone()) {
            continue;
        }
        match file.find(&name) {
            Some(declared)
                if declared.kind == DeclarationKind::Module
                    || (declared.kind == DeclarationKind::Resource && !declared.existing) =>
            {
                found.insert(name);
            }
            Some(declared) => {
                if let Some(value) = &declared.value {
                    gather(file, value, found, seen);
                }
            }
            None => {}
        }
    }
}

//! Checks the Bicep templates of a deployment without the compiler and without Azure.
//!
//! [`Program::check`] evaluates a main file and its modules, once with every branch and once for each set of options.
//! Then it applies these rules. Each finding names file, line and the right form.
//!
//! - `symbols`, `syntax`, `parameters`, `conditions`: names that are not declared or not used, wrong calls of
//!   functions and modules, outputs read without their condition
//! - `start`: names, conditions and loops that depend on an output
//! - `types`: unknown, missing, misplaced and read-only properties, wrong kinds, values, ranges, versions and scopes
//! - `names`: too long or too short for some parameter, letters that Azure does not accept, the same name twice
//! - `order`: resources made before the resources that they need: named values before policies, roles before apps,
//!   endpoints before apps, a gateway before app roles
//! - `access`: role assignments without scope, principal type or a name that follows them, unknown role IDs, client IDs
//!   where object IDs belong, identities that an app does not carry
//! - `ids`, `network`: IDs of the wrong resource or of none, wrong parents, subnets outside of their network, zones of
//!   another service
//! - `limits`: numbers and texts that Azure refuses although its types allow them
//! - `secrets`, `policies`, `files`, `layout`: keys read or shown, policy documents with unknown named values, missing
//!   files, lines that `bicep format` breaks
//!
//! `data/types.json` comes from Microsoft's own type libraries (MIT; the licence is in the file). `data/names.json`
//! comes from Microsoft's page on names.
//!
//! **Limits of the check**
//!
//! - Unknown functions: their result passes as any value.
//! - Grammar newer than `tree-sitter-bicep` 1.1, such as typed variables: it is a syntax error here, except
//!   `extension NAME`, which is skipped.
//! - An item of an array that begins with a call (`[subscription().id]`): it is misread and reported. Use a variable.
//! - The definition of a workflow, and texts in their own languages: NCRONTAB, URLs, policy documents beyond their
//!   named values.
//! - Refusals of a service because of its region, tier, quota or model.
//! - Whether the values are the intended ones: tests must compare [`Program::plan`] with something.
//!
//! Also run `az bicep build` and `az deployment sub what-if` once before a first deployment.

mod ast;
mod evaluate;
mod expression;
mod finding;
mod functions;
mod graph;
mod made;
mod member;
mod patterns;
mod plan;
mod program;
mod rules;
mod signatures;
mod syntax;
mod types;
mod value;

pub use self::{
    finding::Finding,
    made::{DeployedResources, MadeResource, Parameter},
    plan::{Options, Setting},
    program::Program,
    rules::access::role_title,
};

use self::{plan::Plan, program::Report};

impl Program {
    /// Returns every mistake in the deployment of a main file, with each of these sets of options.
    #[must_use]
    pub fn check(&self, main: &str, sets: &[Options]) -> Vec<Finding> {
        let report = Report::new(self);
        rules::symbols::check(&report, self);
        rules::secrets::check(&report, self);
        rules::layout::check(&report, self);
        rules::start::check(&report, self);
        let Some(main) = self.number(main) else { return report.into_findings() };
        let every_branch = Plan::new(self, &report, main, None);
        rules::types::check(&report, self, &every_branch.resources);
        for set in sets {
            let plan = Plan::new(self, &report, main, Some(set));
            rules::types::check(&report, self, &plan.resources);
            rules::names::check(&report, &plan);
            rules::order::check(&report, &plan);
            rules::access::check(&report, &plan);
            rules::ids::check(&report, &plan);
            rules::limits::check(&report, &plan);
            rules::network::check(&report, &plan);
        }
        report.into_findings()
    }

    /// Returns the resources and outputs of a deployment of the main file with these options.
    ///
    /// # Errors
    /// The message of `fail`, if the template stops.
    pub fn plan(&self, main: &str, options: &Options) -> Result<DeployedResources, String> {
        let report = Report::new(self);
        let Some(main) = self.number(main) else { return Err(format!("{main} is missing")) };
        let plan = Plan::new(self, &report, main, Some(options));
        match plan.evaluator.stops.borrow().first() {
            Some(message) => Err(message.clone()),
            None => Ok(DeployedResources::new(&plan)),
        }
    }
}

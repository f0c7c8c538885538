//! `choose`: runs the policies of the first true condition, or else those of `otherwise`
//! (learn.microsoft.com/azure/api-management/choose-policy).

use super::prelude::*;
use crate::step::{AnyPolicy, Step, Steps, load_all, run_all};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Choose<P> {
    branches: Vec<(Setting<bool>, Steps<P>)>,
    otherwise: Option<Steps<P>>,
}

pub(super) fn load<P: AnyPolicy>(element: &Element<'_>, problems: &mut Problems) -> Option<Choose<P>> {
    element.only_attributes(&["id"], problems);
    let mut choose = Choose { branches: Vec::new(), otherwise: None };
    let children = element.children(&[("when", Count::Any), ("otherwise", Count::AtMostOne)], problems);
    if !children.iter().any(|child| child.name() == "when") {
        element.problem(problems, "<choose> needs at least one <when>");
    }
    for child in children {
        if child.name() == "otherwise" {
            child.only_attributes(&[], problems);
            choose.otherwise = Some(load_all(&child, problems));
        } else {
            child.only_attributes(&["condition"], problems);
            let condition = child.required_setting("condition", problems);
            let steps = load_all(&child, problems);
            choose.branches.extend(condition.map(|condition| (condition, steps)));
        }
    }
    Some(choose)
}

impl<P: AnyPolicy> Choose<P> {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        let steps = self.pick(run).await?;
        run_all(steps, run).await
    }

    /// Returns the policies of all branches.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Arc<Step<P>>> {
        self.branches.iter().flat_map(|(_, steps)| steps).chain(self.otherwise.iter().flatten())
    }

    /// Returns the policies to run.
    pub(super) async fn pick<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<&[Arc<Step<P>>], Failure> {
        for (index, (condition, steps)) in self.branches.iter().enumerate() {
            if run.get(condition).await? {
                run.trace(|| format!("when[{}] is true", index + 1));
                return Ok(steps);
            }
        }
        let Some(steps) = &self.otherwise else {
            run.trace(|| "no condition is true".to_owned());
            return Ok(&[]);
        };
        run.trace(|| "no condition is true: otherwise".to_owned());
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    fn mark(name: &str) -> String {
        format!("<set-header name=\"x-ran\" exists-action=\"append\"><value>{name}</value></set-header>")
    }

    /// Returns the marks that a `choose` with these children sets on the request.
    async fn ran(children: &str) -> String {
        let world = World::new();
        let outcome = world.run_sections(&format!("<choose>{children}</choose>"), "<base />", "", "").await;
        assert_eq!(outcome.last_error, None);
        let forwarded = world.forwarded.lock().unwrap();
        forwarded[0].headers().get("x-ran").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    #[tokio::test]
    async fn the_first_true_condition_decides() {
        let when = |condition: &str, name: &str| format!("<when condition=\"{condition}\">{}</when>", mark(name));
        let otherwise = format!("<otherwise>{}</otherwise>", mark("o"));
        let children = [when("@(1 > 2)", "1"), when("True", "2"), when("true", "3"), otherwise.clone()].concat();
        assert_eq!(ran(&children).await, "2");
        assert_eq!(ran(&(when("false", "1") + &otherwise)).await, "o");
        assert_eq!(ran(&when("@(context.Request.Method == \"POST\")", "1")).await, "");
        assert_eq!(ran(&when("@((object)true)", "1")).await, "1");
    }

    #[tokio::test]
    async fn policies_nest_and_an_error_says_where() {
        let world = World::new();
        let inner = "<choose id=\"inner\"><when condition=\"@((bool)(object)1)\" /></choose>";
        let inbound = format!(
            "<choose><when condition=\"true\" /></choose><choose><when condition=\"false\" />\
             <when condition=\"true\">{}<choose><when condition=\"true\">{inner}</when></choose></when></choose>",
            mark("a")
        );
        let on_error = "<set-header name=\"x-path\"><value>@(context.LastError.Path)</value></set-header>\
                        <set-header name=\"x-id\"><value>@(context.LastError.PolicyId)</value></set-header>";
        let outcome = world.run_sections(&inbound, "<base />", "", on_error).await;
        assert_eq!(outcome.response.status(), 500);
        assert_eq!(outcome.response.headers()["x-path"], "choose[2]/when[2]/choose[1]/when[1]");
        assert_eq!(outcome.response.headers()["x-id"], "inner");
        let error = outcome.last_error.unwrap();
        assert_eq!((error.source, error.reason), ("choose", "ExpressionValueEvaluationFailure"));
        assert!(error.message.starts_with("Expression evaluation failed. Unable to cast"), "{}", error.message);
    }

    #[tokio::test]
    async fn a_condition_that_turns_out_to_be_no_bool_is_an_error() {
        let inbound = "<choose><when condition=\"@((object)&quot;true&quot;)\" /></choose>";
        let error = World::new().run_sections(inbound, "", "", "").await.last_error.unwrap();
        assert_eq!(
            error.message,
            "Expression evaluation failed. The value, of type System.String, is not true or false."
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let choose = "<choose x=\"\"><otherwise><rate /></otherwise><when condition=\"maybe\" /><when>text</when>\
                      <when condition=\"@(1)\" /><when condition=\"@(b)\"/><unless /></choose><choose />";
        assert_eq!(
            problems_in("inbound", choose),
            [
                "2:9: the attribute \"x\" of <choose> is not declared",
                "2:25: <rate> is not a policy",
                "2:45: <when> must stand before <otherwise>",
                "2:51: the attribute \"condition\" of <when> must be true or false",
                "2:71: <when> must stand before <otherwise>",
                "2:71: <when> needs the attribute \"condition\"",
                "2:77: <when> holds text",
                "2:88: <when> must stand before <otherwise>",
                "2:94: the attribute \"condition\" of <when> must be true or false, and its expression gives `int`",
                "2:113: <when> must stand before <otherwise>",
                "2:132: policy expression: The name 'b' does not exist in the current context",
                "2:137: <unless> is not declared in <choose>",
                "2:156: <choose> needs at least one <when>",
            ]
        );
    }

    #[test]
    fn a_document_may_not_nest_without_end() {
        let deep = "<choose><when condition=\"true\">".repeat(1000) + &"</when></choose>".repeat(1000);
        let problems = problems_in("inbound", &deep);
        assert!(problems[0].contains("policies are nested more than 32 deep"), "{problems:?}");
    }
}

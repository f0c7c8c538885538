//! `set-method`: the method of the request (learn.microsoft.com/azure/api-management/set-method-policy).

use super::prelude::*;
use http::Method;

#[derive(Debug)]
pub(crate) struct SetMethod(Setting<Method>);

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SetMethod> {
    element.only_attributes(&["id"], problems);
    element.text_setting(problems).map(SetMethod)
}

impl SetMethod {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let method = run.get(&self.0).await?;
        run.trace(|| method.to_string());
        run.context.request.method = method.to_string();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    #[tokio::test]
    async fn the_backend_gets_the_method_of_the_policy() {
        for inbound in ["<set-method>POST</set-method>", "<set-method>@(\"PO\" + \"ST\")</set-method>"] {
            let world = World::new();
            world.run_sections(inbound, "<base />", "", "").await;
            assert_eq!(world.forwarded.lock().unwrap()[0].method(), "POST");
        }
        let error =
            World::new().run_sections("<set-method>@(\"a b\")</set-method>", "", "", "").await.last_error.unwrap();
        assert_eq!(
            error.message,
            "Expression evaluation failed. The value, of type System.String, is not an HTTP method."
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in("inbound", "<set-method /><set-method name=\"GET\">GET</set-method>"),
            [
                "2:1: the text of <set-method> must be an HTTP method",
                "2:27: the attribute \"name\" of <set-method> is not declared",
            ]
        );
    }
}

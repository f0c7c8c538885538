//! `emit-metric`, `llm-emit-token-metric` and `azure-openai-emit-token-metric`: numbers for Application Insights
//! (learn.microsoft.com/azure/api-management/emit-metric-policy and the pages of the other two).
//!
//! There is no Application Insights here. The values are written to the trace and added up in [`Metrics`], which the
//! embedder reads. The numbers of tokens come from the answer. For a stream they are known at its end.
//!
//! [`Metrics`]: crate::Metrics

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

use super::prelude::*;
use crate::expression::{ExpectedValue, Value};
use crate::run::{After, Counted, Finish};
use crate::usage::Usage;

const MOST_DIMENSIONS: usize = 5;

/// The dimensions whose values the gateway knows.
const KNOWN: [&str; 8] =
    ["API ID", "Operation ID", "Product ID", "User ID", "Subscription ID", "Location", "Gateway ID", "Backend ID"];

#[derive(Debug)]
pub(crate) struct EmitMetric {
    /// The name and value of the metric; `None` for a count of tokens.
    metric: Option<(String, Option<Setting<Number>>)>,
    namespace: String,
    dimensions: Vec<Dimension>,
}

#[derive(Debug)]
struct Dimension {
    name: Setting<String>,
    /// The value; `None` if the gateway knows it.
    value: Option<Setting<String>>,
}

/// The text of a number.
#[derive(Clone, Debug)]
struct Number(String);

impl Readable for Number {
    const EXPECTED: &'static str = "a number";
    const WANTED: ExpectedValue = ExpectedValue::Text;

    fn read(text: &str) -> Option<Self> {
        text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(|_| Self(text.trim().to_owned()))
    }

    fn from_value(value: &Value) -> Option<Self> {
        Self::read(&value.to_text().ok()?)
    }
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<EmitMetric> {
    let counts = element.name() != "emit-metric";
    let known: &[&str] = if counts { &["id", "namespace"] } else { &["id", "namespace", "name", "value"] };
    element.only_attributes(known, problems);
    let children = element.children(&[("dimension", Count::Any)], problems);
    if children.len() > MOST_DIMENSIONS {
        let message = format!("<{}> is documented for at most {MOST_DIMENSIONS} dimensions", element.name());
        element.warn(problems, message);
    }
    if children.is_empty() {
        element.problem(problems, format!("<{}> needs a <dimension>", element.name()));
    }
    let dimensions = children.iter().filter_map(|child| dimension(child, problems)).collect();
    let metric = match counts {
        true => None,
        false => Some((element.required("name", problems)?.to_owned(), element.setting("value", problems))),
    };
    element.not_empty(&["name", "namespace"], problems);
    let namespace = element.attribute("namespace", problems).unwrap_or("API Management").to_owned();
    Some(EmitMetric { metric, namespace, dimensions })
}

fn dimension(element: &Element<'_>, problems: &mut Problems) -> Option<Dimension> {
    element.only_attributes(&["name", "value"], problems);
    element.children(&[], problems);
    element.not_empty(&["name"], problems);
    let name = element.required_setting::<String>("name", problems)?;
    let is_known =
        matches!(&name, Setting::Literal(name) if KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)));
    if !element.has("value") && !is_known {
        element.problem(problems, format!("<dimension> needs a value, unless its name is one of {}", KNOWN.join(", ")));
    }
    Some(Dimension { name, value: element.setting("value", problems) })
}

impl EmitMetric {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Failure> {
        let metric = match &self.metric {
            None => None,
            Some((name, value)) => {
                Some((name, run.get_any(value.as_ref()).await?.map_or_else(|| "1".to_owned(), |value| value.0)))
            }
        };
        let namespace = self.namespace.clone();
        let mut dimensions = Vec::new();
        for Dimension { name, value } in &self.dimensions {
            dimensions.push((run.get(name).await?, run.get_any(value.as_ref()).await?));
        }
        run.trace(|| {
            let shown = dimensions.iter().map(|(name, value)| match value {
                Some(value) => format!("{name}={value}"),
                None => name.clone(),
            });
            let what = metric.as_ref().map(|(name, value)| format!("{name}={value}"));
            let what = what.as_deref().unwrap_or("token counts");
            format!("would send {what} to {namespace}, by {}", shown.collect::<Vec<_>>().join(", "))
        });
        if let Some((name, value)) = metric {
            let value = value.parse().unwrap_or(1.0);
            run.state.metrics.add(&namespace, name, &known(dimensions, run), value);
            return Ok(());
        }
        let prompt = run.prompt_tokens().await?;
        run.after.push(After::Tokens(self, Counted { key: namespace, dimensions, prompt }, run.running()));
        Ok(())
    }
}

impl<O: Outside> Finish<O> for EmitMetric {
    fn finish<'f, 'r: 'f>(&'r self, known: Counted, run: &'f mut Run<'r, O>) -> BoxFuture<'f, Result<(), Failure>> {
        Box::pin(async move {
            let used = run.usage().await?;
            let Counted { key: namespace, dimensions, prompt } = known;
            let dimensions = self::known(dimensions, run);
            let metrics = run.state.metrics.clone();
            let send = move |used: Usage| {
                let counts = [
                    ("Total Tokens", used.total()),
                    ("Prompt Tokens", used.prompt),
                    ("Completion Tokens", used.completion),
                ];
                for (name, count) in counts {
                    metrics.add(&namespace, name, &dimensions, count as f64);
                }
            };
            match used {
                // No tokens were used: the model refused the request or was not called.
                Some(used) if used.total() == 0 => {}
                Some(used) => send(used),
                None => run.when_used(prompt, send),
            }
            Ok(())
        })
    }
}

/// Fills in the values that the gateway knows. A dimension without a value is left out.
fn known<O: Outside>(dimensions: Vec<(String, Option<String>)>, run: &Run<'_, O>) -> BTreeMap<String, String> {
    let context = &run.context;
    let value = |name: &str| match KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name))? {
        "API ID" => Some(context.api.id.clone()),
        "Operation ID" => Some(context.operation.id.clone()),
        "Product ID" => context.product.as_ref().map(|product| product.id.clone()),
        "User ID" => context.user.as_ref().map(|user| user.id.clone()),
        "Subscription ID" => context.subscription.as_ref().map(|subscription| subscription.id.clone()),
        "Location" => Some(context.deployment.region.clone()),
        "Gateway ID" => Some("managed".to_owned()),
        "Backend ID" => run.backend_used.clone(),
        _ => None,
    };
    let named = |(name, given): (String, Option<String>)| Some((name.clone(), given.or_else(|| value(&name))?));
    dimensions.into_iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};

    use crate::{
        Metrics, State,
        rig::{World, document, problems_in},
    };

    async fn traced(inbound: &str) -> (u16, String) {
        let world = World::new();
        let outcome = world.run_sections(inbound, "<base />", "", "").await;
        let lines = world.traces.lock().unwrap();
        (outcome.response.status().as_u16(), lines[0].clone())
    }

    #[tokio::test]
    async fn the_request_goes_on_and_the_trace_says_what_would_be_sent() {
        let metric = "<emit-metric name=\"calls\" value=\"@(1 + 1)\" namespace=\"orders\"><dimension name=\"API ID\" />\
                      <dimension name=\"@(\"w\" + \"ho\")\" value=\"@(context.Request.IpAddress)\" /></emit-metric>";
        assert_eq!(
            traced(metric).await,
            (
                200,
                "inbound   api        emit-metric: would send calls=2 to orders, by API ID, who=203.0.113.9".to_owned()
            )
        );
        for name in ["llm-emit-token-metric", "azure-openai-emit-token-metric"] {
            let (status, line) = traced(&format!("<{name}><dimension name=\"Subscription ID\" /></{name}>")).await;
            assert_eq!(status, 200);
            assert!(line.ends_with(": would send token counts to API Management, by Subscription ID"), "{line}");
        }
    }

    #[tokio::test]
    async fn tokens_are_added_up_by_their_dimensions() {
        let (world, metrics) = (World::new(), Metrics::default());
        let state = State::with_metrics(metrics.clone());
        let policy = "<llm-emit-token-metric namespace=\"app\"><dimension name=\"API ID\" /><dimension name=\"Product ID\" />\
            <dimension name=\"who\" value=\"@(context.Request.Method)\" /></llm-emit-token-metric>";
        let plain =
            ("application/json", "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}");
        let events =
            ("text/event-stream", "data: {\"choices\":[{\"delta\":{\"content\":\"eight by\"}}]}\n\ndata: [DONE]\n\n");
        for (kind, body) in [plain, events, ("application/json", "{}")] {
            let answer = Response::builder().header("content-type", kind).body(Bytes::from_static(body.as_bytes()));
            world.answers.lock().unwrap().push_back(Ok(answer.unwrap()));
            let request = Request::post("/orders").body(Bytes::from_static(b"{\"input\":\"four\"}")).unwrap();
            world.run(&document(policy, "<base />", "", ""), request, &state).await;
        }
        let sums: Vec<_> = metrics.all().into_iter().map(|one| (one.namespace, one.name, one.value)).collect();
        let app = || "app".to_owned();
        let expected = [("Completion Tokens", 4.0 + 2.0), ("Prompt Tokens", 3.0 + 1.0), ("Total Tokens", 7.0 + 3.0)];
        assert_eq!(sums, expected.map(|(name, value)| (app(), name.to_owned(), value)));
        let dimensions = [("API ID", "orders"), ("who", "POST")];
        let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(metrics.all()[0].dimensions, dimensions.into());
    }

    #[tokio::test]
    async fn an_expression_that_fails_ends_the_request() {
        let metric =
            "<emit-metric name=\"x\" value=\"@(&quot;many&quot;)\"><dimension name=\"API ID\" /></emit-metric>";
        let error = World::new().run_sections(metric, "", "", "").await.last_error.unwrap();
        assert_eq!(error.source, "emit-metric");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let six = "<dimension name=\"API ID\" />".repeat(6);
        assert_eq!(
            problems_in(
                "inbound",
                &format!(
                    "<emit-metric value=\"x\" /><emit-metric name=\"@(\"a\")\" namespace=\"@(\"b\")\"><dimension name=\"Client IP\" />\
                     </emit-metric>\n<llm-emit-token-metric name=\"x\"><dimension /><dimension name=\"team\" />\
                     </llm-emit-token-metric><azure-openai-emit-token-metric>{six}</azure-openai-emit-token-metric>"
                )
            ),
            [
                "2:1: <emit-metric> needs a <dimension>",
                "2:1: <emit-metric> needs the attribute \"name\"",
                "2:39: the attribute \"name\" of <emit-metric> does not take a policy expression",
                "2:72: <dimension> needs a value, unless its name is one of API ID, Operation ID, Product ID, User ID, \
                 Subscription ID, Location, Gateway ID, Backend ID",
                "3:24: the attribute \"name\" of <llm-emit-token-metric> is not declared",
                "3:33: <dimension> needs the attribute \"name\"",
                "3:46: <dimension> needs a value, unless its name is one of API ID, Operation ID, Product ID, User ID, \
                 Subscription ID, Location, Gateway ID, Backend ID",
                "3:95: <azure-openai-emit-token-metric> is documented for at most 5 dimensions",
            ]
        );
    }
}

//! `trace`: writes a message to the trace (learn.microsoft.com/azure/api-management/trace-policy).

use super::prelude::*;
#[derive(Debug)]
pub(crate) struct Trace {
    source: String,
    severity: Severity,
    message: Setting<String>,
    metadata: Metadata,
}

#[derive(Clone, Copy, Debug)]
enum Severity {
    Verbose,
    Information,
    Error,
}

words! {
    Severity, "verbose, information or error";
    "verbose" => Verbose;
    "information" => Information;
    "error" => Error;
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Trace> {
    element.only_attributes(&["id", "source", "severity"], problems);
    element.not_empty(&["source"], problems);
    let source = element.required("source", problems).map(str::to_owned);
    let severity = match element.attribute("severity", problems) {
        None => Severity::Verbose,
        Some(text) => Severity::read(text).unwrap_or_else(|| {
            element.bad_value("severity", Severity::EXPECTED, problems);
            Severity::Verbose
        }),
    };
    // In older documents, the element's text is the message.
    let (message, metadata) = match element.has_children() {
        true => children(element, problems),
        false => (element.text_setting(problems), Vec::new()),
    };
    if !element.has_children() && matches!(&message, Some(Setting::Literal(text)) if String::is_empty(text)) {
        element.problem(problems, NEEDS_MESSAGE);
    }
    Some(Trace { source: source?, severity, message: message?, metadata })
}

const NEEDS_MESSAGE: &str = "<trace> needs a <message>";

type Metadata = Vec<(Setting<String>, Setting<String>)>;

fn children(element: &Element<'_>, problems: &mut Problems) -> (Option<Setting<String>>, Metadata) {
    let children = element.children(&[("message", Count::AtMostOne), ("metadata", Count::Any)], problems);
    let mut message = None;
    let mut metadata = Vec::new();
    for child in children.iter().filter(|child| child.name() == "metadata") {
        child.only_attributes(&["name", "value"], problems);
        child.children(&[], problems);
        let name = child.required_setting("name", problems);
        metadata.extend(name.zip(child.required_setting("value", problems)));
    }
    match children.iter().find(|child| child.name() == "message") {
        None => element.problem(problems, NEEDS_MESSAGE),
        Some(child) => {
            child.only_attributes(&[], problems);
            message = child.text_setting(problems);
        }
    }
    (message, metadata)
}

impl Trace {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let mut text = run.get(&self.message).await?;
        for (name, value) in &self.metadata {
            let (name, value) = (run.get(name).await?, run.get(value).await?);
            if value.is_empty() {
                // The words are those of a live gateway.
                return Err(Failure::invalid_value("value"));
            }
            text.push_str(&format!("; {name}={value}"));
        }
        run.trace(|| format!("{:?} from {}: {text}", self.severity, self.source));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    /// Returns the lines of `trace` policies.
    async fn traced(inbound: &str) -> Vec<String> {
        let world = World::new();
        let outcome = world.run_sections(inbound, "", "", "").await;
        assert_eq!(outcome.last_error, None);
        let lines = world.traces.lock().unwrap();
        lines.iter().filter_map(|line| Some(line.split_once("trace: ")?.1.to_owned())).collect()
    }

    #[tokio::test]
    async fn it_says_what_it_is_told() {
        let inbound = "<trace source=\"here\" severity=\"error\"><message>@(\"got \" + context.Request.Method)</message>\
                       <metadata name=\"a\" value=\"@(1)\" /></trace><trace source=\"old\">plain</trace>";
        assert_eq!(traced(inbound).await, ["Error from here: got GET; a=1", "Verbose from old: plain"]);
        assert_eq!(
            traced("<choose><when condition=\"@{ context.Trace(\"x\"); return false; }\" /></choose>").await,
            Vec::<String>::new()
        );
    }

    #[tokio::test]
    async fn an_empty_metadata_value_ends_the_request() {
        let inbound =
            "<trace source=\"s\"><message>m</message><metadata name=\"a\" value=\"@(&quot;&quot;)\" /></trace>";
        let outcome = World::new().run_sections(inbound, "", "", "").await;
        assert_eq!(outcome.response.status(), 500);
        assert_eq!(outcome.last_error.unwrap().message, "Expression value is invalid. The value field is required.");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in("inbound", "<trace severity=\"warn\" level=\"1\"><metadata name=\"a\" /><note /></trace>"),
            [
                "2:1: <trace> needs a <message>",
                "2:1: <trace> needs the attribute \"source\"",
                "2:8: the attribute \"severity\" of <trace> must be verbose, information or error",
                "2:24: the attribute \"level\" of <trace> is not declared",
                "2:34: <metadata> needs the attribute \"value\"",
                "2:55: <note> is not declared in <trace>",
            ]
        );
    }
}

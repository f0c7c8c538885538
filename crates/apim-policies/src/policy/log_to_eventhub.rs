//! `log-to-eventhub`: a message for an event hub (learn.microsoft.com/azure/api-management/log-to-eventhub-policy).
//!
//! There is no event hub here: the trace says that a message would be sent, and its length. In Azure, too, the
//! request continues if the message does not arrive.

use super::prelude::*;
/// The most bytes of a message. Longer messages are cut.
const LONGEST_EVENT: usize = 200 * 1024;

#[derive(Debug)]
pub(crate) struct LogToEventHub {
    logger: String,
    partition_key: Option<Setting<String>>,
    message: Setting<String>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<LogToEventHub> {
    element.only_attributes(&["id", "logger-id", "partition-id", "partition-key"], problems);
    if element.has("partition-id") && element.has("partition-key") {
        element.problem(problems, "<log-to-eventhub> takes partition-id or partition-key, not both");
    }
    element.not_empty(&["logger-id", "partition-id"], problems);
    element.attribute("partition-id", problems);
    let partition_key = element.setting("partition-key", problems);
    let logger = element.required("logger-id", problems).map(str::to_owned);
    let message = element.text_setting(problems);
    Some(LogToEventHub { logger: logger?, partition_key, message: message? })
}

impl LogToEventHub {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        run.get_any(self.partition_key.as_ref()).await?;
        let message = run.get(&self.message).await?;
        run.trace(|| format!("would send {} bytes to {}", message.len().min(LONGEST_EVENT), self.logger));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    #[tokio::test]
    async fn the_request_goes_on_and_the_message_is_not_shown() {
        let world = World::new();
        let outbound =
            "<log-to-eventhub logger-id=\"hub\" partition-id=\"0\">@(context.Request.Method + \"!\")</log-to-eventhub>";
        let outcome = world.run_sections("", "<base />", outbound, "").await;
        assert_eq!((outcome.response.status().as_u16(), outcome.last_error), (200, None));
        let fails = "<log-to-eventhub logger-id=\"hub\" partition-key=\"@((string)context.Variables[\"none\"])\">x</log-to-eventhub>";
        let outcome = World::new().run_sections(fails, "<base />", "", "").await;
        assert_eq!(outcome.last_error.unwrap().source, "log-to-eventhub");
        let lines = world.traces.lock().unwrap();
        assert_eq!(lines.last().unwrap(), "outbound  api        log-to-eventhub: would send 4 bytes to hub");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<log-to-eventhub partition-id=\"@(0)\" partition-key=\"a\" level=\"x\"><x /></log-to-eventhub>"
            ),
            [
                "2:1: <log-to-eventhub> needs the attribute \"logger-id\"",
                "2:1: <log-to-eventhub> takes partition-id or partition-key, not both",
                "2:18: the attribute \"partition-id\" of <log-to-eventhub> does not take a policy expression",
                "2:56: the attribute \"level\" of <log-to-eventhub> is not declared",
                "2:66: <log-to-eventhub> holds an element or a processing instruction",
            ]
        );
    }
}

//! `send-service-bus-message`: a message for a queue or topic
//! (learn.microsoft.com/azure/api-management/send-service-bus-message-policy).
//!
//! There is no Service Bus here: the trace says that a message would be sent, and its length.

use super::prelude::*;

#[derive(Debug)]
pub(crate) struct SendServiceBusMessage {
    target: Setting<String>,
    settings: Vec<Setting<String>>,
    payload: Setting<String>,
}

const OPTIONAL: [&str; 7] =
    ["namespace", "client-id", "message-id", "session-id", "time-to-live", "output-variable-name", "ignore-error"];

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SendServiceBusMessage> {
    element.only_attributes(&[&["id", "queue-name", "topic-name"][..], &OPTIONAL].concat(), problems);
    let target = match (element.has("queue-name"), element.has("topic-name")) {
        (true, false) => element.setting("queue-name", problems),
        (false, true) => element.setting("topic-name", problems),
        (true, true) | (false, false) => {
            element.problem(problems, "<send-service-bus-message> needs either queue-name or topic-name");
            None
        }
    };
    let mut settings: Vec<_> = OPTIONAL.iter().filter_map(|name| element.setting(name, problems)).collect();
    let mut payload = None;
    for child in element.children(&[("message-properties", Count::AtMostOne), ("payload", Count::AtMostOne)], problems)
    {
        child.only_attributes(&[], problems);
        if child.name() == "payload" {
            payload = child.whole_text_setting(problems);
            continue;
        }
        for property in child.children(&[("message-property", Count::Any)], problems) {
            property.only_attributes(&["name"], problems);
            property.required("name", problems);
            settings.extend(property.text_setting(problems));
        }
    }
    if payload.is_none() {
        element.problem(problems, "<send-service-bus-message> needs <payload>");
    }
    Some(SendServiceBusMessage { target: target?, settings, payload: payload? })
}

impl SendServiceBusMessage {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let target = run.get(&self.target).await?;
        let payload = run.get(&self.payload).await?;
        run.get_all(&self.settings).await?;
        run.trace(|| format!("would send {} bytes to {target}", payload.len()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    #[tokio::test]
    async fn the_request_goes_on_and_the_message_is_not_shown() {
        let world = World::new();
        let policy = "<send-service-bus-message queue-name=\"orders\"><message-properties>\
            <message-property name=\"a\">@(context.Request.Method)</message-property></message-properties>\
            <payload>@(context.Request.Method + \"!\")</payload></send-service-bus-message>";
        let outcome = world.run_sections(policy, "<base />", "", "").await;
        assert_eq!((outcome.response.status().as_u16(), outcome.last_error), (200, None));
        let line = "inbound   api        send-service-bus-message: would send 4 bytes to orders";
        assert!(world.traces.lock().unwrap().iter().any(|one| one == line), "{:?}", world.traces);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in("inbound", "<send-service-bus-message x=\"1\" />"),
            [
                "2:1: <send-service-bus-message> needs <payload>",
                "2:1: <send-service-bus-message> needs either queue-name or topic-name",
                "2:27: the attribute \"x\" of <send-service-bus-message> is not declared",
            ]
        );
    }
}

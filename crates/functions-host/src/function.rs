//! A function in the host's list.

use super::{
    core::Core,
    script::{FunctionDefinition, Trigger},
};

/// A loaded function.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name of the function's folder.
    pub name: String,
    /// `httpTrigger` or `timerTrigger`.
    pub trigger: &'static str,
    /// A timer's schedule, normalised as in the host's log.
    pub schedule: Option<String>,
    /// An HTTP function's URL, with the parameters of its route.
    pub invoke_url: Option<String>,
    /// An HTTP function's methods in upper case. The list is empty if all are allowed.
    pub methods: Vec<String>,
    /// The key that a call of an HTTP function needs, by its level: `anonymous`, `function`, `admin`.
    pub level: Option<String>,
    /// Whether an app setting disables the function. A disabled timer does not fire.
    pub disabled: bool,
}

impl Function {
    pub(super) fn new(core: &Core, function: &FunctionDefinition) -> Self {
        let (trigger, schedule, methods, level) = match &function.trigger {
            Trigger::Http(http) => {
                let methods = http.methods.iter().flatten().map(ToString::to_string).collect();
                ("httpTrigger", None, methods, Some(http.level.to_string()))
            }
            Trigger::Timer(timer) => ("timerTrigger", Some(timer.schedule.to_string()), Vec::new(), None),
        };
        Self {
            name: function.name.clone(),
            trigger,
            schedule,
            invoke_url: core.invoke_url(function),
            methods,
            level,
            disabled: function.disabled,
        }
    }
}

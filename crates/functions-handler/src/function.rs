//! The declaration of a function: its name, its `function.json`, and its limits.

use std::time::Duration;

/// A function of the app: the name of its folder, and the `function.json` in it.
///
/// Make it with [`function!`](crate::function!), and pass it to [`FunctionApp`](crate::FunctionApp) with a handler.
/// Only `function.json` holds route, methods, level of authorization, schedule and names of bindings.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    pub(crate) name: &'static str,
    pub(crate) definition: &'static str,
    pub(crate) package: Option<Package>,
    pub(crate) limits: Limits,
}

/// The crate that declares a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) module: &'static str,
}

/// The limits of one invocation of a function.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// The largest request, in bytes, for a function that reads the request as a whole. `None`: the host's limit.
    pub(crate) body: Option<usize>,
    pub(crate) time: TimeLimit,
    /// Whether an invocation runs even if the limit of concurrent invocations is reached.
    pub(crate) always_admitted: bool,
}

/// The time in which an invocation must begin its answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum TimeLimit {
    #[default]
    OfTrigger,
    AtMost(Duration),
    Unlimited,
}

impl Function {
    /// Makes a function with this name and this text of `function.json`.
    ///
    /// Use it for tests and generated definitions; an app uses [`function!`](crate::function!).
    pub const fn new(name: &'static str, definition: &'static str) -> Self {
        let limits = Limits { body: None, time: TimeLimit::OfTrigger, always_admitted: false };
        Self { name, definition, package: None, limits }
    }

    #[doc(hidden)]
    pub const fn embedded(
        name: &'static str,
        definition: &'static str,
        [package, version, module]: [&'static str; 3],
    ) -> Self {
        let function = Self::new(name, definition);
        Self { package: Some(Package { name: package, version, module }), ..function }
    }

    /// Refuses a request whose body has more bytes, if the function reads the body as a whole (`Json`, `Bytes`,
    /// `String`, `Form`). For a body that is read as a stream, only the host's limit applies.
    ///
    /// The default is the host's limit: 104,857,600 bytes, or `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`.
    #[must_use]
    pub const fn max_body(mut self, bytes: usize) -> Self {
        self.limits.body = Some(bytes);
        self
    }

    /// Fails an invocation that has not begun its answer within this time.
    ///
    /// The default for an HTTP function is 220 seconds, because Azure's load balancer ends the call after 230. The
    /// default for every other function is a little less than the `functionTimeout` of host.json. No limit exceeds
    /// `functionTimeout`: after that time the host kills the whole process.
    #[must_use]
    pub const fn time_limit(mut self, limit: Duration) -> Self {
        self.limits.time = TimeLimit::AtMost(limit);
        self
    }

    /// Sets no time limit. If an invocation takes longer than `functionTimeout`, the host kills the process and with it
    /// all other invocations.
    #[must_use]
    pub const fn without_time_limit(mut self) -> Self {
        self.limits.time = TimeLimit::Unlimited;
        self
    }

    /// Runs the function even if [`max_concurrent`](crate::FunctionApp::max_concurrent) invocations are running. Use it
    /// for a probe that only says that the process lives.
    #[must_use]
    pub const fn always_admitted(mut self) -> Self {
        self.limits.always_admitted = true;
        self
    }
}

/// Embeds `functions/NAME/function.json` of the crate being compiled, as a [`Function`].
///
/// Without that file the crate does not compile. A second argument is another path, also relative to the crate: use
/// `function!("order", "order/function.json")` if the function folders are beside `host.json`.
#[macro_export]
macro_rules! function {
    ($name:literal) => {
        $crate::function!(@embed $name, concat!("functions/", $name, "/function.json"))
    };
    ($name:literal, $path:literal) => {
        $crate::function!(@embed $name, $path)
    };
    (@embed $name:literal, $path:expr) => {
        $crate::Function::embedded(
            $name,
            ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", $path)),
            [::core::env!("CARGO_PKG_NAME"), ::core::env!("CARGO_PKG_VERSION"), ::core::module_path!()],
        )
    };
}

//! The reasons why the host cannot start or cannot execute a command.

use std::{io, net::SocketAddr};

use super::script::ScriptError;

/// The reason why the host cannot start or cannot execute a command.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The script root cannot be run.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// Another process listens on this address.
    #[error("port {} is in use: end the process that listens on it, or choose another port", .0.port())]
    PortInUse(SocketAddr),
    /// The host serves this machine only.
    #[error("{0} is not a loopback address: the host serves this machine only")]
    NotLoopback(SocketAddr),
    /// CORS allows any origin with credentials: any site's page could use the cookies of the signed-in user.
    #[error(
        "CORS allows any origin (\"*\") with credentials, which Azure and Core Tools refuse: name the origins, or leave \
         CORSCredentials out"
    )]
    AnyOriginWithCredentials,
    /// The host cannot listen on the address, or no port is free for the handler.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// `customHandler.port` is taken, or 0.
    #[error(
        "Unable to bind to port {0}, which customHandler.port in host.json fixes for the handler: end the process that \
         listens on it, or remove the member and any free port is taken"
    )]
    HandlerPort(u16),
    /// The system gave no random numbers for the keys.
    #[error("this system gives no random numbers, so there can be no keys")]
    NoRandomNumbers,
    /// `WEBSITE_TIME_ZONE` or `TZ` names no zone.
    #[error(
        "{setting} \"{value}\" is not an IANA time zone, letter case included: Azure on Linux would run in UTC without a word"
    )]
    TimeZone {
        /// The app setting.
        setting: &'static str,
        /// The value of the setting.
        value: String,
    },
    /// No function has this name.
    #[error("there is no function \"{0}\"")]
    UnknownFunction(String),
    /// The function is an HTTP function, which is called at its own URL.
    #[error("\"{name}\" is an HTTP function: call {url}")]
    HttpFunction {
        /// The function's name.
        name: String,
        /// The function's URL, with the parameters of its route.
        url: String,
    },
    /// The host gave up on the handler or was stopped.
    #[error("the Functions host is not running: {0}")]
    Stopped(String),
}
